"""The two dialects give the same answers: PostGIS, and SQLite taught by shapely."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import BinaryField, Func, Value
from pytest_django import DjangoDbBlocker

from app.regions.geometry import (
    NAD83,
    WGS84,
    AsEWKB,
    AsGeoJSON,
    Covers,
    IsValid,
    MakePoint,
    MultiPolygonField,
    Point,
    PointField,
    Polygon,
    Simplify,
    SimplifyKeepingTopology,
    Transform,
    ValidAreas,
    bounds,
    covering,
    multipolygon_ewkb,
    point_ewkb,
    point_from_ewkb,
)
from app.regions.models import Region
from app.stakeholders.models import Stakeholder
from tests.shapes import square

SQLITE = "sqlite"
WITH_HOLE: Polygon = [square(0, 0, 4, 4), square(1, 1, 3, 3)[::-1]]
BOW_TIE: Polygon = [[(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)]]
LINE_ONLY: Polygon = [[(0, 0), (2, 2), (1, 1), (0, 0)]]


class EWKB(Func):
    """EWKB bytes as a geometry in SQL."""

    function = "ST_GeomFromEWKB"
    output_field = MultiPolygonField()

    def __init__(self, ewkb: bytes) -> None:
        super().__init__(Value(ewkb, output_field=BinaryField()))


@pytest.fixture
def sqlite(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database besides the tests' own, with the tables that hold shapes."""
    configured = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "shapes.sqlite3"}
    connections.databases[SQLITE] = connections.configure_settings({"default": configured})["default"]
    connection = connections[SQLITE]
    try:
        with django_db_blocker.unblock():
            with connection.schema_editor() as editor:
                editor.create_model(Region)
                editor.create_model(Stakeholder)
            yield SQLITE
    finally:
        connection.close()
        del connections[SQLITE], connections.databases[SQLITE]


@pytest.fixture(params=["postgresql", "sqlite"])
def alias(request: pytest.FixtureRequest) -> str:
    """Each database in turn, by its alias."""
    name: str = request.getfixturevalue("db" if request.param == "postgresql" else "sqlite") or "default"
    assert connections[name].vendor == request.param
    return name


def value(alias: str, expression: Func) -> Any:
    """What a database makes of an expression."""
    connection = connections[alias]
    sql, parameters = Region.objects.all().query.get_compiler(connection=connection).compile(expression)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", parameters)
        (answer,) = cursor.fetchone()
    if isinstance(expression.output_field, MultiPolygonField | PointField):
        return expression.output_field.from_db_value(answer, expression, connection)
    return answer


def area(*polygons: Polygon, srid: int = WGS84) -> EWKB:
    return EWKB(multipolygon_ewkb(polygons, srid))


def covers(alias: str, shape: Any, longitude: float, latitude: float) -> bool:
    return bool(value(alias, Covers(shape, MakePoint(Point(longitude, latitude)))))


