"""What the deployments bucket remembers: each release's zip, each stage's history, and who deploys right now.

releases/<release>.zip          never changed, never deleted by us
stages/<stage>/history.json     [{"release", "at", "variables"}, …], the one that serves first
stages/<stage>/lock.json        {"owner", "until"} while somebody deploys
"""

import datetime as dt
import getpass
import json
import socket
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

LOCK_MINUTES = 45
HISTORY_LENGTH = 100
_REFUSED = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_MISSING = {"NoSuchKey", "404"}


class LockedError(Exception):
    """Somebody else deploys this stage; the message says who, and until when their lock holds."""


class UnknownReleaseError(Exception):
    """There is no such release; the message names those there are."""


@dataclass(frozen=True)
class Releases:
    """The deployments bucket."""

    bucket: str

    @property
    def _s3(self) -> Any:
        return boto3.client("s3")

    def url(self, release: str) -> str:
        return f"s3://{self.bucket}/{_zip_key(release)}"

    def add(self, release: str, package: Path) -> str:
        """Keep a package under its release's name, unless it is there already: builds are reproducible.

        Returns:
            Its `s3://` URL.
        """
        try:
            with package.open("rb") as body:
                self._s3.put_object(Bucket=self.bucket, Key=_zip_key(release), Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _REFUSED:
                raise
        return self.url(release)

    def names(self) -> list[str]:
        """Every release that is kept, the newest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="releases/")
        found = [entry for page in pages for entry in page.get("Contents", [])]
        found.sort(key=lambda entry: entry["LastModified"], reverse=True)
        return [Path(entry["Key"]).stem for entry in found]

    def require(self, release: str) -> str:
        """The URL of a release that is there.

        Raises:
            UnknownReleaseError: it is not.
        """
        names = self.names()
        if release not in names:
            listed = ", ".join(names[:10]) or "none"
            raise UnknownReleaseError(f"There is no release {release!r}. The newest are: {listed}.")
        return self.url(release)

    def history(self, stage: str) -> list[dict[str, Any]]:
        """What served a stage, the current one first."""
        text = self._read(_history_key(stage))
        return json.loads(text) if text else []

    def current(self, stage: str) -> str | None:
        history = self.history(stage)
        return str(history[0]["release"]) if history else None

    def previous(self, stage: str) -> str | None:
        """The release that served before the current one."""
        history = self.history(stage)
        return next(
            (entry["release"] for entry in history if entry["release"] != history[0]["release"]), None
        )

    def variables(self, stage: str, release: str) -> dict[str, str]:
        """The variables that a stage's function had when it last served a release; none if nobody wrote them down."""
        entries = (entry for entry in self.history(stage) if entry["release"] == release)
        return dict(next(entries, {}).get("variables", {}))

    def record(self, stage: str, release: str, variables: Mapping[str, str]) -> None:
        """Write down that a stage serves a release from now on. Only who holds the lock may.

        Args:
            stage: dev, staging or prod.
            release: its id.
            variables: what its function is told. No secret is among them.
        """
        entry = {
            "release": release,
            "at": _now().isoformat(timespec="seconds"),
            "variables": dict(variables),
        }
        body = json.dumps([entry, *self.history(stage)][:HISTORY_LENGTH], indent=1).encode()
        self._s3.put_object(Bucket=self.bucket, Key=_history_key(stage), Body=body)

    def forget(self, stage: str) -> None:
        """A stage that was taken down serves nothing."""
        self._s3.delete_object(Bucket=self.bucket, Key=_history_key(stage))

    def holder(self, stage: str) -> str | None:
        """Who deploys a stage right now."""
        held = self._held(stage)
        return held["owner"] if held else None

    def refuse_if_locked(self, stage: str) -> None:
        """Say so before a package is built for nothing; the lock itself decides.

        Raises:
            LockedError: somebody deploys the stage.
        """
        if held := self._held(stage):
            raise self._locked(stage, held)

    def _held(self, stage: str) -> dict[str, str] | None:
        """The lock of a stage, if it has not ended by itself."""
        text = self._read(_lock_key(stage))
        held: dict[str, str] | None = json.loads(text) if text else None
        return held if held and _holds(held) else None

    def _locked(self, stage: str, held: dict[str, str]) -> LockedError:
        return LockedError(
            f"{held['owner']} is deploying {stage}; the lock ends by itself at {held['until'][:16]} UTC."
            f" If that deploy is dead: aws s3 rm s3://{self.bucket}/{_lock_key(stage)}"
        )

    @contextmanager
    def lock(self, stage: str) -> Iterator[None]:
        """Deploy alone. A lock that its owner could not give back ends by itself.

        Raises:
            LockedError: somebody else does.
        """
        owner = f"{getpass.getuser()}@{socket.gethostname()} {uuid.uuid4().hex[:8]}"
        key = _lock_key(stage)
        body = json.dumps(
            {"owner": owner, "until": (_now() + dt.timedelta(minutes=LOCK_MINUTES)).isoformat()}
        )
        if not self._put_if(key, body, IfNoneMatch="*"):
            self._take_over(stage, key, body)
        try:
            yield
        finally:
            self._give_back(stage, owner)

    def _give_back(self, stage: str, owner: str) -> None:
        key = _lock_key(stage)
        try:
            held = self._read(key)
            # After its time somebody else may have taken it over.
            if held and json.loads(held)["owner"] == owner:
                self._s3.delete_object(Bucket=self.bucket, Key=key)
        except (BotoCoreError, ClientError) as error:
            # Whatever went wrong before, as when the credentials ended, is what the operator has to read.
            print(
                f"\nThe lock of {stage} could not be given back ({error}). It ends by itself within"
                f" {LOCK_MINUTES} minutes, or: aws s3 rm s3://{self.bucket}/{key}",
                file=sys.stderr,
            )

    def _take_over(self, stage: str, key: str, body: str) -> None:
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            held = json.loads(answer["Body"].read())
            condition = {"IfMatch": answer["ETag"]}
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            # Given back in the meantime.
            held, condition = {"owner": "somebody", "until": _now().isoformat()}, {"IfNoneMatch": "*"}
        if _holds(held) or not self._put_if(key, body, **condition):
            raise self._locked(stage, held)

    def _put_if(self, key: str, body: str, **condition: str) -> bool:
        try:
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode(), **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _REFUSED | _MISSING:
                raise
            return False
        return True

    def _read(self, key: str) -> str | None:
        try:
            text: str = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            return None
        return text


def _holds(held: Mapping[str, str]) -> bool:
    return _now() < dt.datetime.fromisoformat(held["until"])


def _zip_key(release: str) -> str:
    return f"releases/{release}.zip"


def _history_key(stage: str) -> str:
    return f"stages/{stage}/history.json"


def _lock_key(stage: str) -> str:
    return f"stages/{stage}/lock.json"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
