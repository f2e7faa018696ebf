"""Files in S3. Browsers are given signed addresses; the checks are the -ops function's, which alone may read quarantine."""

import contextlib
import datetime as dt
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import IO

from django.utils import timezone
from django.utils.http import content_disposition_header

from app.aws import client, failures_as
from app.uploads.stores import (
    ADDRESS_SECONDS,
    BEGINNING_BYTES,
    FORM_SECONDS,
    KEPT,
    QUARANTINE,
    Arrived,
    Form,
    GoneError,
    StoreError,
)

_FILENAME = "x-amz-meta-filename"


@dataclass(frozen=True)
class Bucket:
    name: str

    def form(self, key: str, content_type: str, max_bytes: int, back_to: str) -> Form:
        fields = {"Content-Type": content_type} | (
            {"success_action_redirect": back_to} if back_to else {"success_action_status": "204"}
        )
        with failures_as(StoreError):
            made = client("s3").generate_presigned_post(
                Bucket=self.name,
                Key=QUARANTINE + key,
                # S3 puts the file's own name there.
                Fields=fields | {_FILENAME: "${filename}"},
                Conditions=[
                    *({name: value} for name, value in fields.items()),
                    ["starts-with", f"${_FILENAME}", ""],
                    ["content-length-range", 1, max_bytes],
                ],
                ExpiresIn=FORM_SECONDS,
            )
        return Form(made["url"], made["fields"], timezone.now() + dt.timedelta(seconds=FORM_SECONDS))

    def arrived(self, key: str) -> Arrived | None:
        if not self._has(QUARANTINE + key):
            return None
        with failures_as(StoreError):
            found = client("s3").get_object(Bucket=self.name, Key=QUARANTINE + key)
            with contextlib.closing(found["Body"]) as body:
                beginning: bytes = body.read(BEGINNING_BYTES)
        return Arrived(
            filename=_decoded(found["Metadata"].get("filename", "")),
            content_type=found["ContentType"],
            size_bytes=found["ContentLength"],
            beginning=beginning,
            version=found["ETag"],
        )

    def keep(self, key: str, arrived: Arrived, content_type: str) -> None:
        with failures_as(StoreError):
            client("s3").copy_object(
                Bucket=self.name,
                Key=KEPT + key,
                CopySource={"Bucket": self.name, "Key": QUARANTINE + key},
                # The form is good for 15 minutes: somebody may have posted another file meanwhile.
                CopySourceIfMatch=arrived.version,
                # Leaves the file's name behind.
                MetadataDirective="REPLACE",
                ContentType=content_type,
                ContentDisposition="attachment",
                CacheControl="private, no-store",
            )

    def discard(self, key: str) -> None:
        self._delete(QUARANTINE + key)

    def delete(self, key: str) -> None:
        self._delete(KEPT + key)

    def _delete(self, name: str) -> None:
        with failures_as(StoreError):
            client("s3").delete_object(Bucket=self.name, Key=name)

    def address(self, key: str, filename: str, content_type: str) -> str:
        told = {
            "ResponseContentDisposition": content_disposition_header(as_attachment=True, filename=filename),
            "ResponseContentType": content_type,
        }
        with failures_as(StoreError):
            url: str = client("s3").generate_presigned_url(
                "get_object",
                Params={"Bucket": self.name, "Key": KEPT + key, **told},
                ExpiresIn=ADDRESS_SECONDS,
            )
        return url

    def fetch(self, key: str, file: IO[bytes]) -> None:
        try:
            with failures_as(StoreError):
                found = client("s3").get_object(Bucket=self.name, Key=KEPT + key)
                with contextlib.closing(found["Body"]) as body:
                    for piece in body.iter_chunks(1024**2):
                        file.write(piece)
        except StoreError:
            if not self._has(KEPT + key):
                raise GoneError(f"there is no {KEPT}{key}") from None
            raise

    def _has(self, name: str) -> bool:
        """Listed, because who may list only some prefixes is told that a missing object is forbidden."""
        with failures_as(StoreError):
            listed = client("s3").list_objects_v2(Bucket=self.name, Prefix=name, MaxKeys=1)
        return bool(listed.get("Contents"))


def _decoded(text: str) -> str:
    """S3 gives metadata beyond ASCII back as RFC 2047 has it in mails."""
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, LookupError, UnicodeError):
        return text
