"""Files in a folder, for `make run` and tests: the same limits as S3's, by a form and addresses that we sign ourselves."""

import datetime as dt
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core import signing
from django.urls import reverse
from django.utils import timezone

from app.folders import replacing
from app.uploads.stores import (
    ADDRESS_SECONDS,
    BEGINNING_BYTES,
    FORM_SECONDS,
    KEPT,
    KEY,
    QUARANTINE,
    Arrived,
    Form,
    GoneError,
    StoreError,
)

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

_FORM_SALT = "uploads.form"
_ADDRESS_SALT = "uploads.address"


class RefusedPostError(Exception):
    """As S3 refuses a post: its code and a sentence."""


@dataclass(frozen=True)
class Folder:
    root: Path

    def form(self, key: str, content_type: str, max_bytes: int, back_to: str) -> Form:
        fields = {"key": QUARANTINE + key, "Content-Type": content_type, "success_action_redirect": back_to}
        policy = signing.dumps({"fields": fields, "max_bytes": max_bytes}, salt=_FORM_SALT)
        expires_at = timezone.now() + dt.timedelta(seconds=FORM_SECONDS)
        return Form(reverse("uploads:post"), {**fields, "policy": policy}, expires_at)

    def take(self, fields: dict[str, str], file: "UploadedFile[Any] | None") -> str:
        """Do what S3 does with a post.

        Returns:
            Where the browser goes.

        Raises:
            RefusedPostError: the form is not what was signed, or the file not what it allows.
        """
        try:
            policy = signing.loads(fields.get("policy", ""), salt=_FORM_SALT, max_age=FORM_SECONDS)
        except signing.BadSignature:
            raise RefusedPostError(
                "AccessDenied: the form is too old, or not ours. Load its page again."
            ) from None
        signed: dict[str, str] = policy["fields"]
        if {name: value for name, value in fields.items() if name != "policy"} != signed or file is None:
            raise RefusedPostError("AccessDenied: the form was changed.")
        size = file.size or 0
        if not 1 <= size <= policy["max_bytes"]:
            raise RefusedPostError(
                f"EntityTooLarge: the file has {size} bytes; 1 to {policy['max_bytes']} are taken."
            )
        told = {"content_type": signed["Content-Type"], "filename": file.name or ""}
        with replacing(self._path(signed["key"]).with_suffix(".json")) as beside:
            beside.write(json.dumps(told).encode())
        with replacing(self._path(signed["key"])) as target:
            shutil.copyfileobj(file, target)
        return signed["success_action_redirect"]

    def arrived(self, key: str) -> Arrived | None:
        path = self._path(QUARANTINE + key)
        try:
            told = json.loads(path.with_suffix(".json").read_bytes())
            with path.open("rb") as file:
                beginning = file.read(BEGINNING_BYTES)
                status = os.fstat(file.fileno())
        except FileNotFoundError:
            return None
        return Arrived(told["filename"], told["content_type"], status.st_size, beginning, _version(status))

    def keep(self, key: str, arrived: Arrived, content_type: str) -> None:
        del content_type
        try:
            with (
                self._path(QUARANTINE + key).open("rb") as source,
                replacing(self._path(KEPT + key)) as target,
            ):
                if _version(os.fstat(source.fileno())) != arrived.version:
                    raise StoreError("another file was posted meanwhile")
                shutil.copyfileobj(source, target)
        except FileNotFoundError as error:
            raise StoreError(str(error)) from error

    def discard(self, key: str) -> None:
        path = self._path(QUARANTINE + key)
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        self._path(KEPT + key).unlink(missing_ok=True)

    def address(self, key: str, filename: str, content_type: str) -> str:
        told = {"key": key, "filename": filename, "content_type": content_type}
        return reverse("uploads:get", args=[signing.dumps(told, salt=_ADDRESS_SALT)])

    def opened(self, signed: str) -> tuple[IO[bytes], dict[str, Any]]:
        """The file that a signed address leads to, with its `filename` and `content_type`.

        Raises:
            signing.BadSignature: we did not sign it, or too long ago.
            FileNotFoundError: it is gone.
        """
        told: dict[str, Any] = signing.loads(signed, salt=_ADDRESS_SALT, max_age=ADDRESS_SECONDS)
        return self._path(KEPT + told["key"]).open("rb"), told

    def fetch(self, key: str, file: IO[bytes]) -> None:
        try:
            with self._path(KEPT + key).open("rb") as source:
                shutil.copyfileobj(source, file)
        except FileNotFoundError as error:
            raise GoneError(str(error)) from error

    def _path(self, name: str) -> Path:
        assert KEY.fullmatch(name.partition("/")[2]), "a key that leads elsewhere"  # noqa: S101 - keys are made by us
        return self.root / name


def _version(status: os.stat_result) -> str:
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"
