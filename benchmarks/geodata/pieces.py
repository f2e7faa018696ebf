"""A large layer for the benchmark of the import: the real counties cut into pieces, as many as there are ZIP areas.

No package carries a layer of that size. The pieces have the number of vertices that ZIP areas have, about 400 each.
"""

import struct
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import shapefile
import shapely

from app.regions.shapes import AREA_TYPES
from ops.make_demo_shapes import source_folder

AREA_DIMENSIONS = 2
COUNTIES = "cb_2016_us_county_500k"
COLUMNS, ROWS = 3, 4  # of the grid that cuts a county
VERTICES_PER_PIECE = 400
_FILE_HEADER = struct.Struct(">i20xi")
_KIND = struct.Struct("<ii4d32x")


def county_shapes() -> list[Any]:
    with shapefile.Reader(source_folder() / COUNTIES, encoding="utf-8") as reader:
        return [shapely.geometry.shape(shape.__geo_interface__) for shape in reader.iterShapes()]


def cut(county: Any) -> list[Any]:
    """The parts of a county in the cells of a grid over it."""
    west, south, east, north = county.bounds
    xs, ys = np.linspace(west, east, COLUMNS + 1), np.linspace(south, north, ROWS + 1)
    lows, highs = product(xs[:-1], ys[:-1]), product(xs[1:], ys[1:])
    cells = [shapely.box(*low, *high) for low, high in zip(lows, highs, strict=True)]
    shapely.prepare(county)
    found = shapely.intersection(county, cells)
    return [piece for piece in found if shapely.get_dimensions(piece) == AREA_DIMENSIONS]


def dense(piece: Any) -> Any:
    """The same area with about VERTICES_PER_PIECE vertices."""
    areas = shapely.multipolygons(
        [part for part in shapely.get_parts(piece) if shapely.get_dimensions(part) == AREA_DIMENSIONS]
    )
    return shapely.segmentize(areas, areas.length / VERTICES_PER_PIECE)


def write_pieces(folder: Path) -> tuple[Path, int, int]:
    """Write the pieces as a layer of ZIP areas; its path, how many there are and their vertices."""
    pieces = [dense(piece) for county in county_shapes() for piece in cut(county)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pieces.shp"
    _write_shp(path, pieces)
    with shapefile.Writer(dbf=path.with_suffix(".dbf"), encoding="utf-8") as table:
        for name, size in (("ZCTA5CE20", 5), ("GEOID20", 5), ("ALAND20", 14), ("AWATER20", 14)):
            table.field(name, "N" if name.startswith("A") else "C", size)
        for number, _ in enumerate(pieces):
            table.record(f"{number:05}", f"{number:05}", number, 0)
    path.with_suffix(".prj").write_text(NAD83)
    path.with_suffix(".cpg").write_text("UTF-8")
    return path, len(pieces), int(shapely.get_num_coordinates(np.array(pieces)).sum())


NAD83 = (
    'GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.017453292519943295]]'
)


def _write_shp(path: Path, shapes: list[Any]) -> None:
    """Write .shp and .shx; pyshp's writer takes a minute for this many vertices."""
    bounds = shapely.total_bounds(np.array(shapes))
    with path.open("wb") as shp, path.with_suffix(".shx").open("wb") as shx:
        for file in (shp, shx):
            file.write(bytes(100))
        for number, shape in enumerate(shapes, start=1):
            content = _content(shape)
            shx.write(struct.pack(">ii", shp.tell() // 2, len(content) // 2))
            shp.write(struct.pack(">ii", number, len(content) // 2) + content)
        for file in (shp, shx):
            size = file.tell()
            file.seek(0)
            file.write(_FILE_HEADER.pack(9994, size // 2) + _KIND.pack(1000, AREA_TYPES[0], *bounds))


def _content(shape: Any) -> bytes:
    rings = []
    for part in shapely.get_parts(shape):
        turned = shapely.geometry.polygon.orient(part, sign=-1.0)
        rings += [shapely.get_coordinates(ring) for ring in (turned.exterior, *turned.interiors)]
    starts = np.cumsum([0, *(len(ring) for ring in rings)])
    head = struct.pack("<i4dii", AREA_TYPES[0], *shape.bounds, len(rings), starts[-1])
    return head + starts[:-1].astype("<i4").tobytes() + np.concatenate(rings).astype("<f8").tobytes()


if __name__ == "__main__":
    # In a process of its own: the shapes take a gigabyte, which the one that measures memory must not have.
    print(*write_pieces(Path(sys.argv[1])))
