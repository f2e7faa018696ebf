"""A purpose over rows in memory, in front of a folder or of an emulated S3."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import boto3
import pytest
import requests
from django.test import Client
from django.utils import timezone

from app import aws as clients
from app.config import lambda_handler
from app.uploads.purposes import JPEG, PDF, PNG, Awaited, Kind, Purpose, Received
from app.uploads.stores import Form, store
from ops.emulator import Emulator
from tests.config.lambda_events import Context
from tests.ops.conftest import _running, aws

__all__ = ["_running", "aws"]

BUCKET = "coalition-media"
A_PDF = b"%PDF-1.7\n" + b"x" * 91
MAX_BYTES = 1000
BACK = "http://testserver/back/"


@dataclass
class Row:
    content_type: str
    since: dt.datetime = field(default_factory=timezone.now)
    received: list[Received] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        return not (self.received or self.refusals)


class Letters(Purpose):
    """Waits for letters; what it would write into a table is kept here."""

    name = "letter"
    kinds: ClassVar[tuple[Kind, ...]] = (PDF, JPEG, PNG)
    max_bytes = MAX_BYTES
    rows: ClassVar[dict[str, Row]] = {}

    def ask(self, content_type: str = PDF.content_type) -> str:
        key = self.new_key()
        self.rows[key] = Row(content_type)
        return key

    def awaits(self, key: str) -> Awaited | None:
        row = self.rows.get(key)
        return Awaited(row.content_type, row.since) if row and row.waits else None

    def accept(self, received: Received) -> None:
        self.rows[received.key].received.append(received)

    def refuse(self, key: str, reason: str) -> None:
        self.rows[key].refusals.append(reason)

    def awaited(self) -> list[str]:
        return [key for key, row in self.rows.items() if row.waits]


@pytest.fixture
def letters(settings: Any, db: None) -> Letters:
    settings.UPLOAD_PURPOSES = ["tests.uploads.conftest.Letters"]
    Letters.rows.clear()
    return Letters()


@pytest.fixture
def bucket(settings: Any, aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3 that holds a form to its policy."""
    settings.UPLOADS = f"s3://{BUCKET}/"
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    clients.forget_clients()
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    yield client
    clients.forget_clients()


@pytest.fixture(params=["upload_folder", "bucket"])
def kept_in(request: pytest.FixtureRequest) -> str:
    """Where files go: what holds for one holds for the other."""
    request.getfixturevalue(request.param)
    return str(request.param)


@dataclass(frozen=True)
class Answer:
    status: int
    location: str


Send = Callable[..., Answer]


@pytest.fixture
def send(outsider: Client) -> Send:
    """Post a form as a browser does."""

    def post(form: Form, content: bytes, filename: str = "letter.pdf", **changed: str) -> Answer:
        fields = form.fields | changed
        if form.action.startswith("/"):
            from django.core.files.uploadedfile import SimpleUploadedFile

            there = outsider.post(form.action, {**fields, "file": SimpleUploadedFile(filename, content)})
            return Answer(there.status_code, there.headers.get("Location", ""))
        answer = requests.post(
            form.action, fields, files={"file": (filename, content)}, allow_redirects=False, timeout=60
        )
        return Answer(answer.status_code, answer.headers.get("Location", ""))

    return post


@pytest.fixture
def download(outsider: Client) -> Callable[[str], tuple[int, bytes, dict[str, str]]]:
    """Fetch an address: status, content, headers."""

    def get(address: str) -> tuple[int, bytes, dict[str, str]]:
        if address.startswith("/"):
            there: Any = outsider.get(address)
            content = b"".join(there.streaming_content) if there.streaming else there.content
            return there.status_code, content, dict(there.headers)
        answer = requests.get(address, timeout=60)
        return answer.status_code, answer.content, dict(answer.headers)

    return get


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hand an event to what Lambda calls."""
    for name, value in {"STAGE": "local", "PROJECT": "", "SERVERTYPE": "", "FRAMEWORK": ""}.items():
        monkeypatch.setenv(name, value)
    # The connection is the one that the test's transaction lives on.
    monkeypatch.setattr(lambda_handler, "close_old_connections", lambda: None)
    return lambda event: lambda_handler.handler(event, Context())


def kept(key: str, tmp_path: Path) -> bytes:
    """A kept file's content, by the store's own reading."""
    with (tmp_path / "fetched").open("wb+") as file:
        store().fetch(key, file)
        file.seek(0)
        return file.read()
