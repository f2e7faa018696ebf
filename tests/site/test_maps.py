"""Paths of regions: whole pixels, none twice, nothing too small to see, and one drawing per import."""

import re

from django.core.cache import cache
from pytest_django import DjangoAssertNumQueries

from app.regions.geometry import Polygon, multipolygon_ewkb
from app.regions.models import Region, RegionOutline
from app.regions.outlines import draw_layer
from app.site.maps import COUNTRY_SIZE, counties_layer, path_of, states_layer, thumbnail
from app.site.projections import Albers, Frame
from tests.shapes import make_region, square

FRAME = Frame.fit(Albers(20, 60, 0, 40), [(-10, 30), (10, 30), (10, 50), (-10, 50)], (0, 0, 1000, 1000), 0)


def subpaths(path: str) -> list[list[tuple[int, int]]]:
    """The corners of each ring, absolute."""
    rings = []
    for x, y, steps in re.findall(r"M(-?\d+)[ ]?(-?\d+)l([^z]*)z", path):
        here = (int(x), int(y))
        ring = [here]
        numbers = [int(number) for number in re.findall(r"-?\d+", steps)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            here = (here[0] + dx, here[1] + dy)
            ring.append(here)
        rings.append(ring)
    return rings


def draw(*polygons: Polygon) -> str:
    return path_of(polygons, FRAME)


def test_the_steps_lead_to_the_corners() -> None:
    ring = square(-3, 38, 3, 42)
    assert subpaths(draw([ring])) == [FRAME.place(ring[:-1])]


def test_negative_steps_need_no_space() -> None:
    path = draw([square(-3, 38, 3, 42)])
    assert " -" not in path
    assert len(subpaths(path)[0]) == 4


def test_a_vertex_on_a_straight_line_or_on_the_same_pixel_is_left_out() -> None:
    plain = [(-3, 38), (-3, 42), (3, 42), (3, 38), (-3, 38)]
    crowded = [(-3, 38), (-3, 38.001), (-3, 42), (-3, 42), (3, 42), (3, 42.0001), (3, 38), (-3, 38)]
    assert draw([crowded]) == draw([plain])


def test_a_hole_is_a_second_ring() -> None:
    assert len(subpaths(draw([square(-3, 38, 3, 42), square(-1, 39, 1, 41)[::-1]]))) == 2


def test_specks_are_left_out_beside_something_larger() -> None:
    island = [square(5, 45, 5.01, 45.01)]
    assert draw([square(-3, 38, 3, 42)], island) == draw([square(-3, 38, 3, 42)])


def test_a_region_that_is_nothing_but_a_speck_is_drawn_as_a_square() -> None:
    assert draw([square(5, 45, 5.001, 45.001)]).endswith("h4v4h-4z")


def test_what_lies_outside_the_frame_is_left_out() -> None:
    assert draw([square(-3, 38, 3, 42)], [square(80, 38, 83, 42)]) == draw([square(-3, 38, 3, 42)])
    assert draw([square(80, 38, 83, 42)]) == ""


def test_there_is_no_layer_before_the_first_import(db: None) -> None:
    state = Region(geoid="24")
    assert states_layer() is None
    assert counties_layer(state) is None


def box(path: str) -> tuple[int, int, int, int]:
    corners = [corner for ring in subpaths(path) for corner in ring]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def test_the_country_has_its_insets_and_leaves_the_pacific_territories_to_the_table(
    maryland: Region, alaska: Region
) -> None:
    make_region("state", "15", "Hawaii", square(-156, 19, -155, 20), usps="HI")
    make_region("state", "72", "Puerto Rico", square(-67, 18, -66, 18.5), usps="PR")
    make_region("state", "66", "Guam", square(144.6, 13.2, 144.9, 13.6), usps="GU")
    layer = states_layer()
    assert layer
    path = {shape.usps: shape.path for shape in layer.shapes}
    assert path.pop("GU") == ""
    width, height = COUNTRY_SIZE
    boxes = {usps: box(drawn) for usps, drawn in path.items()}
    for left, top, right, bottom in boxes.values():
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    assert boxes["AK"][2] < boxes["HI"][0] < boxes["HI"][2] < boxes["PR"][0]
    assert boxes["MD"][3] < boxes["PR"][1]
    assert len(layer.insets) == 3


def test_hawaii_leaves_out_the_islands_that_stretch_into_the_ocean(db: None) -> None:
    midway = [square(-177.4, 28.1, -177.3, 28.3)]
    shape = multipolygon_ewkb([[square(-156, 19, -155, 20)], midway])
    make_region("state", "15", "Hawaii", square(-178, 18, -154, 29), usps="HI", outline=shape)
    make_region("county", "15001", "Hawaii", square(-178, 18, -154, 29), outline=shape)
    for layer in (states_layer(), counties_layer(Region(geoid="15"))):
        assert layer
        assert len(subpaths(layer.shapes[0].path)) == 1


def test_the_counties_fill_their_state(maryland: Region) -> None:
    layer = counties_layer(maryland)
    assert layer
    assert [shape.name for shape in layer.shapes] == ["Baltimore County", "Baltimore city", "Harford County"]
    boxes = [box(shape.path) for shape in layer.shapes]
    assert min(left for left, *_ in boxes) == 10
    assert max(right for *_, right, _ in boxes) == layer.width - 10


def test_the_drawing_is_kept_until_the_layer_is_drawn_again(
    maryland: Region, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cache.clear()
    with django_assert_num_queries(2):
        first = states_layer()
    with django_assert_num_queries(1):
        assert states_layer() == first
    maryland.geometry = multipolygon_ewkb([[square(-90, 38, -75, 40)]])
    maryland.save()
    draw_layer("state", 2016)
    with django_assert_num_queries(2):
        assert states_layer() != first


def test_regions_that_are_not_drawn_yet_are_in_the_table_alone(maryland: Region) -> None:
    RegionOutline.objects.all().delete()
    cache.clear()
    for layer, names in (
        (states_layer(), ["Maryland"]),
        (counties_layer(maryland), ["Baltimore County", "Baltimore city", "Harford County"]),
    ):
        assert layer
        assert [(shape.name, shape.path) for shape in layer.shapes] == [(name, "") for name in names]


def test_the_newest_vintage_of_each_state_is_drawn(maryland: Region) -> None:
    make_region("state", "24", "Maryland", square(-77, 38, -75, 41), usps="MD", vintage=2020)
    make_region("state", "51", "Virginia", square(-80, 36, -77, 38), usps="VA")
    layer = states_layer()
    assert layer
    newest = Region.objects.filter(geoid="24", vintage=2020) | Region.objects.filter(geoid="51", vintage=2016)
    assert {shape.region_id for shape in layer.shapes} == set(newest.values_list("pk", flat=True))


def test_a_thumbnail_holds_the_region_within_the_state(maryland: Region) -> None:
    outlines = dict(Region.objects.values_list("geoid", "outline"))
    picture = thumbnail("24", outlines["24"], outlines["24510"])
    left, top, right, bottom = box(picture.state)
    inner = box(picture.region)
    assert left < inner[0] < inner[2] < right
    assert top < inner[1] < inner[3] < bottom
    assert (right, bottom) == (picture.width - 10, picture.height - 10)
