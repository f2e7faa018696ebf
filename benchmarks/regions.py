"""Our import of regions against ogr2ogr, shp2pgsql and LayerMapping, and assignment and look-up against the bare SQL.

    make bench BENCH=regions

Each importer is run as its user runs it, from the start of the program to the end of the last one, on a table that has
none of the layer before: more than 30,000 pieces cut from the counties of 2016, and beside them the 3,233 counties. The loaders of the trade get the
work added that they leave to their user, see geodata/loaders.py; ours leaves out the maps, which none of them draws. All read the same files, from the disk's cache.

`import_peak_mb` is the client's memory on the pieces, `import_peak_mb_with_maps` with the maps drawn too; one limit holds for
both. `assign_million` puts a million points into counties, which the bare SQL does with one INSERT of a spatial join into the
same table. `locate_p99_ms` is what the server takes to plan and answer for a point's regions of all kinds; each point is asked
three times, of which the median counts, because what else the machine does is not the database's.
"""

import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psycopg2

from benchmarks.geodata.loaders import Cost, Layer, Loader, find_loaders, ours_with_maps
from benchmarks.report import AtMost, Row, report
from ops.postgis import provide

COUNTY_RUNS, PIECE_RUNS, ASSIGN_RUNS = 5, 3, 2
# It takes minutes for the pieces, and nobody's ratio depends on it.
SLOW_RUNS = 1
POINTS = 1_000_000
LOOKUPS, TRIES = 2_000, 3
OF_THE_TRADE = ("ogr2ogr", "shp2pgsql")
LIMITS = {
    "import_counties": AtMost(ratio=1.0),
    "import_pieces": AtMost(ratio=1.0),
    "import_peak_mb": AtMost(ours=80),
    "import_peak_mb_with_maps": AtMost(ours=80),
    "assign_million": AtMost(ratio=1.2),
    "locate_p99_ms": AtMost(ours=2.0),
}
# Over the forty-eight states: west, east, south, north.
FIELD = (-124.0, -68.0, 25.5, 48.5)
EMPTY = "DELETE FROM regions_region WHERE kind = '{}'"
COUNT = "SELECT count(*) FROM regions_region WHERE kind = '{}'"
MAKE_POINTS = """
    INSERT INTO stakeholders_stakeholder
        (kind, name, organisation, role, email, address, location, created_at, updated_at)
    SELECT 'person', 'P' || n, '', '', n || '@example.org', '', ST_Point({x}, {y}, 4326), now(), now()
    FROM generate_series(1, {count}) n
"""
BARE_ASSIGNMENT = """
    INSERT INTO stakeholders_regionassignment (stakeholder_id, region_id, kind, vintage, basis)
    SELECT place.id, area.id, area.kind, area.vintage, 'point'
    FROM regions_region area JOIN stakeholders_stakeholder place ON ST_Covers(area.geometry, place.location)
    WHERE area.kind = 'county' AND area.vintage = 2016
    ON CONFLICT (stakeholder_id, kind, vintage) DO NOTHING
"""
BARE_LOOKUP = "SELECT id FROM regions_region WHERE ST_Covers(geometry, ST_Point(%s, %s, 4326))"


def county_layer() -> Layer:
    found = importlib.util.find_spec("_plotly_geo")
    if found is None or not found.submodule_search_locations:
        sys.exit("plotly-geo is not installed: run `make .venv/dev`.")
    path = Path(found.submodule_search_locations[0]) / "package_data" / "cb_2016_us_county_500k.shp"
    return Layer(path, "county", "geoid", "name", "aland", "awater", 0.005)


def piece_layer(folder: Path) -> Layer:
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.geodata.pieces", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    print(f"The counties are cut into {int(made[1]):,} pieces of {int(made[2]):,} vertices.")
    return Layer(Path(made[0]), "zip_area", "geoid20", "zcta5ce20", "aland20", "awater20", 0.002)


def measure_imports(
    layer: Layer, loaders: Mapping[str, Loader], runs: int, url: str
) -> dict[str, list[Cost]]:
    """Each in turn, so that a busy machine slows all; the first round filled the disk's cache and is not counted."""
    found: dict[str, list[Cost]] = defaultdict(list)
    ready(layer.path)
    for run in range(runs):
        for name, load in loaders.items():
            if name == "LayerMapping" and run >= SLOW_RUNS:
                continue
            execute(url, EMPTY.format(layer.kind), "VACUUM ANALYZE regions_region")
            found[name].append(load(layer, url))
            (count,) = ask(url, COUNT.format(layer.kind))[0]
            print(f"  {layer.kind} by {name}: {count} rows, {found[name][-1]}", flush=True)
    return found


def ready(path: Path) -> None:
    """Read the files once, so that nobody waits for the disk."""
    for part in path.parent.glob(f"{path.stem}.*"):
        part.read_bytes()


def execute(url: str, *statements: str) -> None:
    connection = psycopg2.connect(url)
    # VACUUM runs in no transaction.
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def ask(url: str, statement: str) -> list[Any]:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    connection.close()
    return rows


