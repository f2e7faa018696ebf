"""Debian's and Ubuntu's packages, for tools that can't come from PyPI."""

import os
import shutil
import subprocess
from collections.abc import Callable
from typing import TypeVar

from ops.processes import succeeds

_SUDO_SECONDS = 20
_Found = TypeVar("_Found")


def found_or_installed(find: Callable[[], _Found | None], *names: str) -> _Found | None:
    """What `find` finds, perhaps only once packages are installed; None if they did not help."""
    found = find()
    if found is None:
        install(*names)
        found = find()
    return found


def install(*names: str) -> None:
    """Install packages when this is root or sudo asks no password; else do nothing.

    What fails is told by apt-get itself on the terminal, so the caller looks again for what it needs and says what is
    missing if it is not there.
    """
    if not shutil.which("apt-get"):
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and not succeeds([*prefix, "true"], _SUDO_SECONDS):
        return
    print(f"Installing {' and '.join(names)} from the system's packages …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names],
    ):
        result = subprocess.run([*prefix, *command], check=False, env=environment, stdout=subprocess.DEVNULL)
        if result.returncode:
            return
