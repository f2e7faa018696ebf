"""Where files lie: in quarantine as they came, then, looked at and under the same key, where they stay."""

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from django.conf import settings

# STAGE/PURPOSE/UUID: stages share a bucket, and a key says nothing about anybody.
KEY = re.compile(r"(?P<stage>[a-z]+)/(?P<purpose>[a-z]+(-[a-z]+)*)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
QUARANTINE = "quarantine/"
KEPT = "uploads/"

FORM_SECONDS = 15 * 60
ADDRESS_SECONDS = 2 * 60
# As much of a file as tells its type.
BEGINNING_BYTES = 4096


@dataclass(frozen=True)
class Form:
    """What a browser, or a program, posts as multipart/form-data, with the file behind it as `file`.

    Attributes:
        action: where to.
        fields: as they are, all of them.
        expires_at: until when it is taken.
    """

    action: str
    fields: dict[str, str]
    expires_at: dt.datetime


@dataclass(frozen=True)
class Arrived:
    """A file in quarantine.

    Attributes:
        filename: as its sender calls it, uncleaned; empty if they did not say.
        content_type: as its sender declared it.
        beginning: its first BEGINNING_BYTES.
        version: changes when the file is replaced.
    """

    filename: str
    content_type: str
    size_bytes: int
    beginning: bytes
    version: str


class StoreError(Exception):
    """The store can't be reached, refuses, or was changed meanwhile. Nothing is lost: the same call mends it."""


class GoneError(StoreError):
    """There is no such file, however often one asks."""


class Store(Protocol):
    """Raises StoreError, each method, where the store fails."""

    def form(self, key: str, content_type: str, max_bytes: int, back_to: str) -> Form:
        """Leave to put one file into quarantine: of this type, of 1 to `max_bytes` bytes, within FORM_SECONDS.

        Args:
            key: the file's.
            content_type: what the form declares.
            max_bytes: the largest.
            back_to: the address where the browser goes afterwards; empty for an answer without content (204).
        """

    def arrived(self, key: str) -> Arrived | None:
        """What lies in quarantine; None if nothing does."""

    def keep(self, key: str, arrived: Arrived, content_type: str) -> None:
        """Copy from quarantine to where files stay, if it is still the one that was looked at. Again is the same."""

    def discard(self, key: str) -> None:
        """Delete from quarantine. What is not there is fine."""

    def delete(self, key: str) -> None:
        """Delete where files stay. What is not there is fine."""

    def address(self, key: str, filename: str, content_type: str) -> str:
        """Where a kept file can be downloaded, as an attachment, by whoever has the address, for ADDRESS_SECONDS."""

    def fetch(self, key: str, file: IO[bytes]) -> None:
        """Write a kept file's content to `file`, piece by piece.

        Raises:
            GoneError: nothing is kept.
        """


def store() -> Store:
    """Where UPLOADS says."""
    where: str = settings.UPLOADS
    if where.startswith("s3://"):
        from app.uploads.bucket import Bucket

        return Bucket(urlsplit(where).netloc)
    from app.uploads.folder import Folder

    return Folder(Path(where))
