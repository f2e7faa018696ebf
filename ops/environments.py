"""Virtual environments apart from the developer's own, each made from a hash-locked set."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAMBDA_PYTHON_VERSION = (3, 13)


class UnavailableError(Exception):
    """An environment can't be made; the message says what is missing."""


def provide(lock: str, python: Path | None = None) -> Path:
    """The interpreter of an environment that holds exactly one locked set, made anew when the lock changed.

    Args:
        lock: the name of a set, as in `requirements/<lock>.txt`.
        python: the interpreter to make it with; the one that runs if not given.

    Raises:
        UnavailableError: pip refused; its words are in the message.
    """
    python = python or Path(sys.executable)
    requirements = ROOT / "requirements" / f"{lock}.txt"
    digest = hashlib.sha256(requirements.read_bytes() + bytes(python)).hexdigest()
    folder = ROOT / "var" / "environments" / lock
    make_if_changed(folder, digest, partial(_make, folder, python, requirements))
    return folder / "bin" / "python"


def make_if_changed(folder: Path, digest: str, make: Callable[[], None]) -> None:
    """Have a folder made, unless it was made of the same already; half a one is made anew.

    Args:
        folder: where.
        digest: of all that it is made of.
        make: makes it, whatever is there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as held:
        # Two commands at once (tests and a rehearsal) make one, not half of two.
        fcntl.flock(held, fcntl.LOCK_EX)
        stamp = folder / "made-from"
        if not stamp.exists() or stamp.read_text() != digest:
            make()
            stamp.write_text(digest)


def lambda_interpreter() -> Path:
    """A Python of the version that our functions run on.

    Raises:
        UnavailableError: there is none.
    """
    if sys.version_info[:2] == LAMBDA_PYTHON_VERSION:
        return Path(sys.executable)
    found = subprocess.run([ROOT / "ops" / "find-python"], capture_output=True, text=True, check=False)
    path = found.stdout.strip()
    version = ".".join(map(str, LAMBDA_PYTHON_VERSION))
    if (
        not path
        or subprocess.run([path, "-V"], capture_output=True, text=True, check=True).stdout[7:11] != version
    ):
        raise UnavailableError(
            f"Lambda runs Python {version}, and this machine has none: install it, or use pyenv."
        )
    return Path(path)


def _make(folder: Path, python: Path, requirements: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _run([str(python), "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Twice, because pip asks again for what is not answered and not for what breaks off.
    _run([*pip, "--retries", "10", "--require-hashes", "-r", str(requirements)], again=True)


def _run(command: list[str], *, again: bool = False) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode and again:
        _run(command)
    elif result.returncode:
        raise UnavailableError(f"`{' '.join(command)}` failed:\n{result.stdout}{result.stderr}")
