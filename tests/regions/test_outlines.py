"""What maps show is made with the import: for every region, without gaps, all of it or nothing."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.db import connection, transaction

from app.regions.files import MapFile
from app.regions.geometry import multipolygon_from_ewkb
from app.regions.layers import import_layer
from app.regions.models import Region, RegionOutline, Zoom
from app.regions.outlines import draw_layer
from tests.regions.test_census_files import census_file
from tests.shapes import make_region, square

pytestmark = pytest.mark.django_db


def areas(zoom: Zoom, geoids: Iterable[str]) -> list[Any]:
    shapes = RegionOutline.objects.filter(zoom=zoom, region__geoid__in=list(geoids)).values_list(
        "shape", flat=True
    )
    return [
        shapely.make_valid(
            shapely.MultiPolygon([(outer, holes) for outer, *holes in multipolygon_from_ewkb(shape)])
        )
        for shape in shapes
    ]


def union_area(shapes: list[Any]) -> float:
    union: Any = shapely.union_all(shapes)
    return float(union.area)


def test_every_region_has_an_outline_for_each_of_its_kinds_maps(maryland: Region) -> None:
    make_region("zip_area", "21201", "21201", square(-76.7, 39.2, -76.6, 39.3), state_fips="")
    RegionOutline.objects.all().delete()
    for kind in ("state", "county", "zip_area"):
        draw_layer(kind, 2016)
    found = set(RegionOutline.objects.values_list("region__geoid", "zoom"))
    counties = {(geoid, zoom) for geoid in ("24005", "24025", "24510") for zoom in ("country", "state")}
    assert found == {("24", "country"), ("21201", "state"), *counties}


def test_neighbours_meet_and_an_enclave_fills_its_hole(maryland: Region) -> None:
    draw_layer("county", 2016)
    for zoom in Zoom:
        shapes = areas(zoom, ("24005", "24025", "24510"))
        assert union_area(shapes) == pytest.approx(2, rel=0.03)
        assert sum(shape.area for shape in shapes) == pytest.approx(union_area(shapes), rel=1e-9)


def test_the_files_are_one_of_the_country_and_one_of_each_state(maryland: Region) -> None:
    make_region("county", "51510", "Alexandria", square(-77.2, 38.7, -77, 38.9))
    files = draw_layer("county", 2016)
    assert [(file.zoom, file.sheet, file.regions) for file in files] == [
        ("country", "", 4),
        ("state", "24", 3),
        ("state", "51", 1),
    ]


def positions(topology: dict[str, object], references: list[int]) -> list[tuple[float, float]]:
    """A ring of a TopoJSON file, read as the specification says: sums of steps, times scale."""
    arcs: list[list[list[int]]] = topology["arcs"]  # type: ignore[assignment]
    scale: list[float] = topology["transform"]["scale"]  # type: ignore[index]
    ring: list[tuple[float, float]] = []
    for reference in references:
        x = y = 0
        arc = []
        for dx, dy in arcs[reference if reference >= 0 else ~reference]:
            x, y = x + dx, y + dy
            arc.append((x * scale[0], y * scale[1]))
        ring += arc if reference >= 0 else arc[::-1]
    return ring


def test_a_file_is_topojson_that_holds_what_the_pages_show(maryland: Region) -> None:
    (file, *_) = draw_layer("county", 2016)
    topology = json.loads(file.content)
    assert topology["type"] == "Topology"
    by_geoid = {shape["id"]: shape for shape in topology["objects"]["regions"]["geometries"]}
    assert by_geoid["24510"]["properties"] == {"name": "Baltimore city"}
    ((references,),) = by_geoid["24510"]["arcs"]
    outline = RegionOutline.objects.get(region__geoid="24510", zoom="country")
    ((stored,),) = multipolygon_from_ewkb(outline.shape)
    assert set(positions(topology, references)) == set(stored)


def test_drawing_again_gives_the_same_files(maryland: Region) -> None:
    def names() -> list[str]:
        return [file.name for file in draw_layer("county", 2016)]

    assert names() == names()
    assert RegionOutline.objects.filter(region__kind="county").count() == 6


def test_with_debug_no_statement_keeps_the_outlines_in_memory(maryland: Region, settings: Any) -> None:
    settings.DEBUG = True
    draw_layer("county", 2016)
    assert not any("INSERT" in query["sql"] for query in connection.queries)


def test_another_layer_keeps_its_outlines(maryland: Region) -> None:
    older = make_region("county", "24510", "Baltimore", square(-76.7, 39.2, -76.5, 39.4), vintage=2010)
    draw_layer("county", 2016)
    assert older.outlines.count() == 2
    assert draw_layer("county", 1999) == []


def test_a_layer_that_is_taken_back_keeps_what_was_drawn_before(maryland: Region) -> None:
    before = set(RegionOutline.objects.values_list("pk", flat=True))
    with transaction.atomic():
        draw_layer("county", 2016)
        transaction.set_rollback(True)
    assert set(RegionOutline.objects.values_list("pk", flat=True)) == before


def test_a_region_smaller_than_the_grid_is_on_the_map(maryland: Region) -> None:
    make_region("county", "24999", "Tiny", square(-75.0005, 38.0001, -75.0004, 38.0002))
    draw_layer("county", 2016)
    for zoom in Zoom:
        assert areas(zoom, ["24999"])[0].area > 0


@pytest.fixture
def chesapeake(db: None) -> list[MapFile]:
    """The real counties around the Chesapeake Bay, whose shores and independent cities are the hardest there are."""
    import_layer(census_file("county"), "county", 2016)
    Region.objects.exclude(state_fips__in=("10", "11", "24", "51")).delete()
    return draw_layer("county", 2016)


def test_real_counties_lose_corners_not_ground(chesapeake: list[MapFile]) -> None:
    geoids = list(Region.objects.values_list("geoid", flat=True))
    assert len(geoids) == 161
    sizes = {(file.zoom, file.sheet): len(file.content) for file in chesapeake}
    assert sizes["country", ""] < 60_000
    assert sizes["state", "51"] < 120_000
    full = [
        shapely.MultiPolygon([(outer, holes) for outer, *holes in multipolygon_from_ewkb(shape)])
        for shape in Region.objects.values_list("geometry", flat=True)
    ]
    expected = sum(shape.area for shape in full)
    for zoom in Zoom:
        shapes = areas(zoom, geoids)
        assert all(shape.area > 0 for shape in shapes)
        covered = union_area(shapes)
        assert covered == pytest.approx(expected, rel=0.02)
        # What lies in two outlines at once: slivers below the eye's reach.
        assert sum(shape.area for shape in shapes) - covered < covered / 2_000


def test_a_map_file_is_named_by_its_content(tmp_path: Path) -> None:
    file = MapFile("county", 2016, "state", "24", 1, b"{}")
    assert file.name == "county-2016-state-24-44136fa355b3678a.topojson"
    assert MapFile("county", 2016, "state", "24", 1, b"{ }").name != file.name
