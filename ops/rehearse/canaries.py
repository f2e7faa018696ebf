"""Whether a secret has got out into anything that was written: to files, packages, plans, or buckets."""

import io
import json
import secrets
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3

_ZIP = b"PK\x03\x04"

Content = tuple[str, bytes]


class LeakError(Exception):
    """A secret stands where it may not, or a planted one was not found; the message says where."""


def found(canaries: Collection[str], contents: Iterable[Content]) -> list[str]:
    """Where a secret's value stands readable.

    Args:
        canaries: the values.
        contents: names and bytes; what is a zip is searched unpacked.

    Returns:
        The names, `package:entry` for those in zips.
    """
    needles = [canary.encode() for canary in canaries]
    return [name for name, content in _unpacked(contents) if any(needle in content for needle in needles)]


def _unpacked(contents: Iterable[Content]) -> Iterator[Content]:
    for name, content in contents:
        yield name, content
        if content.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield from ((f"{name}:{entry}", archive.read(entry)) for entry in archive.namelist())


def files(*places: Path) -> Iterator[Content]:
    """Files, and all files below folders; links lead to what others have written."""
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield str(path), path.read_bytes()


def objects(bucket: str) -> Iterator[Content]:
    """Every version of every object of a bucket."""
    s3 = boto3.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in page.get("Versions", []):
            answer = s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
            yield f"s3://{bucket}/{one['Key']}@{one['VersionId']}", answer["Body"].read()


def values_in_secrets_manager() -> set[str]:
    """The secret part of every version of every secret."""
    # Of a session of its own: two threads can't make clients of the default one.
    client = boto3.Session().client("secretsmanager")
    names = [
        entry["Name"]
        for page in client.get_paginator("list_secrets").paginate()
        for entry in page["SecretList"]
    ]
    return {value for name in names for value in _versions_of(client, name)}


def _versions_of(client: Any, name: str) -> Iterator[str]:
    for version in client.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]:
        text = client.get_secret_value(SecretId=name, VersionId=version["VersionId"])["SecretString"]
        yield json.loads(text)["password"] if text.startswith("{") else text


def plant(folder: Path, bucket: str) -> tuple[str, set[str]]:
    """Put a decoy wherever a secret must not be: a log, a zip, an old version of an object.

    Returns:
        The decoy, and the names under which `found` has to tell of it.
    """
    decoy, old = secrets.token_urlsafe(32), "decoy.tfstate"
    log, package = folder / "decoy.log", folder / "decoy.tfplan"
    log.write_text(f"signed in with {decoy}\n")
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tfstate", json.dumps({"password": decoy}))
    s3 = boto3.client("s3")
    version = s3.put_object(Bucket=bucket, Key=old, Body=decoy.encode())["VersionId"]
    s3.put_object(Bucket=bucket, Key=old, Body=b"nothing")
    return decoy, {str(log), f"{package}:tfstate", f"s3://{bucket}/{old}@{version}"}


def require_none(values: Collection[str], contents: Iterable[Content], decoy: str, planted: set[str]) -> None:
    """Search for secrets, and for a decoy that shows that the search finds.

    Raises:
        LeakError: a secret is found, or the decoy is not.
    """
    names = set(found([*values, decoy], contents))
    if leaks := names - planted:
        raise LeakError(f"A secret stands in {', '.join(sorted(leaks))}.")
    if missed := planted - names:
        raise LeakError(f"The search is blind: it does not see the decoy in {', '.join(sorted(missed))}.")
