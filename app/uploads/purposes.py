"""What files are uploaded for, and which ones each purpose takes."""

import datetime as dt
import unicodedata
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.utils.module_loading import import_string

from app.uploads.stores import KEY, Form, store

MAX_FILENAME = 160


@dataclass(frozen=True)
class Kind:
    """A type of file.

    Attributes:
        label: as in "This is no PDF document."
        content_type: what its sender has to declare, and what it is kept as.
        signature: what its content begins with.
        extensions: of its names; the first is given to a name that has none of them.
    """

    label: str
    content_type: str
    signature: bytes
    extensions: tuple[str, ...]


# https://www.iana.org/assignments/media-types/; signatures: ISO 32000-1 7.5.2, ITU-T T.81 B.1.1.3, RFC 2083 3.1.
PDF = Kind("PDF document", "application/pdf", b"%PDF-", (".pdf",))
JPEG = Kind("JPEG picture", "image/jpeg", b"\xff\xd8\xff", (".jpg", ".jpeg"))
PNG = Kind("PNG picture", "image/png", b"\x89PNG\r\n\x1a\n", (".png",))


@dataclass(frozen=True)
class Awaited:
    """A row that waits for a file."""

    content_type: str
    since: dt.datetime


@dataclass(frozen=True)
class Received:
    """A file that was looked at and is kept.

    Attributes:
        filename: as its sender called it, cleaned and with the extension of its kind; from `Kind.label` if they did not say.
    """

    key: str
    filename: str
    kind: Kind
    size_bytes: int


class Purpose(ABC):
    """What a file is for: which ones are taken, and what becomes of the row that waits for one."""

    name: ClassVar[str]
    kinds: ClassVar[tuple[Kind, ...]]
    max_bytes: ClassVar[int]

    def new_key(self) -> str:
        return f"{settings.STAGE}/{self.name}/{uuid.uuid4()}"

    def form(self, key: str, content_type: str, back_to: str = "") -> Form:
        """As `Store.form`; may be asked for anew as long as the file is awaited."""
        return store().form(key, content_type, self.max_bytes, back_to)

    def kind(self, content_type: str) -> Kind | None:
        return next((kind for kind in self.kinds if kind.content_type == content_type), None)

    @abstractmethod
    def awaits(self, key: str) -> Awaited | None:
        """Lock the row of this key until the transaction ends; None if there is none, or it waits no longer."""

    @abstractmethod
    def accept(self, received: Received) -> None:
        """Write down, in the same transaction, that the file is there."""

    @abstractmethod
    def refuse(self, key: str, reason: str) -> None:
        """Write down, likewise, why there will be none: a sentence for people that says what to do."""

    @abstractmethod
    def awaited(self) -> Iterable[str]:
        """The keys of all rows that wait."""


def purposes() -> list[Purpose]:
    """Those of settings.UPLOAD_PURPOSES."""
    return [import_string(path)() for path in settings.UPLOAD_PURPOSES]


def purpose_of(key: str) -> Purpose | None:
    """Whose file it is; None if it is of another stage, or of no purpose that we have."""
    parts = KEY.fullmatch(key)
    if parts is None or parts["stage"] != settings.STAGE:
        return None
    return next((purpose for purpose in purposes() if purpose.name == parts["purpose"]), None)


def clean_filename(name: str, kind: Kind) -> str:
    """A name that is safe to show and to save under.

    Without folders, without what is invisible or changes the direction of writing, no longer than MAX_FILENAME, and with an
    extension of its kind whatever else it ended in.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(one for one in base if not unicodedata.category(one).startswith("C"))
    name = " ".join(visible.split())
    extension = next((end for end in kind.extensions if name.lower().endswith(end)), "")
    stem = name.removesuffix(name[len(name) - len(extension) :]).strip(". ")
    longest = MAX_FILENAME - max(map(len, kind.extensions))
    return (stem[:longest].strip(". ") or kind.label) + (extension or kind.extensions[0])
