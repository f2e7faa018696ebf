"""Functions of a few lines, as Lambda takes them."""

import io
import zipfile
from typing import Any

import boto3

from ops.emulator import ACCOUNT_ID

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/lambda"
HANDLER = "probe.handler"
# Lambda's own 3 s are no time on a busy machine.
TIMEOUT_SECONDS = 120


def zipped(source: str) -> bytes:
    """The package of a module that has a `handler`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("probe.py", source)
    return buffer.getvalue()


def make(name: str, source: str, functions: Any = None) -> None:
    """Make a function of it, with the variable OLD=1, by a client of Lambda or the one that the environment names."""
    (functions or boto3.client("lambda")).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler=HANDLER,
        Timeout=TIMEOUT_SECONDS,
        Code={"ZipFile": zipped(source)},
        Environment={"Variables": {"OLD": "1"}},
    )
