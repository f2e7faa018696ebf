"""Shapes come back from EWKB as they went in, and from PostGIS as they were stored."""

import pytest

from app.regions.geometry import WGS84, Point, multipolygon_ewkb, multipolygon_from_ewkb, point_ewkb
from app.regions.models import Region
from tests.shapes import square

ISLANDS = [[square(0, 0, 4, 4), square(1, 1, 2, 2)[::-1]], [square(-180, 50.5, -179, 51)]]


def test_polygons_holes_and_islands_come_back() -> None:
    assert multipolygon_from_ewkb(multipolygon_ewkb(ISLANDS)) == ISLANDS


def test_an_empty_shape_comes_back() -> None:
    assert multipolygon_from_ewkb(multipolygon_ewkb([])) == []


def test_what_postgis_writes_is_read(maryland: Region) -> None:
    outline = Region.objects.values_list("outline", flat=True).get(geoid="24005")
    (around, city), *others = multipolygon_from_ewkb(outline)
    assert around == square(-77, 39, -76, 40)
    assert city == square(-76.7, 39.2, -76.5, 39.4)[::-1]
    assert others == []


@pytest.mark.parametrize("length", [0, 5, 13, 20, 30, -1, -16])
def test_bytes_that_end_too_early_are_refused(length: int) -> None:
    whole = multipolygon_ewkb(ISLANDS)
    with pytest.raises(ValueError, match="end within"):
        multipolygon_from_ewkb(whole[:length])


def test_another_geometry_is_refused() -> None:
    with pytest.raises(ValueError, match="Not an EWKB multipolygon"):
        multipolygon_from_ewkb(point_ewkb(Point(-76.6, 39.3), WGS84))
