"""The private server: there while its command runs, gone afterwards, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ops import postgis

WITHOUT_URL = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
ASK = "import os, psycopg2; c = psycopg2.connect(os.environ['DATABASE_URL']); k = c.cursor(); "


def run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ops.postgis", "run", "--", *command],
        check=False,
        capture_output=True,
        text=True,
        env=WITHOUT_URL | environment,
    )


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_the_command_finds_postgis() -> None:
    code = (
        ASK
        + "k.execute('CREATE EXTENSION postgis'); k.execute('SELECT postgis_version()'); print(k.fetchone())"
    )
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr
    assert "USE_GEOS=1" in result.stdout


def test_the_commands_exit_code_is_ours() -> None:
    assert run(sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_a_given_database_is_used_as_it_is() -> None:
    result = run(
        sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'])", DATABASE_URL="postgres://x/y"
    )
    assert result.stdout == "postgres://x/y\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_server_is_left_behind(number: int) -> None:
    folder = (
        "k.execute('SHOW data_directory'); print(k.fetchone()[0], flush=True); import time; time.sleep(60)"
    )
    wrapper = subprocess.Popen(
        [sys.executable, "-m", "ops.postgis", "run", "--", sys.executable, "-c", ASK + folder],
        stdout=subprocess.PIPE,
        text=True,
        env=WITHOUT_URL,
        start_new_session=True,
    )
    assert wrapper.stdout
    data = Path(wrapper.stdout.readline().strip())
    server = int((data / "postmaster.pid").read_text().split()[0])
    assert alive(server)
    os.killpg(wrapper.pid, number)
    wrapper.wait()
    wrapper.stdout.close()
    deadline = time.monotonic() + 10
    while alive(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(server)


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgis, "_find_binaries", lambda: None)
    monkeypatch.setattr("ops.postgis.shutil.which", lambda _: None)
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(postgis.UnavailableError, match="postgresql-postgis"), postgis.provide():
        pass
