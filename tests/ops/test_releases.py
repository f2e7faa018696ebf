"""Releases, history and the lock against two deploys at once, on an emulated S3."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import pytest

from ops import releases
from ops.emulator import Emulator
from ops.releases import LockedError, Releases, UnknownReleaseError

BUCKET = "deployments"


@pytest.fixture
def s3(aws: Emulator) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=entry["Key"])
    return client


@pytest.fixture
def kept(s3: Any) -> Releases:
    return Releases(BUCKET)


def package(folder: Path, content: bytes) -> Path:
    path = folder / "package.zip"
    path.write_bytes(content)
    return path


def test_a_release_is_kept_under_its_name_and_never_replaced(kept: Releases, s3: Any, tmp_path: Path) -> None:
    assert kept.add("abc", package(tmp_path, b"first")) == "s3://deployments/releases/abc.zip"
    kept.add("abc", package(tmp_path, b"second"))
    assert s3.get_object(Bucket=BUCKET, Key="releases/abc.zip")["Body"].read() == b"first"


def test_an_unknown_release_is_refused_with_those_there_are(kept: Releases, tmp_path: Path) -> None:
    kept.add("abc", package(tmp_path, b"x"))
    with pytest.raises(UnknownReleaseError, match=r"no release 'abd'\. The newest are: abc\."):
        kept.require("abd")


def test_the_previous_release_is_the_last_other_one(kept: Releases) -> None:
    assert kept.current("prod") is None
    assert kept.previous("prod") is None
    for release in ("one", "two", "two"):
        kept.record("prod", release, {})
    assert kept.current("prod") == "two"
    assert kept.previous("prod") == "one"


def test_what_a_release_was_told_last_is_remembered(kept: Releases, s3: Any) -> None:
    # As it was written before anybody wrote variables down.
    s3.put_object(Bucket=BUCKET, Key="stages/prod/history.json", Body=b'[{"release": "zero", "at": "2026"}]')
    for release, value in (("one", "1"), ("one", "2"), ("two", "3")):
        kept.record("prod", release, {"VALUE": value})
    assert kept.variables("prod", "one") == {"VALUE": "2"}
    assert kept.variables("prod", "zero") == kept.variables("prod", "never served") == {}
    assert [entry["release"] for entry in kept.history("prod")] == ["two", "one", "one", "zero"]


def test_stages_have_histories_of_their_own(kept: Releases) -> None:
    kept.record("dev", "one", {})
    assert kept.current("prod") is None


def test_of_many_deploys_at_once_one_goes_on(kept: Releases) -> None:
    winners: list[int] = []
    refused: list[int] = []
    others_done = Event()

    def hold(number: int) -> bool:
        try:
            with kept.lock("prod"):
                winners.append(number)
                others_done.wait(60)
        except LockedError:
            refused.append(number)
            if len(refused) == 7:
                others_done.set()
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(hold, range(8)))
    assert sum(outcomes) == len(winners) == 1


def test_the_lock_is_given_back_after_a_failure(kept: Releases) -> None:
    with pytest.raises(RuntimeError), kept.lock("prod"):
        raise RuntimeError
    with kept.lock("prod"):
        pass


def test_a_lock_that_can_not_be_given_back_hides_no_reason(
    kept: Releases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail_offline() -> None:
        with kept.lock("unreachable"):
            monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            raise RuntimeError("why the deploy failed")

    with pytest.raises(RuntimeError, match="why the deploy failed"):
        fail_offline()
    assert "aws s3 rm s3://deployments/stages/unreachable/lock.json" in capsys.readouterr().err


def test_who_is_refused_learns_who_deploys_and_the_way_out(kept: Releases) -> None:
    with (
        kept.lock("prod"),
        pytest.raises(
            LockedError, match=r"@.* is deploying prod.*aws s3 rm s3://deployments/stages/prod/lock"
        ),
        kept.lock("prod"),
    ):
        pass


def test_a_lock_that_was_left_behind_ends_by_itself(
    kept: Releases, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=releases.LOCK_MINUTES + 1)
    left = {"owner": "dead@host", "until": (past + dt.timedelta(minutes=releases.LOCK_MINUTES)).isoformat()}
    s3.put_object(Bucket=BUCKET, Key="stages/prod/lock.json", Body=json.dumps(left))
    with kept.lock("prod"):
        held = json.loads(s3.get_object(Bucket=BUCKET, Key="stages/prod/lock.json")["Body"].read())
        assert held["owner"] != "dead@host"


def test_a_lock_that_was_taken_over_is_not_given_back_by_its_first_owner(kept: Releases, s3: Any) -> None:
    with kept.lock("prod"):
        other = {"owner": "other@host", "until": "2999-01-01T00:00:00+00:00"}
        s3.put_object(Bucket=BUCKET, Key="stages/prod/lock.json", Body=json.dumps(other))
    assert json.loads(s3.get_object(Bucket=BUCKET, Key="stages/prod/lock.json")["Body"].read()) == other


def test_a_locked_stage_is_refused_before_anything_is_built(kept: Releases) -> None:
    kept.refuse_if_locked("early")
    with kept.lock("early"), pytest.raises(LockedError, match="is deploying early"):
        kept.refuse_if_locked("early")
    kept.refuse_if_locked("early")
