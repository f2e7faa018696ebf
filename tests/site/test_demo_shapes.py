"""The committed small edition of the Census' shapes against the real one."""

import random
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapefile
import shapely

from app.regions.geometry import multipolygon_from_ewkb
from app.regions.models import RegionKind
from app.regions.shapefiles import read_shapefile
from app.regions.sources import opened
from app.site.demo.loading import ARCHIVES
from ops.make_demo_shapes import source_folder

DEMO = Path(__file__).resolve().parents[2] / "app/site/demo"


def demo(kind: str) -> dict[str, shapely.MultiPolygon]:
    with opened(str(DEMO / ARCHIVES[RegionKind(kind)])) as parts:
        source = read_shapefile(parts)
        assert source.notices == ()
        return {
            str(record.attributes["GEOID"]): shapely.MultiPolygon(
                [(rings[0], rings[1:]) for rings in multipolygon_from_ewkb(record.shape.ewkb)]
            )
            for record in source
            if record.attributes and record.shape
        }


def original(kind: str) -> dict[str, shapely.geometry.base.BaseGeometry]:
    with shapefile.Reader(source_folder() / f"cb_2016_us_{kind}_500k", encoding="utf-8") as reader:
        return {row.record["GEOID"]: shapely.geometry.shape(row.shape.__geo_interface__) for row in reader}


@pytest.fixture(scope="module")
def counties() -> dict[str, shapely.MultiPolygon]:
    return demo("county")


@pytest.mark.parametrize(("kind", "count"), [("state", 56), ("county", 3233)])
def test_every_region_is_there_and_valid(kind: str, count: int) -> None:
    shapes = demo(kind)
    assert len(shapes) == count
    assert all(shape.is_valid and not shape.is_empty for shape in shapes.values())


def test_both_archives_are_small() -> None:
    assert sum((DEMO / archive).stat().st_size for archive in ARCHIVES.values()) < 1_500_000


def test_neighbours_share_their_borders(counties: dict[str, shapely.MultiPolygon]) -> None:
    assert shapely.coverage_is_valid(np.array(list(counties.values())))


def test_points_keep_their_county(counties: dict[str, shapely.MultiPolygon]) -> None:
    randomness = random.Random(2016)  # noqa: S311 - a sample
    inside = same = 0
    for geoid, shape in original("county").items():
        west, south, east, north = shape.bounds
        points = [(randomness.uniform(west, east), randomness.uniform(south, north)) for _ in range(5)]
        real, simplified = (shapely.intersects_xy(each, points) for each in (shape, counties[geoid]))
        inside += int(real.sum())
        same += int((real & simplified).sum())
    assert inside > 5000
    assert same / inside >= 0.99


def test_the_archives_are_what_the_tool_makes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ops.make_demo_shapes", str(tmp_path)]
    subprocess.run(command, cwd=DEMO.parents[2], check=True, stdout=subprocess.DEVNULL)
    for archive in ARCHIVES.values():
        assert contents(DEMO / archive) == contents(tmp_path / archive)


def contents(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened_zip:
        return {name: opened_zip.read(name) for name in opened_zip.namelist()}


def test_states_are_made_of_their_counties(counties: dict[str, shapely.MultiPolygon]) -> None:
    for geoid, shape in demo("state").items():
        area = sum(county.area for code, county in counties.items() if code[:2] == geoid)
        assert shape.area == pytest.approx(area, rel=1e-9)
