"""The private server: there while its command runs, gone afterwards, however it ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest

from ops import postgis
from ops.processes import wait_until

Docker = Callable[..., Callable[[], list[str]]]
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


@pytest.fixture(params=["as this machine allows", "by setpriv"])
def user_change(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How PostgreSQL gets another user than root: by setpriv where unshare fails, as without user namespaces."""
    if request.param == "by setpriv":
        if os.geteuid() != 0:
            pytest.skip("only root changes users")
        (tmp_path / "unshare").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "unshare").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        assert postgis._as_other_user()[0] == "setpriv"


@pytest.mark.usefixtures("user_change")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_server_is_left_behind(number: int, docker: Docker) -> None:
    docker(info="exit 1")
    folder = (
        "k.execute('SHOW data_directory'); print(k.fetchone()[0], flush=True); import time; time.sleep(600)"
    )
    wrapper = subprocess.Popen(
        [sys.executable, "-m", "ops.postgis", "run", "--", sys.executable, "-c", ASK + folder],
        stdout=subprocess.PIPE,
        text=True,
        env=WITHOUT_URL | {"PATH": os.environ["PATH"]},
        start_new_session=True,
    )
    assert wrapper.stdout
    data = Path(wrapper.stdout.readline().strip())
    server = int((data / "postmaster.pid").read_text().split()[0])
    assert alive(server)
    os.killpg(wrapper.pid, number)
    wrapper.wait()
    wrapper.stdout.close()
    wait_until(lambda: not alive(server), "Its end", 60)
    # Who is killed could not tidy up.
    shutil.rmtree(data.parent, ignore_errors=True)


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgis, "_find_binaries", lambda: None)
    monkeypatch.setattr("ops.postgis.shutil.which", lambda _: None)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(postgis.UnavailableError, match="postgresql-postgis"), postgis.provide():
        pass


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    """A stand-in for Docker's client, the first on PATH: `docker(info="exit 1")` says what a subcommand does."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    log = tmp_path / "log"

    def install(**answers: str) -> Callable[[], list[str]]:
        cases = "".join(f"{name}) {answer};; " for name, answer in answers.items())
        (tmp_path / "docker").write_text(
            f'#!/bin/sh\necho "$*" >> {log}\ncd {tmp_path}\ncase "$1" in {cases}esac\n'
        )
        (tmp_path / "docker").chmod(0o755)
        return lambda: log.read_text().splitlines()

    return install


def test_a_docker_that_hangs_is_passed_over(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    docker(info="exec sleep 60")
    monkeypatch.setattr(postgis, "DOCKER_ANSWER_SECONDS", 0.2)
    with postgis.provide() as url:
        psycopg2.connect(url).close()


def test_a_docker_that_cannot_run_the_image_is_passed_over_with_a_line(
    docker: Docker, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = docker(run="exit 125")
    with postgis.provide() as url:
        psycopg2.connect(url).close()
    assert capsys.readouterr().err.splitlines() == [
        f"Docker can't run {postgis.DOCKER_IMAGE}: PostgreSQL's packages are used instead."
    ]
    assert [call.split()[0] for call in calls()] == ["info", "run", "rm"]


def test_a_container_is_ready_when_its_own_server_answers_by_tcp(docker: Docker) -> None:
    third_time = "echo >> asked; test $(wc -l < asked) -ge 3"
    calls = docker(exec=third_time)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        port = proxy.getsockname()[1]
        with postgis.provide(port) as url:
            assert url == f"postgres://postgres@127.0.0.1:{port}/postgres"
            info, run, *asked = calls()
    name = run.split("--name ")[1].split()[0]
    assert info == "info"
    assert f"--publish 127.0.0.1:{port}:5432" in run
    assert asked == [f"exec {name} pg_isready --quiet -h 127.0.0.1"] * 3
    assert calls()[-1] == f"rm --force {name}"
