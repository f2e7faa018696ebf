"""A LibreOffice without windows for the round trip of a workbook: the one that is installed, else Debian's package."""

import shutil
import subprocess
from pathlib import Path

from ops.system_packages import found_or_installed

NAMES = ("soffice", "libreoffice")
# 52 packages, 80 MB: three quarters of a minute on a small machine.
PACKAGE = "libreoffice-calc-nogui"
CONVERT_SECONDS = 180


class UnavailableError(Exception):
    """No LibreOffice could be provided; the message says what to install."""


def provide() -> str:
    """The path of a LibreOffice, installed if need be.

    Raises:
        UnavailableError: says what to install.
    """
    found = found_or_installed(_find, PACKAGE)
    if found is None:
        raise UnavailableError(f"There is no LibreOffice. Install Debian's package `{PACKAGE}`.")
    return found


def _find() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def convert(file: Path, extension: str, folder: Path, *, profile: Path) -> Path:
    """The file in another format, as LibreOffice saves it.

    Args:
        file: what it opens.
        extension: of the format, as "xlsx" or "fods".
        folder: where the new file goes, under the same name.
        profile: an empty folder; without one of its own two of them would wait for each other.

    Raises:
        UnavailableError: there is none.
        subprocess.CalledProcessError: it failed.
    """
    command = [
        provide(),
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--convert-to",
        extension,
        "--outdir",
        str(folder),
        str(file),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=CONVERT_SECONDS)
    return folder / f"{file.stem}.{extension}"
