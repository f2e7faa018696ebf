"""The benchmark of the import: what it compares with, and that it measures what it says."""

import subprocess
import sys

import pytest

from benchmarks.geodata import loaders
from benchmarks.geodata.loaders import Cost
from benchmarks.regions import LIMITS, import_rows, peak_rows

NEEDED = {
    "import_counties",
    "import_pieces",
    "import_peak_mb",
    "import_peak_mb_with_maps",
    "assign_million",
    "locate_p99_ms",
}


def test_every_promise_has_a_limit() -> None:
    assert set(LIMITS) == NEEDED


def test_the_faster_of_the_trade_is_the_one_to_beat() -> None:
    costs = {
        "ours": [Cost(2, 50)],
        "ogr2ogr": [Cost(9, 60), Cost(3, 60), Cost(4, 60)],
        "shp2pgsql": [Cost(5, 70)],
    }
    first, *_, slowest = import_rows("import_counties", costs)
    assert (first.peer, first.peer_name, first.ratio) == (4, "ogr2ogr, the faster", 0.5)
    assert (slowest.what, slowest.peer) == ("import_counties_layermapping", None)
    assert {row.what: row.peer for row in peak_rows(costs)}["import_peak_mb"] == 60


def test_without_rivals_a_row_says_who_is_missing() -> None:
    first, *_ = import_rows("import_counties", {"ours": [Cost(2, 50)]})
    assert (first.peer, first.peer_name) == (None, "ogr2ogr and shp2pgsql")


def test_memory_is_that_of_the_program_and_not_of_who_started_it() -> None:
    filled = bytearray(300_000_000)
    for _ in range(0, len(filled), 4096):
        filled[_] = 1
    small = loaders._cost([[sys.executable, "-S", "-c", "import time; time.sleep(0.3)"]], "")
    large = loaders._cost([[sys.executable, "-S", "-c", "import time; x = b'x' * 10**8; time.sleep(2)"]], "")
    assert small.peak_mb < 40
    assert 95 < large.peak_mb < 160


def test_a_program_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        loaders._cost([[sys.executable, "-c", "raise SystemExit(3)"]], "")
