"""An AWS emulator for one command: the pinned MiniStack on a free loopback port, gone when the command ends."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from ops import environments
from ops.processes import end_with_parent, free_port, stop, wait_until

LAUNCHER = Path(__file__).with_name("launcher.py")
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
START_TIMEOUT_SECONDS = 180
_STOP_GRACE_SECONDS = 10


class StartError(Exception):
    """The emulator does not run; the message holds its log's end."""


@dataclass(frozen=True)
class Emulator:
    """A running one.

    Attributes:
        url: what AWS_ENDPOINT_URL has to be.
        log: the file with what it and the functions printed.
        pid: of the server; it leads its own session.
    """

    url: str
    log: Path
    pid: int

    def client_environment(self) -> dict[str, str]:
        """This process's environment with every way to real AWS replaced by the emulator."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return ours | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def gateway_url(self, api_id: str, stage: str) -> str:
        """Where it serves what AWS serves at `https://<api>.execute-api.<region>.amazonaws.com/<stage>`."""
        return f"{self.url}/restapis/{api_id}/{stage}/_user_request_"


@contextlib.contextmanager
def provide(folder: Path, *, without_repair: str = "") -> Iterator[Emulator]:
    """A running emulator, reachable from this machine alone.

    Args:
        folder: for its log, which stays.
        without_repair: the name of a repair to leave out, for the repair's test.

    Raises:
        StartError: it ended at once or did not answer.
        ops.environments.UnavailableError: its environment can't be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "emulator.log"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="coalition-aws-", ignore_cleanup_errors=True) as scratch:
        server = _start(log, _server_environment(scratch, port, without_repair))
        url = f"http://127.0.0.1:{port}"
        try:
            _await_health(server, url, log)
            yield Emulator(url, log, server.pid)
        finally:
            stop(server, signal.SIGTERM, _STOP_GRACE_SECONDS)


def _start(log: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return subprocess.Popen(
            [environments.provide("emulator"), LAUNCHER],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=environment["HOME"],
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl call, no threads run yet
        )


def _await_health(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    try:
        wait_until(lambda: _healthy(server, url, log), "The AWS emulator", START_TIMEOUT_SECONDS)
    except TimeoutError as error:
        raise StartError(f"{error} Its log is {log}.") from None


def _server_environment(scratch: str, port: int, without_repair: str) -> dict[str, str]:
    """All it gets: an operator's credentials and proxies are none of its business."""
    # By which it runs CloudFront's functions.
    node = shutil.which("node")
    return {
        "PATH": "/usr/bin:/bin" + (f":{Path(node).parent}" if node else ""),
        "HOME": scratch,
        "TMPDIR": scratch,
        "STATE_DIR": scratch,
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "EMULATOR_LAMBDA_PYTHON": str(
            environments.provide("lambda-provided", environments.lambda_interpreter())
        ),
        "EMULATOR_WITHOUT_REPAIR": without_repair,
    }


def _healthy(server: "subprocess.Popen[bytes]", url: str, log: Path) -> bool:
    if server.poll() is not None:
        raise StartError(f"The AWS emulator did not start:\n{log.read_text()[-2000:]}")
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=5) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    # Also one that takes its time for the first answer, or breaks off.
    except (OSError, HTTPException):
        return False
