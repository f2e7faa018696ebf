"""Every make command that is written anywhere can be typed: the target is in `make help`, and takes the variables."""

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.contracts.environment_reads import reads_of
from tests.contracts.source_files import ROOT

# In code spans, indented blocks, and the messages of programs; prose makes sense, no target.
COMMAND = re.compile(r"(?:`|^ +|^|run: )make ((?:-\w+ )*)([a-z][a-z-]*)([^`\n#]*)", re.MULTILINE)
ASSIGNMENT = re.compile(r"\b([A-Z][A-Z_]*)=")


@cache
def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def commands(text: str, *, spans_only: bool = False) -> Iterator[tuple[str, frozenset[str]]]:
    """(target, variables) of each command in a text; in code only those between backticks are meant for people."""
    for found in COMMAND.finditer(text):
        if spans_only and not found[0].startswith("`"):
            continue
        yield found[2], frozenset(ASSIGNMENT.findall(found[3]))


def written() -> set[tuple[str, str, frozenset[str]]]:
    """(file, target, variables) of every command in prose and in the messages of our programs."""
    prose = [(path, False) for path in tracked("*.md", ".github/*.yml", ".ci/run")]
    code = [(path, True) for path in tracked("ops/*.py", "app/*.py", "terraform/*.tf")]
    return {
        (str(path.relative_to(ROOT)), *command)
        for path, spans_only in prose + code
        for command in commands(path.read_text(), spans_only=spans_only)
    }


@cache
def helped() -> dict[str, str]:
    """By target, its line in `make help`."""
    lines = _make("help")
    return dict(re.findall(r"^  ([a-z][a-z-]*) +(.*)$", lines, re.MULTILINE))


@cache
def read_by_programs() -> set[str]:
    """Make hands what it is told on to the programs, as their environment."""
    return {name for path in tracked("ops/*.py") for name in reads_of(ast.parse(path.read_text())).names}


@cache
def takes(target: str, variable: str) -> bool:
    """Whether the variable changes what the target would run."""
    if variable in read_by_programs():
        return True
    told = {"STAGE": "dev", "ENV": "nonprod", "EMAIL": "ada@example.org", "ARGS": "check", "STEP": "lambda"}
    told |= {"SHA256": "0", "PR": "1", "AT": "latest"}
    would_run = _dry_run(target, told | {variable: "sentinel"})
    # What comes from a workflow is read by the shell, so it stands there by its name.
    return bool(re.search(rf"\$\{{?{variable}\b", would_run)) or would_run != _dry_run(target, told)


def _dry_run(target: str, variables: dict[str, str]) -> str:
    """What the target would run; nothing if there is no such target."""
    return _make("--dry-run", target, *(f"{name}={value}" for name, value in variables.items()))


def _make(*arguments: str) -> str:
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=_without_make(), capture_output=True, text=True, check=False
    ).stdout


def _without_make() -> dict[str, str]:
    """The tests are run by a make of their own, which would hand its variables on."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def targets() -> set[str]:
    """Every target that a person can name."""
    lines = re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return {name for line in lines for name in line.split()}


def test_every_command_names_a_target() -> None:
    found = written()
    assert {"README.md", "docs/operating.md", "ops/deploy.py"} <= {path for path, _, _ in found}
    assert {(path, target) for path, target, _ in found if target not in targets()} == set()


def test_every_variable_of_a_command_changes_what_its_target_runs() -> None:
    wrong = {
        (path, f"make {target} {variable}=")
        for path, target, variables in written()
        for variable in variables
        if not takes(target, variable)
    }
    assert wrong == set()


def test_help_says_of_every_variable_what_the_target_takes() -> None:
    told = {
        (target, variable)
        for target, line in helped().items()
        for variable in ASSIGNMENT.findall(line)
        if not takes(target, variable)
    }
    assert told == set()


def test_every_target_is_in_help() -> None:
    """One that is short for another is named in that one's line."""
    text = " ".join([*helped(), *helped().values()])
    assert {"deploy", "deploy-prod", "help"} <= targets()
    assert {name for name in targets() if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)} == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run `make deploy STAGE=prod` now", ("deploy", {"STAGE"})),
        ('    make manage STAGE=prod ARGS="jobs list"  # prints', ("manage", {"STAGE", "ARGS"})),
        ("`make lint`", ("lint", set())),
    ],
)
def test_a_command_is_told_from_prose(text: str, expected: tuple[str, set[str]]) -> None:
    assert list(commands(text)) == [(expected[0], frozenset(expected[1]))]


def test_prose_is_no_command() -> None:
    assert list(commands("two of them make one pair, and we make sure of it")) == []


@pytest.mark.parametrize("target", ["bench", "lock"])
def test_a_loop_ends_at_its_first_failure_also_by_the_make_of_macos(tmp_path: Path, target: str) -> None:
    """Version 3.81 has no .SHELLFLAGS: to it the flags are what they are by default."""
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("python", "pip", "uv"):
        (tools / name).write_text("#!/bin/sh\necho started\nexit 1\n")
        (tools / name).chmod(0o755)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").touch()
    # Older for sure: both may be made within one tick of the file system's clock.
    os.utime(tmp_path / "requirements" / "dev.txt", (0, 0))
    (tmp_path / ".venv" / "dev").touch()
    result = subprocess.run(
        ["make", "-f", ROOT / "Makefile", ".SHELLFLAGS=-c", target, "BENCH=one two"],
        cwd=tmp_path,
        env=_without_make(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert result.stdout.count("started") == 1


def test_a_variable_that_a_target_does_not_take_is_found() -> None:
    assert not takes("deploy", "STAGES")
    assert not takes("releases", "TO")
    assert takes("rollback", "TO")
    assert takes("deploy", "CONFIRM")
