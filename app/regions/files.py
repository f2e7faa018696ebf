"""Whole maps as files that never change, and the manifest that says which are current.

REGION_FILES says where: a folder, or `s3://bucket/prefix/`; empty for nowhere, and maps are pages' alone. A file's name holds the digest of its content. The manifest
is written last, so whoever is killed before leaves the old one, whose files are all there.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from app.aws import client, failures_as
from app.folders import replacing

MANIFEST = "manifest.json"
MANIFEST_SECONDS = 60
IMMUTABLE_SECONDS = 31_536_000
FILE_NAME = re.compile(r"[a-z0-9_-]{1,80}[.]topojson")
_DIGEST_LENGTH = 16


@dataclass(frozen=True)
class MapFile:
    """One map of a layer.

    Attributes:
        sheet: the first digits of the GEOIDs on it; empty for the whole country.
        content: TopoJSON.
    """

    kind: str
    vintage: int
    zoom: str
    sheet: str
    regions: int
    content: bytes

    @property
    def name(self) -> str:
        digest = hashlib.sha256(self.content).hexdigest()[:_DIGEST_LENGTH]
        parts = (self.kind, str(self.vintage), self.zoom, self.sheet, digest)
        return "-".join(filter(None, parts)) + ".topojson"

    def entry(self) -> dict[str, Any]:
        """Its line in the manifest."""
        return {
            "kind": self.kind,
            "vintage": self.vintage,
            "zoom": self.zoom,
            "sheet": self.sheet,
            "file": self.name,
            "regions": self.regions,
            "bytes": len(self.content),
        }


class NotPublishedError(Exception):
    """The files can't be written. The manifest, and what it names, are as they were; a rerun mends it."""


class Store(Protocol):
    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none of that name."""

    def write(self, name: str, content: bytes, max_age_seconds: int) -> None:
        """Make or replace a file, so that readers see all of it or what was there before."""


@dataclass(frozen=True)
class Folder:
    path: Path

    def read(self, name: str) -> bytes | None:
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes, max_age_seconds: int) -> None:
        del max_age_seconds
        with replacing(self.path / name) as file:
            file.write(content)


@dataclass(frozen=True)
class Bucket:
    name: str
    prefix: str

    def read(self, name: str) -> bytes | None:
        from botocore.exceptions import ClientError

        with failures_as(OSError):
            try:
                found = client("s3").get_object(Bucket=self.name, Key=self.prefix + name)
            except ClientError as error:
                # Needs leave to list the bucket: without it S3 says AccessDenied of what is not there.
                if error.response["Error"]["Code"] == "NoSuchKey":
                    return None
                raise
            content: bytes = found["Body"].read()
            return content

    def write(self, name: str, content: bytes, max_age_seconds: int) -> None:
        immutable = ", immutable" if max_age_seconds == IMMUTABLE_SECONDS else ""
        with failures_as(OSError):
            client("s3").put_object(
                Bucket=self.name,
                Key=self.prefix + name,
                Body=content,
                ContentType="application/json",
                CacheControl=f"public, max-age={max_age_seconds}{immutable}",
            )


def store() -> Store | None:
    """Where REGION_FILES says; None if it says nothing."""
    where: str = settings.REGION_FILES
    if not where:
        return None
    if where.startswith("s3://"):
        parts = urlsplit(where)
        return Bucket(parts.netloc, parts.path.lstrip("/"))
    return Folder(Path(where))


def publish(files: list[MapFile]) -> bool:
    """Write the files of one layer, then switch the manifest to them. Repeating it changes nothing.

    The caller holds `import_lock`: of two that end together each would leave the other's layer out of the manifest.

    Files of earlier imports stay: pages that are open still ask for them.

    Returns:
        False if REGION_FILES names no place, or there is nothing to write.

    Raises:
        NotPublishedError: a disk or S3 failed.
    """
    kept_in = store()
    if not files or kept_in is None:
        return False
    try:
        _switch_to(files, kept_in)
    except (OSError, ValueError) as error:
        raise NotPublishedError(
            f"The map files can't be written to {settings.REGION_FILES}: {error}. Maps in pages are not concerned."
            " When that is mended, run draw_maps."
        ) from error
    return True


def _switch_to(files: list[MapFile], kept_in: Store) -> None:
    for file in files:
        kept_in.write(file.name, file.content, IMMUTABLE_SECONDS)
    layer = (files[0].kind, files[0].vintage)
    others = [entry for entry in _entries(kept_in) if (entry["kind"], entry["vintage"]) != layer]
    entries = [*others, *(file.entry() for file in files)]
    entries.sort(key=lambda entry: (entry["kind"], entry["vintage"], entry["zoom"], entry["sheet"]))
    kept_in.write(MANIFEST, json.dumps({"maps": entries}).encode(), MANIFEST_SECONDS)


def _entries(kept_in: Store) -> list[dict[str, Any]]:
    """The current maps, as `MapFile.entry` writes them; none before the first import."""
    content = kept_in.read(MANIFEST)
    if content is None:
        return []
    entries: list[dict[str, Any]] = json.loads(content)["maps"]
    return entries