def geojson(alias: str, shape: Any) -> Any:
    return json.loads(value(alias, AsGeoJSON(shape)))


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        ((0.5, 0.5), True),
        ((0, 2), True),
        ((0, 0), True),
        ((2, 2), False),
        ((1, 2), True),
        ((5, 2), False),
    ],
    ids=["within", "on the edge", "on the corner", "in the hole", "on the hole's edge", "outside"],
)
def test_a_shape_covers_its_inside_and_its_boundary(
    alias: str,
    place: tuple[float, float],
    inside: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert covers(alias, area(WITH_HOLE), *place) is inside


def test_every_part_of_a_shape_counts(alias: str) -> None:
    shape = area([square(0, 0, 1, 1)], [square(2, 2, 3, 3)])
    assert covers(alias, shape, 0.5, 0.5)
    assert covers(alias, shape, 2.5, 2.5)
    assert not covers(alias, shape, 1.5, 1.5)


def test_geojson_has_six_decimals_and_the_ring_order_of_the_shape(alias: str) -> None:
    third = 1 / 3
    assert geojson(alias, area([square(0, 0, third, 1), square(0.1, 0.1, 0.2, 0.2)])) == {
        "type": "MultiPolygon",
        "coordinates": [
            [
                [[0, 0], [0, 1], [0.333333, 1], [0.333333, 0], [0, 0]],
                [[0.1, 0.1], [0.1, 0.2], [0.2, 0.2], [0.2, 0.1], [0.1, 0.1]],
            ]
        ],
    }


def test_a_transformed_shape_is_in_the_new_system(alias: str) -> None:
    ewkb = value(alias, Transform(area([square(-77, 39, -76, 40)], srid=NAD83)))
    assert ewkb[5:9] == WGS84.to_bytes(4, "little")
    shape = geojson(alias, EWKB(ewkb))
    # Within a metre or two: both systems differ by less than their common definition says.
    assert shape["coordinates"][0][0][0] == pytest.approx([-77, 39], abs=3e-5)


def test_a_transformation_changes_coordinates_and_not_only_the_label(alias: str) -> None:
    mercator = area([square(-8571600.79, 4721671.57, -8460281.30, 4865942.28)], srid=3857)
    west, south = geojson(alias, Transform(mercator))["coordinates"][0][0][0]
    assert (west, south) == (pytest.approx(-77, abs=1e-6), pytest.approx(39, abs=1e-6))


def test_a_bow_tie_becomes_its_two_triangles(alias: str) -> None:
    assert not value(alias, IsValid(area(BOW_TIE)))
    mended = EWKB(value(alias, ValidAreas(area(BOW_TIE))))
    assert value(alias, IsValid(mended))
    assert len(geojson(alias, mended)["coordinates"]) == 2
    assert covers(alias, mended, 0.2, 1)
    assert covers(alias, mended, 1.8, 1)
    assert not covers(alias, mended, 1, 0.2)


def test_a_valid_shape_stays_as_it_is(alias: str) -> None:
    ewkb = multipolygon_ewkb([WITH_HOLE])
    assert value(alias, IsValid(EWKB(ewkb)))
    assert value(alias, ValidAreas(EWKB(ewkb))) == ewkb


def test_nothing_is_left_of_a_shape_without_area(alias: str) -> None:
    empty = EWKB(value(alias, ValidAreas(area(LINE_ONLY))))
    assert geojson(alias, empty) == {"type": "MultiPolygon", "coordinates": []}
    assert [value(alias, bound) for bound in bounds(empty).values()] == [None] * 4


@pytest.mark.parametrize("simplify", [Simplify, SimplifyKeepingTopology])
def test_simplifying_drops_what_lies_within_the_tolerance(alias: str, simplify: type[Simplify]) -> None:
    ring = [(0, 0), (0, 4), (2, 4.001), (4, 4), (4, 0), (0, 0)]
    assert geojson(alias, simplify(area([ring]), 0.01))["coordinates"] == [
        [[[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]]]
    ]


@pytest.mark.parametrize("simplify", [Simplify, SimplifyKeepingTopology])
def test_simplifying_keeps_a_small_shape(alias: str, simplify: type[Simplify]) -> None:
    assert len(geojson(alias, simplify(area([square(0, 0, 0.001, 0.001)]), 0.5))["coordinates"][0][0]) >= 4


def test_bounds_are_west_south_east_north(alias: str) -> None:
    found = {
        column: value(alias, bound) for column, bound in bounds(area([square(-77, 38, -75, 40)])).items()
    }
    assert found == {"west": -77, "south": 38, "east": -75, "north": 40}


def test_a_shape_comes_back_as_the_bytes_that_went_in(alias: str) -> None:
    ewkb = multipolygon_ewkb([WITH_HOLE, [square(5.1, 5.2, 6.3, 7.4)]])
    assert bytes(value(alias, AsEWKB(EWKB(ewkb)))) == ewkb
    assert value(alias, EWKB(ewkb)) == ewkb


def test_a_point_comes_back_as_it_went_in(alias: str) -> None:
    assert value(alias, MakePoint(Point(-76.6122, 39.2904))) == Point(-76.6122, 39.2904)
    person = Stakeholder.objects.using(alias).create(
        name="Ada", email="ada@example.org", location=Point(-76.6, 39.3)
    )
    assert Stakeholder.objects.using(alias).get(pk=person.pk).location == Point(-76.6, 39.3)


def test_no_shape_gives_no_answer(alias: str) -> None:
    nothing = Value(None, output_field=MultiPolygonField())
    if connections[alias].vendor == "postgresql":
        nothing = Func(nothing, template="(%(expressions)s)::geometry", output_field=MultiPolygonField())  # type: ignore[assignment]
    assert value(alias, AsGeoJSON(nothing)) is None
    assert value(alias, Covers(nothing, MakePoint(Point(0, 0)))) is None


def make_regions(alias: str) -> None:
    for geoid, rings in (
        ("24510", [square(-76.7, 39.2, -76.5, 39.4)]),
        ("24025", [square(-76.5, 39, -75, 40)]),
    ):
        shape = multipolygon_ewkb([rings])
        Region.objects.using(alias).create(
            kind="county", vintage=2016, geoid=geoid, name=geoid, full_name=geoid, geometry=shape, outline=shape,
            west=rings[0][0][0], south=rings[0][0][1], east=rings[0][2][0], north=rings[0][2][1],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("place", "geoids"),
    [
        (Point(-76.6, 39.3), ["24510"]),
        (Point(-76, 39.3), ["24025"]),
        (Point(-76.5, 39.3), ["24025", "24510"]),
        (Point(-80, 39.3), []),
    ],
    ids=["in one", "in the other", "on the shared edge", "in none"],
)
def test_rows_are_found_by_a_point(alias: str, place: Point, geoids: list[str]) -> None:
    make_regions(alias)
    found = covering(Region.objects.using(alias), place)
    assert sorted(found.values_list("geoid", flat=True)) == geoids


def test_a_stored_shape_is_read_as_bytes(alias: str) -> None:
    make_regions(alias)
    region = Region.objects.using(alias).get(geoid="24510")
    assert region.geometry == multipolygon_ewkb([[square(-76.7, 39.2, -76.5, 39.4)]])


def test_point_bytes_are_read_back() -> None:
    assert point_from_ewkb(point_ewkb(Point(-179.9, -14.5))) == Point(-179.9, -14.5)


@pytest.mark.parametrize(
    ("longitude", "latitude", "named"),
    [
        (181, 0, "Longitude"),
        (-180.1, 0, "Longitude"),
        (0, 90.1, "Latitude"),
        (0, -91, "Latitude"),
        (float("nan"), 0, "Longitude"),
        (0, float("inf"), "Latitude"),
    ],
)
def test_a_point_off_the_globe_is_refused(longitude: float, latitude: float, named: str) -> None:
    with pytest.raises(ValidationError, match=named) as refused:
        Point.checked(longitude, latitude)
    assert list(refused.value.message_dict) == [named.lower()]
