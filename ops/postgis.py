"""A private PostgreSQL with PostGIS for one command, gone when the command ends.

    python -m ops.postgis run -- pytest      starts a server, runs the command with DATABASE_URL set, stops the server

The first of these that is there is used: DATABASE_URL as it is; a Docker engine that answers and can run the image;
PostgreSQL and PostGIS from Debian's or Ubuntu's packages, installed when this is root or sudo asks no password.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from ops.processes import end_with_parent, ended_by_signals, free_port, stop, succeeds, wait_until
from ops.system_packages import found_or_installed

DOCKER_IMAGE = "postgis/postgis:16-3.4"
START_TIMEOUT_SECONDS = 180
_STOP_GRACE_SECONDS = 60
DOCKER_ANSWER_SECONDS = 20

# Durability is for servers that outlive a test run.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "log_min_messages": "warning",
}


class UnavailableError(Exception):
    """No PostGIS could be provided; the message says what to install."""


@contextlib.contextmanager
def provide(port: int | None = None) -> Iterator[str]:
    """A DATABASE_URL that is good inside the block.

    Args:
        port: the loopback port to listen on; any free one if not given. Ignored when DATABASE_URL is set.

    Raises:
        UnavailableError: says what to install.
    """
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    port = port or free_port()
    container = _started_container(port) if _docker_answers("info") else None
    with (
        _docker_server(container, port) if container else _packaged_server(_packaged_binaries(), port) as url
    ):
        yield url


def _docker_answers(*arguments: str) -> bool:
    return succeeds(["docker", *arguments], DOCKER_ANSWER_SECONDS)


def _started_container(port: int) -> str | None:
    """The name of a container of ours; None, and a line that says so, when Docker can't run it."""
    name = f"coalition-postgis-{uuid.uuid4().hex[:8]}"
    # A log that a client can read: Docker keeps the server's own words outside the container.
    log = {"logging_collector": "on"}
    settings = [argument for key, value in (_FAST | log).items() for argument in ("-c", f"{key}={value}")]
    command = ["docker", "run", "--rm", "--detach", "--name", name, "--publish", f"127.0.0.1:{port}:5432"]
    command += ["--env", "POSTGRES_HOST_AUTH_METHOD=trust", DOCKER_IMAGE, *settings]
    # Its stderr is left on the terminal: it shows the download's progress, and why it failed.
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0:
        return name
    _remove(name)
    print(f"Docker can't run {DOCKER_IMAGE}: PostgreSQL's packages are used instead.", file=sys.stderr)
    return None


@contextlib.contextmanager
def _docker_server(container: str, port: int) -> Iterator[str]:
    # Asked inside, as Docker's proxy accepts on the published port before PostgreSQL does; and by TCP, as the server
    # that first makes the database listens on its socket only.
    ready = ("exec", container, "pg_isready", "--quiet", "-h", "127.0.0.1")
    try:
        _wait(lambda: _docker_answers(*ready), "the PostGIS container")
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        _remove(container)


def _remove(container: str) -> None:
    subprocess.run(["docker", "rm", "--force", container], check=False, capture_output=True)


def _packaged_binaries() -> Path:
    """The folder of initdb and postgres of the newest version that has PostGIS, installed if need be."""
    found = found_or_installed(_find_binaries, "postgresql", "postgresql-postgis")
    if found is None:
        raise UnavailableError(
            "There is no PostgreSQL with PostGIS. Install Debian's or Ubuntu's packages `postgresql` and"
            " `postgresql-postgis`, start Docker, or set DATABASE_URL to a server whose role may create databases."
        )
    return found


def _find_binaries() -> Path | None:
    controls = Path("/usr/share/postgresql").glob("*/extension/postgis.control")
    versions = sorted((int(path.parts[4]) for path in controls if path.parts[4].isdigit()), reverse=True)
    for version in versions:
        folder = Path(f"/usr/lib/postgresql/{version}/bin")
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    return None


def _as_other_user() -> list[str]:
    """PostgreSQL refuses to run as root: a command prefix that makes us somebody else."""
    if os.geteuid() != 0:
        return []
    unshare = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode == 0:
        return unshare
    # Linux clears the signal of end_with_parent when the user changes, so setpriv sets it again.
    signals = ["--pdeathsig", "SIGQUIT"]
    return ["setpriv", *signals, "--reuid=postgres", "--regid=postgres", "--clear-groups"]


@contextlib.contextmanager
def _packaged_server(binaries: Path, port: int) -> Iterator[str]:
    prefix = _as_other_user()
    # Socket paths are limited to about 100 characters, so this lies in /tmp and not in the project.
    with tempfile.TemporaryDirectory(prefix="coalition-pg-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if "setpriv" in prefix:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        initdb: list[str | Path] = [
            *prefix,
            binaries / "initdb",
            "--pgdata",
            data,
            "--username=postgres",
            "--auth=trust",
        ]
        initdb += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd="/")
        settings = _FAST | {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": name,
        }
        arguments = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
        log = folder / "server.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [*prefix, binaries / "postgres", "-D", data, *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGQUIT),  # noqa: PLW1509 - one prctl call, no threads run yet
            )
        try:
            _wait(lambda: _ready(server, binaries, port, log), "PostgreSQL")
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            stop(server, signal.SIGQUIT, _STOP_GRACE_SECONDS)


def _ready(server: "subprocess.Popen[bytes]", binaries: Path, port: int, log: Path) -> bool:
    if server.poll() is not None:
        raise UnavailableError(f"PostgreSQL did not start:\n{log.read_text()}")
    probe: list[str | Path] = [binaries / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}"]
    return subprocess.run(probe, check=False).returncode == 0


def _wait(condition: Callable[[], bool], what: str) -> None:
    try:
        wait_until(condition, what, START_TIMEOUT_SECONDS)
    except TimeoutError as error:
        raise UnavailableError(error) from None


def main() -> int:
    """Run a command against a server of its own; its exit code is ours."""
    parser = argparse.ArgumentParser(prog="python -m ops.postgis", description=__doc__)
    parser.add_argument("verb", choices=["run"])
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    try:
        with ended_by_signals(), provide() as url:
            return subprocess.run(
                arguments.command, check=False, env={**os.environ, "DATABASE_URL": url}
            ).returncode
    except UnavailableError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
