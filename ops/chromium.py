"""A Chromium for the browser tests: the one that is installed, else Debian's package."""

import shutil

from ops.processes import succeeds
from ops.system_packages import found_or_installed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Headless, as root in a container, and without a word to anybody but the server under test.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_VERSION_TIMEOUT_SECONDS = 120


class UnavailableError(Exception):
    """No Chromium could be provided; the message says what to install."""


def provide() -> str:
    """The path of a Chromium that runs, installed if need be.

    Raises:
        UnavailableError: says what to install.
    """
    found = found_or_installed(_find, "chromium")
    if found is None:
        raise UnavailableError(
            "There is no Chromium that runs. Install Debian's package `chromium` (on Ubuntu, where that is a snap,"
            " Google Chrome's own package) so that one of these is on the PATH: " + ", ".join(NAMES) + "."
        )
    return found


def _find() -> str | None:
    # Ubuntu's `chromium-browser` is there without the snap that it starts, and then only prints advice.
    return next((path for name in NAMES if (path := shutil.which(name)) and _answers(path)), None)


def _answers(path: str) -> bool:
    return succeeds([path, "--version"], _VERSION_TIMEOUT_SECONDS)
