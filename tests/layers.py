"""Small shapefiles in TIGER's form, written for a test."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapefile

from app.regions.geometry import Ring
from tests.shapes import square

NAD83_PRJ = (
    'GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.017453292519943295]]'
)
_NUMBERS = ("ALAND", "AWATER")

Row = tuple[Mapping[str, Any], Sequence[Ring] | None]


def county(geoid: str = "24510", name: str = "Baltimore", lsad: str = "25", **fields: Any) -> dict[str, Any]:
    """The attributes of a county as cartographic boundary files have them."""
    return {
        "STATEFP": geoid[:2],
        "GEOID": geoid,
        "NAME": name,
        "LSAD": lsad,
        "ALAND": 10,
        "AWATER": 2,
        **fields,
    }


def state(geoid: str = "24", name: str = "Maryland", usps: str = "MD") -> dict[str, Any]:
    return {
        "STATEFP": geoid,
        "GEOID": geoid,
        "NAME": name,
        "STUSPS": usps,
        "LSAD": "00",
        "ALAND": 10,
        "AWATER": 2,
    }


def degree_square(west: float = -77, south: float = 39) -> list[Ring]:
    return [square(west, south, west + 1, south + 1)]


def write_layer(
    folder: Path,
    rows: Sequence[Row],
    *,
    stem: str = "layer",
    encoding: str = "utf-8",
    prj: str | None = NAD83_PRJ,
    cpg: str | None = None,
    shape_type: int = shapefile.POLYGON,
) -> Path:
    """Write a shapefile into a folder, made if need be, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with shapefile.Writer(folder / stem, shapeType=shape_type, encoding=encoding) as writer:
        for field in rows[0][0] if rows else county():
            writer.field(field, *(("N", 14) if field in _NUMBERS else ("C", 200)))
        for attributes, rings in rows:
            writer.record(**attributes)
            if rings is None:
                writer.null()
            elif shape_type == shapefile.POLYGONZ:
                writer.polyz([[(x, y, 7.0) for x, y in ring] for ring in rings])
            elif shape_type == shapefile.POLYGONM:
                writer.polym([[(x, y, 7.0) for x, y in ring] for ring in rings])
            else:
                writer.poly([list(ring) for ring in rings])
    for suffix, text in ((".prj", prj), (".cpg", cpg)):
        if text is not None:
            (folder / stem).with_suffix(suffix).write_text(text)
    return folder


def pack(folder: Path, target: Path, prefix: str = "") -> Path:
    """A zip of a folder's files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, prefix + path.name)
    return target