def import_rows(what: str, costs: Mapping[str, list[Cost]]) -> Iterable[Row]:
    """A row against the faster of the two that the trade uses, and one against each importer."""
    seconds = {name: [cost.seconds for cost in found] for name, found in costs.items()}
    rivals = [name for name in OF_THE_TRADE if seconds.get(name)]
    fastest = min(rivals, key=lambda name: median(seconds[name]), default=None)
    peer_name = f"{fastest}, the faster" if fastest else "ogr2ogr and shp2pgsql"
    yield Row.of(what, seconds["ours"], seconds[fastest] if fastest else [], peer_name, "s")
    for name in (*OF_THE_TRADE, "LayerMapping"):
        yield Row.of(f"{what}_{name.lower()}", seconds["ours"], seconds.get(name, []), name, "s")


def peak_rows(costs: Mapping[str, list[Cost]]) -> Iterable[Row]:
    peaks = {name: [cost.peak_mb for cost in found] for name, found in costs.items()}
    for name in (*OF_THE_TRADE, "LayerMapping"):
        what = "import_peak_mb" if name == OF_THE_TRADE[0] else f"import_peak_mb_{name.lower()}"
        yield Row.of(what, peaks["ours"], peaks.get(name, []), name, "MB")


def map_row(with_maps: Cost, without: Sequence[Cost]) -> Row:
    peaks = [cost.peak_mb for cost in without]
    return Row.of("import_peak_mb_with_maps", [with_maps.peak_mb], peaks, "ours without maps", "MB")


def make_points(url: str) -> None:
    west, east, south, north = FIELD
    x, y = f"{west} + random() * {east - west}", f"{south} + random() * {north - south}"
    execute(url, MAKE_POINTS.format(x=x, y=y, count=POINTS), "VACUUM ANALYZE stakeholders_stakeholder")


def measure_assignment(url: str) -> Row:
    """Both from an empty table to the end of the transaction, with its foreign keys checked."""
    from app.stakeholders.assignment import assign_layer

    make_points(url)
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: assign_layer("county", 2016),
        "bare": lambda: execute(url, BARE_ASSIGNMENT),
    }
    for _ in range(ASSIGN_RUNS):
        for name, assign in ways.items():
            execute(
                url, "TRUNCATE stakeholders_regionassignment", "VACUUM ANALYZE stakeholders_regionassignment"
            )
            began = time.perf_counter()
            assign()
            found[name].append(time.perf_counter() - began)
            (count,) = ask(url, "SELECT count(*) FROM stakeholders_regionassignment")[0]
            print(f"  {count} of {POINTS} points assigned by {name}: {found[name][-1]:.1f} s", flush=True)
    return Row.of("assign_million", found["ours"], found["bare"], "bare SQL", "s")


def measure_lookup() -> Row:
    """The query of `Region.objects.located_at` as Django writes it, against the least that could be asked."""
    from django.db import connection

    from app.regions.geometry import Point
    from app.regions.models import Region

    randomness = random.Random(2016)  # noqa: S311 - a benchmark, not a secret
    west, east, south, north = FIELD
    points = [Point(randomness.uniform(west, east), randomness.uniform(south, north)) for _ in range(LOOKUPS)]
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    with connection.cursor() as cursor:
        for point in points:
            query = Region.objects.covering_current(point).query.sql_with_params()
            for name, (sql, parameters) in (("ours", query), ("bare", (BARE_LOOKUP, point))):
                found[name].append(median(_took_ms(cursor, sql, parameters) for _ in range(TRIES)))
    p99 = {name: quantiles(times, n=100)[98] for name, times in found.items()}
    return Row("locate_p99_ms", p99["ours"], p99["bare"], "bare SQL", "ms", LOOKUPS)


def _took_ms(cursor: Any, sql: str, parameters: Any) -> float:
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", parameters)
    (plan,) = cursor.fetchone()[0]
    return float(plan["Planning Time"] + plan["Execution Time"])


def measure(url: str, work: Path) -> list[Row]:
    import django
    from django.core.management import call_command

    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "app.config.settings"}
    os.environ["REGION_FILES"] = str(work / "maps")
    django.setup()
    call_command("migrate", verbosity=0)
    loaders = find_loaders()
    rows: list[Row] = []
    pieces = piece_layer(work / "pieces")
    costs = measure_imports(pieces, loaders, PIECE_RUNS, url)
    execute(url, EMPTY.format(pieces.kind))
    with_maps = ours_with_maps(pieces, url)
    rows += [*import_rows("import_pieces", costs), *peak_rows(costs), map_row(with_maps, costs["ours"])]
    rows[:0] = import_rows("import_counties", measure_imports(county_layer(), loaders, COUNTY_RUNS, url))
    execute(url, "VACUUM ANALYZE regions_region")
    return [*rows, measure_lookup(), measure_assignment(url)]


def main() -> int:
    with provide() as url, tempfile.TemporaryDirectory(prefix="coalition-bench-") as name:
        return report("regions", measure(url, Path(name)), LIMITS)


if __name__ == "__main__":
    sys.exit(main())
