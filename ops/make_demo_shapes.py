"""Make the demo's small edition of the Census' state and county shapefiles.

    .venv/bin/python -m ops.make_demo_shapes [FOLDER]     writes two zips, by default to app/site/demo

The source is the PyPI package plotly-geo, which carries the Census' cartographic boundary files of 2016 as they were
published. The attributes stay as they are. Same source and same versions of shapely and zlib give the same bytes.
"""

import argparse
import importlib.util
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import shapefile
import shapely

TARGET = Path("app/site/demo")
COUNTIES, STATES = "cb_2016_us_county", "cb_2016_us_state"
# coverage_simplify keeps shared borders shared; 0.0065° is about 700 m, and 99.7 % of points keep their county.
TOLERANCE_DEGREES = 0.0065
# Multiples of 2^-14° (7 m) end in zero bits, so that the zip is a third of the size of arbitrary doubles.
GRID_PER_DEGREE = 2**14
_ZIP_DATE = (2016, 1, 1, 0, 0, 0)
# The source comes without .prj; this is the Census' own text for NAD83 (EPSG:4269).
_PRJ = (
    'GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.017453292519943295]]'
)


def source_folder() -> Path:
    """Where plotly-geo keeps its shapefiles."""
    found = importlib.util.find_spec("_plotly_geo")
    if found is None or not found.submodule_search_locations:
        sys.exit("plotly-geo is not installed: run `make .venv/dev`.")
    return Path(found.submodule_search_locations[0]) / "package_data"


def simplify(counties: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Simplified counties whose neighbours still share their borders, all valid."""

    def on_grid(positions: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.round(positions * GRID_PER_DEGREE) / GRID_PER_DEGREE

    simplified = shapely.transform(shapely.coverage_simplify(counties, TOLERANCE_DEGREES), on_grid)
    # On the grid a ring may touch itself.
    mended: np.ndarray[Any, Any] = shapely.make_valid(simplified)
    if not shapely.coverage_is_valid(mended):
        sys.exit("The simplified counties overlap: choose a smaller tolerance or a finer grid.")
    return mended


def write_zip(target: Path, source: Path, shapes: list[Any]) -> None:
    """A zip of one shapefile with the attributes of another."""
    shp, shx = io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, shapeType=shapefile.POLYGON) as writer:
        for shape in shapes:
            writer.shape(shapely.geometry.mapping(shape))
    parts = {
        ".shp": shp.getvalue(),
        ".shx": shx.getvalue(),
        ".dbf": source.with_suffix(".dbf").read_bytes(),
        ".prj": _PRJ.encode(),
        ".cpg": b"UTF-8",
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for suffix, content in parts.items():
            member = zipfile.ZipInfo(target.stem + suffix, _ZIP_DATE)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, content)
    print(f"{target}: {len(shapes)} shapes, {target.stat().st_size:,} bytes")


def main() -> int:
    """Write both zips."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=TARGET)
    folder = parser.parse_args().folder
    county_source, state_source = (source_folder() / f"{name}_500k" for name in (COUNTIES, STATES))
    with shapefile.Reader(county_source, encoding="utf-8") as reader:
        full = np.array([shapely.geometry.shape(shape.__geo_interface__) for shape in reader.iterShapes()])
        state_of_county = np.array([record["STATEFP"] for record in reader.iterRecords()])
    counties = simplify(full)
    with shapefile.Reader(state_source, encoding="utf-8") as reader:
        codes = [record["STATEFP"] for record in reader.iterRecords()]
    states = [shapely.coverage_union_all(counties[state_of_county == code]) for code in codes]
    write_zip(folder / f"{COUNTIES}_simplified.zip", county_source, list(counties))
    write_zip(folder / f"{STATES}_simplified.zip", state_source, states)
    return 0


if __name__ == "__main__":
    sys.exit(main())
