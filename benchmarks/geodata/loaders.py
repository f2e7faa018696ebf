"""The importers that are compared: ours, and three others with the work added that they leave to their user.

Each of the others fills a table of its own; one statement, as an operator would write it, then transforms, mends and
simplifies the shapes, by the same functions as ours, and inserts or updates the regions. The end is the same rows in the
same table with its indexes.

What ours does besides stays in its time: it refuses what is no region or not on the globe, compares with the regions that
are there, links them to their states, says which older ones they replace, locates everybody in them, and keeps a record of
the run with its files' checksums, and after a large layer it takes the shapes' statistics too. What the others do besides:
their table is logged and its shapes are compressed.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ops.system_packages import install

MIB_OF_KIB = 1 / 1024
SAMPLE_SECONDS = 0.02
# As staging.py has them: what the planner has to know of a layer.
PLANNED_BY = "kind, vintage, geoid, state_fips, parent_id, superseded_in"


@dataclass(frozen=True)
class Layer:
    """A shapefile to import, and the names of its columns.

    Attributes:
        tolerance_degrees: of its outlines, as app/regions/tiger.py has it.
    """

    path: Path
    kind: str
    geoid: str
    name: str
    aland: str
    awater: str
    tolerance_degrees: float
    encoding: str = "UTF-8"


@dataclass(frozen=True)
class Cost:
    """What an import took; of several processes the largest one's memory."""

    seconds: float
    peak_mb: float


Loader = Callable[[Layer, str], Cost]


def find_loaders() -> dict[str, Loader]:
    """The importers that can be had here, ours first; what is missing is installed if that is allowed."""
    if not (shutil.which("ogr2ogr") and shutil.which("shp2pgsql")):
        install("gdal-bin", "postgis", "postgresql-client")
    found: dict[str, Loader] = {"ours": ours}
    if shutil.which("psql"):
        found |= {"ogr2ogr": ogr2ogr} if shutil.which("ogr2ogr") else {}
        found |= {"shp2pgsql": shp2pgsql} if shutil.which("shp2pgsql") else {}
        # LayerMapping loads the library that ogr2ogr brings.
        found |= {"LayerMapping": layermapping} if shutil.which("ogr2ogr") else {}
    return found


def ours(layer: Layer, url: str) -> Cost:
    return _import(layer, url, "--no-maps")


def ours_with_maps(layer: Layer, url: str) -> Cost:
    """As an operator imports: the maps are drawn too, which no other does."""
    return _import(layer, url)


def _import(layer: Layer, url: str, *options: str) -> Cost:
    command = [sys.executable, "manage.py", "import_tiger", str(layer.path)]
    return _cost([[*command, "--kind", layer.kind, "--vintage", "2016", "-v", "0", *options]], url)


def ogr2ogr(layer: Layer, url: str) -> Cost:
    parts = urlsplit(url)
    target = (
        f"PG:host={parts.hostname} port={parts.port} user={parts.username} dbname={parts.path.lstrip('/')}"
    )
    load = ["ogr2ogr", "-f", "PostgreSQL", target, str(layer.path), "-nln", "peer_loaded", "-overwrite"]
    load += [
        "-nlt",
        "PROMOTE_TO_MULTI",
        "-a_srs",
        "EPSG:4269",
        "-lco",
        "GEOMETRY_NAME=shape",
        "-lco",
        "SPATIAL_INDEX=NONE",
    ]
    load += ["--config", "PG_USE_COPY", "YES", "--config", "SHAPE_ENCODING", layer.encoding]
    return _sum(_cost([load], url), _finish(layer, url))


def shp2pgsql(layer: Layer, url: str) -> Cost:
    load = [
        "shp2pgsql",
        "-s",
        "4269",
        "-D",
        "-W",
        layer.encoding,
        "-g",
        "shape",
        str(layer.path),
        "peer_loaded",
    ]
    return _sum(_cost([load, [*_psql(url)]], url), _finish(layer, url))


