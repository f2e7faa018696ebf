"""A DynamoDB for tests and benchmarks: the pinned dynalite from npm, on a free loopback port, gone when the command ends.

It makes each conditional update under a lock on the item's key, as DynamoDB does, and in another process than those that
ask. So it can tell a limiter that is exact from one that races.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import environments
from ops.processes import end_with_parent, stop
from ops.system_packages import install

HERE = Path(__file__).parent
INSTALLED = environments.ROOT / "var" / "environments" / "dynalite"
LOCKED = ("package.json", "package-lock.json")
OLDEST_NODE = 18
REGION = "us-east-1"
_STOP_GRACE_SECONDS = 5
_ANSWER_SECONDS = 10


class UnavailableError(Exception):
    """dynalite can't be had; the message says what is missing."""


@dataclass(frozen=True)
class Dynalite:
    """A running one.

    Attributes:
        url: what AWS_ENDPOINT_URL has to be.
    """

    url: str

    def calls(self) -> Counter[str]:
        """How often it was asked for each operation, as `UpdateItem`, since it started."""
        with urllib.request.urlopen(f"{self.url}/calls", timeout=_ANSWER_SECONDS) as answer:
            return Counter(json.load(answer))

    def client_environment(self) -> Mapping[str, str]:
        """What makes boto3 talk to it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def make_table(client: Any, name: str) -> None:
    """Make the rate limiter's table by a DynamoDB client, as far as a counter can tell it from Terraform's."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
    )


@contextlib.contextmanager
def provide() -> Iterator[Dynalite]:
    """A running DynamoDB without tables.

    Raises:
        UnavailableError: says what to install, or why it did not start.
    """
    modules = _installed()
    server = subprocess.Popen(
        [_node(), HERE / "server.cjs"],
        env={"PATH": os.environ["PATH"], "NODE_PATH": str(modules)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl call, no threads run yet
    )
    assert server.stdout is not None  # noqa: S101 - for mypy: it was asked for above
    try:
        port = server.stdout.readline().decode().strip()
        if not port:
            raise UnavailableError("dynalite did not start; what it said stands above.")
        yield Dynalite(f"http://127.0.0.1:{port}")
    finally:
        stop(server, signal.SIGTERM, _STOP_GRACE_SECONDS)
        server.stdout.close()


def _node() -> str:
    """The Node.js that is there, or Debian's.

    Raises:
        UnavailableError: there is none that is new enough.
    """
    if not _node_runs():
        install("nodejs", "npm")
    if not _node_runs():
        raise UnavailableError(f"There is no Node.js {OLDEST_NODE} or newer with npm: install both.")
    return "node"


def _node_runs() -> bool:
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def _installed() -> Path:
    """The folder of exactly the locked packages, made anew when the lock changed.

    Raises:
        UnavailableError: npm refused; its words are in the message.
    """
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in LOCKED)).hexdigest()
    environments.make_if_changed(INSTALLED, digest, _install)
    return INSTALLED / "node_modules"


def _install() -> None:
    _node()
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir()
    for name in LOCKED:
        shutil.copyfile(HERE / name, INSTALLED / name)
    # No package has a say in what runs here: what dynalite needs comes built.
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    result = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, check=False)
    if result.returncode:
        raise UnavailableError(f"`{' '.join(command)}` failed:\n{result.stdout}{result.stderr}")
