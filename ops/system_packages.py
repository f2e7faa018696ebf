"""Debian's and Ubuntu's packages, for tools that can't come from PyPI."""

import functools
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

from ops.processes import succeeds

_SUDO_SECONDS = 20
# A fresh machine brings itself up to date just now, and a mirror may be in the midst of its own update. apt-get waits for
# dpkg's lock if it is told to, for the one of its lists never.
_PATIENCE = ("-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=5")
_ATTEMPTS = 4
_PAUSE_SECONDS = 15
_Found = TypeVar("_Found")


def found_or_installed(find: Callable[[], _Found | None], *names: str) -> _Found | None:
    """What `find` finds, perhaps only once packages are installed; None if they did not help."""
    found = find()
    if found is None:
        install(*names)
        found = find()
    return found


@functools.cache
def install(*names: str) -> None:
    """Install packages when this is root or sudo asks no password; else do nothing. Tried once by a process.

    What fails is told by apt-get itself on the terminal, so the caller looks again for what it needs and says what is
    missing if it is not there.
    """
    if not shutil.which("apt-get"):
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and not succeeds([*prefix, "true"], _SUDO_SECONDS):
        return
    print(f"Installing {' and '.join(names)} from the system's packages …", flush=True)
    for attempt in range(_ATTEMPTS):
        time.sleep(_PAUSE_SECONDS if attempt else 0)
        # One source of several that is away fails an update, and what is wanted may come from another.
        _apt_get(prefix, "update", "-qq")
        if _apt_get(prefix, "install", "-y", "-qq", "--no-install-recommends", *names):
            return


def _apt_get(prefix: list[str], verb: str, *arguments: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = [*prefix, "apt-get", verb, *_PATIENCE, *arguments]
    return subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL).returncode == 0