def layermapping(layer: Layer, url: str) -> Cost:
    # As they stand in the file; the others write them small.
    columns = [name.upper() for name in (layer.geoid, layer.name, layer.aland, layer.awater)]
    load = [
        sys.executable,
        "-m",
        "benchmarks.geodata.layermapping",
        str(layer.path),
        layer.encoding,
        *columns,
    ]
    same_names = Layer(layer.path, layer.kind, "geoid", "name", "aland", "awater", layer.tolerance_degrees)
    return _sum(_cost([load], url), _finish(same_names, url))


def _psql(url: str) -> list[str]:
    return ["psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--output", os.devnull, url]


def _finish(layer: Layer, url: str) -> Cost:
    state = "''" if layer.kind == "zip_area" else f"left({layer.geoid}, 2)"
    size = "greatest(ST_XMax(g) - ST_XMin(g), ST_YMax(g) - ST_YMin(g))"
    tolerance = f"least({layer.tolerance_degrees}, {size} / 200)"
    columns = "geoid, name, full_name, state_fips, usps, land_area_m2, water_area_m2, west, south, east, north, geometry, outline"
    statement = f"""
        INSERT INTO regions_region (kind, vintage, updated_at, {columns})
        SELECT '{layer.kind}', 2016, now(), {layer.geoid}, {layer.name}, {layer.name}, {state}, '', {layer.aland},
            {layer.awater}, ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g), g,
            CASE WHEN ST_IsValid(draft) THEN draft ELSE
                ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_SimplifyPreserveTopology(g, {tolerance})), 3)) END
        FROM (
            SELECT *, ST_Simplify(g, {tolerance}, TRUE) AS draft FROM (
                SELECT *, ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Transform(shape, 4326)), 3)) AS g
                FROM peer_loaded OFFSET 0
            ) mended OFFSET 0
        ) drafted
        ON CONFLICT (kind, vintage, geoid) DO UPDATE SET ({columns}, updated_at)
            = ROW ({", ".join(f"excluded.{column}" for column in columns.split(", "))}, excluded.updated_at)
    """  # noqa: S608 - names from this module
    return _cost(
        [[*_psql(url), "--single-transaction", "--command", statement, "--command", "DROP TABLE peer_loaded",
          "--command", f"ANALYZE regions_region ({PLANNED_BY})"]],
        url,
    )  # fmt: skip


def _sum(*costs: Cost) -> Cost:
    return Cost(sum(cost.seconds for cost in costs), max(cost.peak_mb for cost in costs))


def _cost(pipeline: Sequence[list[str]], url: str) -> Cost:
    """Run programs, each reading what the one before writes.

    Raises:
        subprocess.CalledProcessError: one failed.
    """
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "app.config.settings"}
    # Installed programs are compiled once.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    running: list[subprocess.Popen[bytes]] = []
    for command in pipeline:
        output = subprocess.PIPE if command is not pipeline[-1] else None
        source = running[-1].stdout if running else None
        running.append(
            subprocess.Popen(command, env=environment, stdin=source, stdout=output, stderr=subprocess.PIPE)
        )
        if source:
            source.close()
    peak_kib = 0
    while any(process.poll() is None for process in running):
        peak_kib = max(peak_kib, *(_peak_kib(process.pid) for process in running))
        time.sleep(SAMPLE_SECONDS)
    seconds = time.perf_counter() - began
    for process, command in zip(running, pipeline, strict=True):
        _, errors = process.communicate()
        if process.returncode:
            print(errors.decode(), file=sys.stderr)
            raise subprocess.CalledProcessError(process.returncode, command[:3])
    return Cost(seconds, peak_kib * MIB_OF_KIB)


def _peak_kib(pid: int) -> int:
    """The most memory that a process has had since it began its program; 0 if it is gone."""
    # Not what wait4 tells: that counts the process from which it was forked.
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)
