"""Which Python the environment is made with."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "ops" / "find-python"


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


def test_the_newest_python_that_is_promised_will_do(home: Path) -> None:
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    bounds = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", promised)
    assert bounds
    oldest, newest = int(bounds[1]), int(bounds[2]) - 1
    chosen = interpreter(home / "bin", f"python3.{newest}", f"3.{newest}")
    assert find(home).stdout.strip() == str(chosen)
    assert f"Python 3.{oldest} to 3.{newest}" in (ROOT / "README.md").read_text()


def test_make_takes_an_interpreter_whose_path_has_a_space(home: Path) -> None:
    folder = home / "py env" / "versions" / "3.13.0" / "bin"
    folder.mkdir(parents=True)
    makes_venv = 'if [ "$2" = venv ]; then /bin/mkdir -p "$3/bin" && : > "$3/bin/pip"; fi'
    (folder / "python").write_text(f"#!/bin/sh\n{makes_venv}\n")
    (folder / "python").chmod(0o755)
    make = shutil.which("make")
    assert make
    target = home / "made" / "bin" / "pip"
    result = subprocess.run(
        [make, "--no-print-directory", "-C", ROOT, f"VENV={home}/made", target],
        check=False,
        capture_output=True,
        text=True,
        env={"HOME": str(home), "PATH": str(home / "bin"), "PYENV_ROOT": str(home / "py env")},
    )
    assert result.returncode == 0, result.stderr
    assert target.exists()


def test_it_says_what_to_install(home: Path) -> None:
    interpreter(home / "bin", "python3", "3.9")
    result = find(home)
    assert result.returncode == 1
    assert "apt-get install python3 python3-venv" in result.stderr


def test_it_finds_one_here() -> None:
    result = subprocess.run([SCRIPT], check=True, capture_output=True, text=True, env=dict(os.environ))
    assert Path(result.stdout.strip()).exists()
