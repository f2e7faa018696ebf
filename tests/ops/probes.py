"""Functions of a few lines, as Lambda takes them."""

import io
import zipfile

import boto3

from ops.emulator import ACCOUNT_ID

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/lambda"
HANDLER = "probe.handler"


def zipped(source: str) -> bytes:
    """The package of a module that has a `handler`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("probe.py", source)
    return buffer.getvalue()


def make(name: str, source: str) -> None:
    """Make a function of it, with the variable OLD=1."""
    boto3.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler=HANDLER,
        Code={"ZipFile": zipped(source)},
        Environment={"Variables": {"OLD": "1"}},
    )
