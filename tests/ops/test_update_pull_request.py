"""Newer locks reach a branch and one pull request; the real git, and a stand-in for GitHub's own program."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "ops" / "update-pull-request"
# Answers how many pull requests are open, and writes down what it was asked.
GH = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$1 $2" in "pr list") grep -c "^pr create" "$CALLS" || true ;; esac
"""


@dataclass(frozen=True)
class Checkout:
    """A clone with one lock, and the repository that it pushes to."""

    folder: Path
    origin: Path
    calls: Path
    environment: dict[str, str]

    def git(self, *arguments: str, where: Path | None = None) -> str:
        command = ["git", "-C", str(where or self.folder), *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=self.environment
        ).stdout.strip()

    def update(self) -> str:
        command = [str(SCRIPT)]
        return subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True, env=self.environment
        ).stdout

    def lock(self, text: str) -> None:
        (self.folder / "requirements" / "dev.txt").write_text(text)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder, origin, programs = tmp_path / "clone", tmp_path / "origin", tmp_path / "bin"
    calls = tmp_path / "calls"
    programs.mkdir()
    calls.touch()
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CALLS": str(calls),
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    made = Checkout(folder, origin, calls, environment)
    subprocess.run(["git", "init", "--quiet", "--bare", str(origin)], check=True, env=environment)
    subprocess.run(
        ["git", "clone", "--quiet", str(origin), str(folder)],
        check=True,
        capture_output=True,
        env=environment,
    )
    (folder / "requirements").mkdir()
    made.lock("old\n")
    (folder / "README.md").write_text("x\n")
    made.git("add", "--all")
    made.git(
        "-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "--message", "first"
    )
    return made


def test_newer_locks_are_pushed_and_one_pull_request_is_opened_for_all_weeks(checkout: Checkout) -> None:
    for text in ("new\n", "newer\n"):
        checkout.lock(text)
        checkout.update()
    assert checkout.git("show", "update-locks:requirements/dev.txt", where=checkout.origin) == "newer"
    assert checkout.calls.read_text().count("pr create") == 1


def test_only_locks_are_pushed(checkout: Checkout) -> None:
    checkout.lock("new\n")
    (checkout.folder / "README.md").write_text("changed by accident\n")
    checkout.update()
    assert checkout.git("show", "update-locks:README.md", where=checkout.origin) == "x"


def test_nothing_newer_is_no_pull_request(checkout: Checkout) -> None:
    assert "as new as they may be" in checkout.update()
    assert checkout.calls.read_text() == ""
