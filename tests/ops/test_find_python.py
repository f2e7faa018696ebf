"""Which Python the environment is made with."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "ops" / "find-python"


def interpreter(folder: Path, name: str, version: str | None) -> Path:
    """A stand-in that passes the script's check for one version, or a shim that exits 127."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    answer = "exit 127" if version is None else f'case "$2" in *"\'{version}\'"*) exit 0;; *) exit 1;; esac'
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def find(home: Path) -> "subprocess.CompletedProcess[str]":
    environment = {"HOME": str(home), "PATH": str(home / "bin")}
    return subprocess.run(["/bin/sh", SCRIPT], check=False, capture_output=True, text=True, env=environment)


def test_it_prefers_lambdas_version(home: Path) -> None:
    interpreter(home / "bin", "python3.12", "3.12")
    chosen = interpreter(home / "bin", "python3.13", "3.13")
    assert find(home).stdout.strip() == str(chosen)


def test_a_shim_that_exits_127_is_no_python(home: Path) -> None:
    interpreter(home / "bin", "python3.13", None)
    chosen = interpreter(home / "bin", "python3.11", "3.11")
    assert find(home).stdout.strip() == str(chosen)


def test_behind_a_shim_pyenvs_own_version_is_found(home: Path) -> None:
    interpreter(home / "bin", "python3.13", None)
    interpreter(home / "bin", "python3", "3.11")
    chosen = interpreter(home / ".pyenv" / "versions" / "3.13.0" / "bin", "python", "3.13")
    assert find(home).stdout.strip() == str(chosen)


def test_plain_python3_will_do(home: Path) -> None:
    chosen = interpreter(home / "bin", "python3", "3.12")
    assert find(home).stdout.strip() == str(chosen)


def test_it_says_what_to_install(home: Path) -> None:
    interpreter(home / "bin", "python3", "3.9")
    result = find(home)
    assert result.returncode == 1
    assert "apt-get install python3 python3-venv" in result.stderr


def test_it_finds_one_here() -> None:
    result = subprocess.run([SCRIPT], check=True, capture_output=True, text=True, env=dict(os.environ))
    assert Path(result.stdout.strip()).exists()
