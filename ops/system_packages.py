"""Debian's and Ubuntu's packages, for tools that can't come from PyPI."""

import os
import shutil
import subprocess


def install(*names: str) -> None:
    """Install packages when this is root or sudo asks no password; else do nothing.

    What fails is told by apt-get itself on the terminal, so the caller looks again for what it needs and says what is
    missing if it is not there.
    """
    if not shutil.which("apt-get"):
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if prefix and not _answers([*prefix, "true"]):
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


def _answers(command: list[str]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
