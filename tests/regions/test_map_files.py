"""Files of whole maps: complete before the manifest names them, in a folder and in S3."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from moto import mock_aws

from app.regions.files import MANIFEST, Bucket, Folder, MapFile, NotPublishedError, publish, store
from app.regions.import_lock import is_import_running
from app.regions.models import Region, RegionOutline
from tests.import_lock import held_at_writes

OLD = MapFile("county", 2016, "country", "", 3, b'{"old":1}')
NEW = MapFile("county", 2016, "country", "", 3, b'{"new":1}')
OTHER = MapFile("state", 2020, "country", "", 1, b'{"other":1}')
BUCKET = "maps"


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Folder:
    settings.REGION_FILES = str(tmp_path / "maps")
    return Folder(tmp_path / "maps")


@pytest.fixture
def bucket(settings: Any, aws_credentials: None) -> Iterator[Bucket]:
    settings.REGION_FILES = f"s3://{BUCKET}/static/regions/dev/"
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        yield Bucket(BUCKET, "static/regions/dev/")


@pytest.fixture(params=["folder", "bucket"])
def kept_in(request: pytest.FixtureRequest, db: None) -> Folder | Bucket:
    found: Folder | Bucket = request.getfixturevalue(request.param)
    return found


def current(kept_in: Folder | Bucket) -> list[str]:
    content = kept_in.read(MANIFEST)
    return [entry["file"] for entry in json.loads(content)["maps"]] if content else []


def test_the_manifest_names_the_files_of_the_last_import_of_each_layer(kept_in: Folder | Bucket) -> None:
    assert store() == kept_in
    for file in (OLD, OTHER, NEW):
        assert publish([file])
    assert current(kept_in) == [NEW.name, OTHER.name]
    # Pages that are open still ask for it.
    assert kept_in.read(OLD.name) == OLD.content


def test_publishing_again_changes_nothing(kept_in: Folder | Bucket) -> None:
    publish([OLD])
    before = kept_in.read(MANIFEST)
    publish([OLD])
    assert kept_in.read(MANIFEST) == before


class KilledError(BaseException):
    """Ends the process, as far as what it publishes is concerned."""


@pytest.mark.parametrize("writes", range(3))
def test_killed_at_any_write_the_manifest_is_the_old_one_and_whole(
    folder: Folder, db: None, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    publish([OLD])
    left = iter(range(writes))
    plain_write = Folder.write

    def write(self: Folder, *arguments: Any) -> None:
        if next(left, None) is None:
            raise KilledError
        plain_write(self, *arguments)

    monkeypatch.setattr(Folder, "write", write)
    newer = [NEW, MapFile("county", 2016, "state", "24", 3, b"{}")]
    with pytest.raises(KilledError):
        publish(newer)
    assert current(folder) == [OLD.name]
    assert folder.read(OLD.name) == OLD.content
    monkeypatch.undo()
    publish(newer)
    assert current(folder) == [file.name for file in newer]


def test_a_bucket_that_is_not_there_is_reported_and_the_maps_can_be_drawn_again(
    bucket: Bucket, settings: Any, maryland: Region, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.REGION_FILES = "s3://nobody-made-it/"
    with pytest.raises(NotPublishedError, match="run draw_maps"):
        publish([NEW])
    with pytest.raises(CommandError, match="NoSuchBucket"):
        call_command("draw_maps", kind="county")
    settings.REGION_FILES = f"s3://{BUCKET}/static/regions/dev/"
    call_command("draw_maps")
    assert "state 2016: 1 files" in capsys.readouterr().out
    assert len(current(bucket)) == 3


def test_files_in_s3_say_how_long_they_may_be_kept(bucket: Bucket, db: None) -> None:
    publish([NEW])
    s3 = boto3.client("s3", region_name="us-east-1")
    said = {
        name: s3.head_object(Bucket=BUCKET, Key=bucket.prefix + name)["CacheControl"]
        for name in (NEW.name, MANIFEST)
    }
    assert said == {NEW.name: "public, max-age=31536000, immutable", MANIFEST: "public, max-age=60"}


def test_nothing_is_written_where_no_place_is_named(settings: Any, db: None) -> None:
    settings.REGION_FILES = ""
    assert not publish([NEW])


def test_the_api_hands_the_files_out(folder: Folder, outsider: Client, maryland: Region) -> None:
    assert outsider.get(f"/api/regions/maps/{MANIFEST}").status_code == 404
    call_command("draw_maps", verbosity=0)
    manifest = outsider.get(f"/api/regions/maps/{MANIFEST}")
    assert manifest["Cache-Control"] == "public, max-age=60"
    for entry in manifest.json()["maps"]:
        answer = outsider.get(f"/api/regions/maps/{entry['file']}")
        assert len(answer.content) == entry["bytes"]
        assert answer.json()["type"] == "Topology"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "name", ["..%2F..%2Fsecret-key", ".hidden", "county.json", "a/b.topojson", "%00.topojson"]
)
def test_no_other_file_is_handed_out(folder: Folder, outsider: Client, db: None, name: str) -> None:
    folder.write(".hidden", b"secret", 0)
    folder.write("county.json", b"secret", 0)
    assert outsider.get(f"/api/regions/maps/{name}", follow=True).status_code == 404


def test_drawing_what_was_never_imported_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="No such regions"):
        call_command("draw_maps", kind="county", vintage=1999)


def test_maps_are_drawn_and_published_under_the_lock_of_imports(
    folder: Folder, maryland: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = held_at_writes(monkeypatch)
    call_command("draw_maps", kind="county", verbosity=0)
    assert len(held) >= 2
    assert all(held)
    assert not is_import_running()


def test_drawing_waits_for_no_time_limit_of_a_request(folder: Folder, maryland: Region) -> None:
    limits: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        if "ST_SnapToGrid" in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                limits.append(cursor.fetchone()[0])
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10s'")
    with connection.execute_wrapper(note):
        call_command("draw_maps", kind="county", verbosity=0)
    assert limits
    assert set(limits) == {"0"}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_drawn_during_an_import(maryland: Region) -> None:
    before = set(RegionOutline.objects.values_list("pk", flat=True))
    limited = {"cursor_factory": None, "options": "-c lock_timeout=60s"}
    other = psycopg2.connect(**connection.get_connection_params() | limited)
    # Left open by a failure, it would keep the lock and every later test waiting.
    with closing(other):
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", (0x7265676E, 1))
        with pytest.raises(CommandError, match="Another import is running"):
            call_command("draw_maps")
    assert set(RegionOutline.objects.values_list("pk", flat=True)) == before
