"""The record of an import: what it says after success, failure and death, and that there is one import at a time."""

import hashlib
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.regions.import_lock import import_lock, is_import_running
from app.regions.models import ImportRun, Region
from ops.processes import wait_until
from tests.import_lock import held_at_writes
from tests.layers import county, degree_square, pack, write_layer

pytestmark = pytest.mark.django_db

LOCK = "SELECT pg_advisory_lock(%s, %s)"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    rows = [
        (county(), degree_square()),
        (county("24005"), None),
        (county("2400"), degree_square()),
        (county("24025"), degree_square(-76)),
    ]
    return pack(write_layer(tmp_path / "source", rows), tmp_path / "layer.zip")


def load(source: Path, **options: object) -> ImportRun:
    call_command("import_tiger", str(source), kind="county", vintage=2016, verbosity=0, **options)
    return ImportRun.objects.latest("pk")


def test_a_run_says_what_became_of_each_record(archive: Path, maryland: Region) -> None:
    run = load(archive)
    assert (run.status, run.kind, run.vintage, run.source) == ("succeeded", "county", 2016, str(archive))
    assert (run.read, run.inserted, run.updated, run.unchanged, run.skipped, run.rejected) == (
        4,
        0,
        2,
        0,
        0,
        2,
    )
    assert run.rejections == [
        "record 2 (GEOID 24005): it has no shape",
        "record 3 (GEOID 2400): the GEOID 2400 is not one of kind county, as 24510",
    ]
    assert run.absent == ["24005 Baltimore County"]
    assert run.started_at <= (run.finished_at or run.started_at)
    again = load(archive)
    assert (again.unchanged, again.updated, again.checksum) == (2, 0, run.checksum)


def test_the_checksum_is_that_of_sha256sum(archive: Path) -> None:
    run = load(archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert run.checksum == digest
    assert run.files == [{"name": "layer.zip", "bytes": archive.stat().st_size, "sha256": digest}]


def test_a_folders_checksum_follows_its_files(tmp_path: Path) -> None:
    folder = write_layer(tmp_path / "folder", [(county(), degree_square())])
    first, second = load(folder), load(folder)
    write_layer(folder, [(county(), degree_square(-76))])
    third = load(folder)
    assert first.checksum == second.checksum != third.checksum


def test_a_failure_is_recorded_with_its_reason(tmp_path: Path) -> None:
    folder = write_layer(tmp_path / "folder", [({"ROAD": "I-95"}, degree_square())])
    with pytest.raises(CommandError):
        load(folder)
    run = ImportRun.objects.get()
    assert (run.status, run.read) == ("failed", 0)
    assert run.error.startswith("SourceError: There is no field GEOID")
    assert run.finished_at


@pytest.mark.django_db(transaction=True)
def test_the_record_of_a_failure_outlives_what_is_taken_back(tmp_path: Path) -> None:
    broken = write_layer(
        tmp_path / "broken", [(county(), degree_square()), (county("24005"), degree_square())]
    )
    shapes = bytearray((broken / "layer.shp").read_bytes())
    second = 100 + 8 + int.from_bytes(shapes[104:108]) * 2
    shapes[second + 8] = 99
    (broken / "layer.shp").write_bytes(shapes)
    with pytest.raises(CommandError, match="Record 2"):
        load(broken)
    assert ImportRun.objects.get().status == "failed"
    assert not Region.objects.exists()
    assert not is_import_running()


def test_the_database_refuses_a_success_that_lost_a_record() -> None:
    with pytest.raises(IntegrityError, match="import_run_counts_every_record"):
        ImportRun.objects.create(
            kind="county", vintage=2016, status="succeeded", finished_at=timezone.now(), read=2, inserted=1
        )


@pytest.mark.django_db(transaction=True)
def test_a_second_import_at_the_same_time_is_refused(archive: Path) -> None:
    limited = {"cursor_factory": None, "options": "-c lock_timeout=5s"}
    with psycopg2.connect(**connection.get_connection_params() | limited) as other:
        with other.cursor() as cursor:
            cursor.execute(LOCK, (0x7265676E, 1))
        assert is_import_running()
        with pytest.raises(CommandError, match=r"Another import is running\. Wait until it ends"):
            load(archive)
    other.close()
    # The server notices after an instant.
    wait_until(lambda: not is_import_running(), "The end of the other's connection", 60)
    assert load(archive).status == "succeeded"
    assert not is_import_running()


def test_runs_that_were_killed_are_recognised_by_the_next_one(archive: Path) -> None:
    dead = ImportRun.objects.create(kind="county", vintage=2016)
    load(archive)
    dead.refresh_from_db()
    assert dead.status == "killed"
    assert dead.finished_at


def test_the_staff_area_shows_a_run_and_changes_nothing(
    archive: Path, viewer: User, outsider: Client
) -> None:
    run = load(archive)
    outsider.force_login(viewer)
    page = outsider.get(f"/admin/regions/importrun/{run.pk}/change/").content.decode()
    assert run.checksum in page
    assert "record 2 (GEOID 24005): it has no shape" in page
    assert 'name="_save"' not in page
    assert outsider.get("/admin/regions/importrun/add/").status_code == 403
    assert outsider.post(f"/admin/regions/importrun/{run.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ImportRun.objects.exists()


def test_the_staff_area_tells_the_running_from_the_dead(viewer: User, outsider: Client) -> None:
    ImportRun.objects.create(kind="county", vintage=2016)
    outsider.force_login(viewer)

    def states() -> list[str]:
        page = outsider.get("/admin/regions/importrun/").content.decode()
        return [word for word in ("Running", "Killed") if f'class="field-state">{word}<' in page]

    assert states() == ["Killed"]
    with import_lock():
        assert states() == ["Running"]


def test_maps_are_published_before_the_next_import_may_begin(
    archive: Path, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REGION_FILES = str(tmp_path / "maps")
    held = held_at_writes(monkeypatch)
    load(archive)
    assert len(held) >= 2
    assert all(held)
    assert not is_import_running()
