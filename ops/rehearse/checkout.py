"""A checkout of this tree in a folder of its own, as an operator has one after `git clone`, or a fork."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ops import zappa_settings

ROOT = Path(__file__).resolve().parents[2]
_IDENTITY = {
    "user.name": "Rehearsal",
    "user.email": "rehearsal@example.org",
    "commit.gpgsign": "false",
    "core.hooksPath": os.devnull,
}


def clone(target: Path) -> int:
    """Clone this tree; what is not committed yet becomes a commit of the clone.

    Returns:
        How many files that commit changes.
    """
    subprocess.run(["git", "clone", "--quiet", ROOT, target], check=True, capture_output=True)
    for name, value in _IDENTITY.items():
        git(target, "config", name, value)
    _copy_what_differs(target)
    changed = len(git(target, "status", "--porcelain", "--untracked-files=all").splitlines())
    if changed:
        commit(target, "What is not committed yet")
    _share_environments(target)
    return changed


def commit(checkout: Path, message: str) -> None:
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", message)


def rename(checkout: Path, project: str) -> None:
    """Give a checkout another name, in the one place that has it, and commit that.

    Raises:
        ops.zappa_settings.SettingsError: it can't begin every name.
    """
    path = checkout / zappa_settings.COMMITTED.name
    ours, theirs = (f'"project_name": "{name}"' for name in (zappa_settings.project_name(path), project))
    path.write_text(path.read_text().replace(ours, theirs))
    zappa_settings.project_name(path)
    commit(checkout, f"Call it {project}")


def git(checkout: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout


def _copy_what_differs(target: Path) -> None:
    listing = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listing.split("\0")):
        ours, theirs = ROOT / name, target / name
        if ours.is_file():
            theirs.parent.mkdir(parents=True, exist_ok=True)
            # With its date: make sees by it that the environment is up to date.
            shutil.copy2(ours, theirs)
        else:
            theirs.unlink(missing_ok=True)


def _share_environments(target: Path) -> None:
    """The locked environments, which would be made of the same files again."""
    ours = ROOT / "var" / "environments"
    ours.mkdir(parents=True, exist_ok=True)
    (target / "var").mkdir()
    (target / "var" / "environments").symlink_to(ours)


def manage(checkout: Path, *arguments: str, environment: dict[str, str]) -> None:
    """Run a management command on a checkout's code."""
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True, env=environment)
