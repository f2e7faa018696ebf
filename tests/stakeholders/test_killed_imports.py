"""Imports killed at random moments on a real PostGIS: the layer is the old one or the new one, whole, with its people."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from app.regions.geometry import Point
from app.regions.import_lock import is_import_running
from app.regions.models import ImportRun
from app.stakeholders.models import Stakeholder
from ops.processes import wait_until
from tests.layers import Row, county, write_layer

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
SIDE = 25
STATE_OF_LAYER = """
    SELECT md5(string_agg(md5(concat_ws('|', r.geoid, r.name, md5(ST_AsEWKB(r.geometry)), a.people)), ',' ORDER BY r.geoid))
    FROM regions_region r LEFT JOIN (
        SELECT region_id, string_agg(stakeholder_id::text, ' ' ORDER BY stakeholder_id) AS people
        FROM stakeholders_regionassignment GROUP BY region_id
    ) a ON a.region_id = r.id
"""


def layer(folder: Path, shift: float, name: str) -> Path:
    """Counties side by side, each a square of many vertices; the second layer's are named and lie otherwise."""
    step = 0.004
    rows: list[Row] = []
    for number in range(SIDE * SIDE):
        west, south = -100 + number % SIDE + shift, 25 + number // SIDE * 0.8
        along = [index * step for index in range(200)]
        ring = [(west, south + offset) for offset in along]
        ring += [(west + offset, south + 0.8) for offset in along]
        ring += [(west + 0.8, south + 0.8 - offset) for offset in along]
        ring += [(west + 0.8 - offset, south) for offset in along]
        geoid = f"{1 + number // 900:02}{number % 900:03}"
        rows.append((county(geoid, f"{name} {number}"), [[*ring, ring[0]]]))
    return write_layer(folder, rows)


class Importer:
    """The process whose children import."""

    def __init__(self, maps: Path) -> None:
        settings = connection.settings_dict
        host = f"{settings['HOST']}:{settings['PORT']}"
        user, password = (quote(settings[name], safe="") for name in ("USER", "PASSWORD"))
        url = f"postgres://{user}:{password}@{host}/{settings['NAME']}"
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "app.config.settings",
            "REGION_FILES": str(maps),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stakeholders.killed_imports"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, source: Path) -> int:
        return self._ask(str(source))

    def wait(self) -> int:
        return self._ask("")

    def _ask(self, line: str) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture
def importer(transactional_db: None, tmp_path: Path) -> Iterator[Importer]:
    made = Importer(tmp_path / "maps")
    yield made
    made.process.communicate()


def connected() -> set[int]:
    """The server's processes that have a client of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def state_of_layer() -> str:
    with connection.cursor() as cursor:
        cursor.execute(STATE_OF_LAYER)
        return str(cursor.fetchone()[0])


def test_an_import_killed_at_any_moment_leaves_one_whole_layer(importer: Importer, tmp_path: Path) -> None:
    sources = [layer(tmp_path / "old", 0.0, "Old"), layer(tmp_path / "new", 0.3, "New")]
    for number in range(40):
        point = Point(-99.9 + number % SIDE, 25.1 + number // SIDE)
        Stakeholder.objects.create(name=f"Person {number}", email=f"{number}@example.org", location=point)
    others = connected()
    wholes, seconds = [], 0.0
    for source in sources:
        began = time.monotonic()
        importer.start(source)
        assert importer.wait() == 0
        seconds = time.monotonic() - began
        wholes.append(state_of_layer())
    assert len(set(wholes)) == 2

    randomness = random.Random()  # noqa: S311 - moments, not secrets
    killed = 0
    for _ in range(20 * KILLS):
        if killed == KILLS:
            break
        there = wholes.index(state_of_layer())
        child = importer.start(sources[1 - there])
        time.sleep(randomness.uniform(0, seconds))
        os.kill(child, signal.SIGKILL)
        was_killed = importer.wait() == -signal.SIGKILL
        killed += was_killed
        # A machine may be more or less busy than it was: most are to die, at any moment up to their end.
        seconds *= 1.1 if was_killed else 0.5
        # The server notices at the end of a statement, which may be the one that takes the lock.
        wait_until(lambda: connected() <= others, "The end of the killed import's connection", 60)
        assert not is_import_running()
        assert state_of_layer() in wholes
    # Those that had ended before they were to be killed do not count.
    assert killed == KILLS

    there = wholes.index(state_of_layer())
    importer.start(sources[1 - there])
    assert importer.wait() == 0
    assert state_of_layer() == wholes[1 - there]
    statuses = list(ImportRun.objects.values_list("status", flat=True))
    assert set(statuses) == {"succeeded", "killed"}
    # A child that died before it wrote its record, or after it had committed, is not among them.
    assert statuses.count("killed") <= killed
    assert statuses.count("killed") > 0
