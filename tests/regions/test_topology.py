"""Borders are thinned once for both sides, and nothing disappears."""

import itertools
import tracemalloc
from collections.abc import Iterator
from typing import Any

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.regions.topology import Cell, Shape, doubled_area, simplified

JAGGED = [(10, 0), (11, 1), (10, 2), (11, 3), (9, 4), (10, 5), (10, 6), (12, 7), (10, 8), (9, 9), (10, 10)]
WEST: Shape = [[[(0, 0), (0, 10), *JAGGED[::-1], (0, 0)]]]
EAST: Shape = [[[*JAGGED, (20, 10), (20, 0), (10, 0)]]]


def area(shape: Shape) -> float:
    return sum(doubled_area(outer) - sum(map(doubled_area, holes)) for outer, *holes in shape) / 2


def as_polygons(shape: Shape) -> Any:
    parts = [shapely.Polygon(outer, holes) for outer, *holes in shape]
    return shapely.make_valid(shapely.MultiPolygon(parts))


def test_a_shared_border_is_one_arc_and_stays_shared() -> None:
    topology = simplified({"west": WEST, "east": EAST}.items(), 2)
    assert len(topology.arcs) == 3
    (west,), (east,) = topology.shapes["west"][0], topology.shapes["east"][0]
    assert {~reference for reference in west} & set(east)
    corners = [cell for cell in topology.shape("west")[0][0] if 5 < cell[0] < 15]
    assert len(corners) < len(JAGGED)
    assert area(topology.shape("west")) + area(topology.shape("east")) == 200


def test_the_ring_of_an_enclave_and_the_hole_around_it_are_one_arc() -> None:
    enclave = [(4, 4), (4, 8), (5, 9), (8, 8), (8, 4), (4, 4)]
    outer = [(0, 0), (0, 20), (20, 20), (20, 0), (0, 0)]
    # The hole runs the other way round and begins elsewhere.
    hole = [(8, 8), (5, 9), (4, 8), (4, 4), (8, 4), (8, 8)]
    topology = simplified({"around": [[outer, hole]], "within": [[enclave]]}.items(), 3)
    assert len(topology.arcs) == 2
    assert area(topology.shape("around")) + area(topology.shape("within")) == 400


def test_a_hole_that_a_small_region_fills_stays_and_an_empty_one_goes() -> None:
    outer = [(0, 0), (0, 20), (20, 20), (20, 0), (0, 0)]
    enclave = [(4, 4), (4, 6), (6, 6), (6, 4), (4, 4)]
    lake = [(10, 10), (12, 10), (12, 12), (10, 12), (10, 10)]
    topology = simplified({"around": [[outer, enclave[::-1], lake]], "within": [[enclave]]}.items(), 50)
    assert area(topology.shape("within")) > 0
    assert area(topology.shape("around")) == 400 - area(topology.shape("within"))


def test_a_corner_where_three_meet_stays() -> None:
    meeting = (10, 1)
    left: Shape = [[[(0, 0), (0, 10), (10, 10), meeting, (10, 0), (0, 0)]]]
    upper: Shape = [[[meeting, (10, 10), (20, 10), (20, 1), meeting]]]
    lower: Shape = [[[(10, 0), meeting, (20, 1), (20, 0), (10, 0)]]]
    topology = simplified({"left": left, "upper": upper, "lower": lower}.items(), 1_000)
    for key in topology.shapes:
        assert meeting in topology.shape(key)[0][0]


def test_small_islands_go_and_the_largest_part_stays() -> None:
    islands: Shape = [
        [[(x, 0), (x, size), (x + size, size), (x + size, 0), (x, 0)]] for x, size in ((0, 1), (5, 3))
    ]
    topology = simplified({"islands": islands}.items(), 50)
    assert len(topology.shape("islands")) == 1
    assert topology.shape("islands")[0][0][0][0] >= 5
    assert len(topology.arcs) == 1


def test_a_strip_that_thinning_would_flatten_keeps_its_shape_on_both_sides() -> None:
    strip = [(0, 0), (0, 1), (30, 1), (30, 0), (0, 0)]
    above = [(0, 1), (0, 30), (30, 30), (30, 1), (0, 1)]
    below = [(0, 0), (30, 0), (30, -30), (0, -30), (0, 0)]
    topology = simplified({"strip": [[strip]], "above": [[above]], "below": [[below]]}.items(), 20)
    assert area(topology.shape("strip")) == 30


def test_a_shape_that_the_grid_pressed_flat_keeps_a_speck() -> None:
    flat: Shape = [[[(3, 3), (4, 3), (5, 3), (4, 3), (3, 3)]]]
    point: Shape = [[[(7, 7)]]]
    topology = simplified({"flat": flat, "point": point}.items(), 1)
    assert area(topology.shape("flat")) > 0
    assert area(topology.shape("point")) > 0
    assert (7, 7) in topology.shape("point")[0][0]


def test_steps_there_and_back_are_no_border() -> None:
    spiked: Shape = [[[(0, 0), (0, 9), (0, 12), (0, 9), (9, 9), (9, 0), (0, 0)]]]
    topology = simplified({"spiked": spiked}.items(), 0.5)
    assert (0, 12) not in topology.shape("spiked")[0][0]
    assert area(topology.shape("spiked")) == 81


@given(x=st.integers(-30, 30), y=st.integers(-30, 30))
def test_it_is_the_same_on_either_side_of_the_equator_and_of_greenwich(x: int, y: int) -> None:
    def moved(shape: Shape, east: int, north: int) -> Shape:
        return [[[(x + east, y + north) for x, y in ring] for ring in polygon] for polygon in shape]

    there = simplified({"west": moved(WEST, x, y), "east": moved(EAST, x, y)}.items(), 2)
    here = simplified({"west": WEST, "east": EAST}.items(), 2)
    assert there.shapes == here.shapes
    for key in here.shapes:
        assert there.shape(key) == moved(here.shape(key), x, y)


ACROSS, SIDE = 20, 50


def chequered() -> Iterator[tuple[str, Shape]]:
    """Squares that cover a larger one, with a corner at every cell of their sides."""
    for west, south in itertools.product(range(0, ACROSS * SIDE, SIDE), repeat=2):
        east, north = west + SIDE, south + SIDE
        sides = (
            [(west, y) for y in range(south, north)],
            [(x, north) for x in range(west, east)],
            [(east, y) for y in range(north, south, -1)],
            [(x, south) for x in range(east, west, -1)],
        )
        yield f"{west} {south}", [[[*itertools.chain(*sides), (west, south)]]]


def test_every_side_of_a_large_map_is_one_arc() -> None:
    topology = simplified(chequered(), 1)
    # But that the two at each corner of the map are one.
    assert len(topology.arcs) == 2 * ACROSS * (ACROSS + 1) - 4
    assert sum(area(topology.shape(key)) for key in topology.shapes) == (ACROSS * SIDE) ** 2


def test_a_large_map_takes_a_few_bytes_for_each_of_its_cells() -> None:
    cells = ACROSS**2 * 4 * SIDE
    tracemalloc.start()
    try:
        simplified(chequered(), 1)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 60 * cells


@given(
    cuts=st.lists(st.integers(1, 39), min_size=1, max_size=6, unique=True).map(sorted),
    wiggles=st.lists(st.integers(-1, 1), min_size=9, max_size=9),
    least_area=st.sampled_from([0.5, 2, 8, 40]),
)
@settings(max_examples=60)
def test_neighbours_neither_overlap_nor_part(cuts: list[int], wiggles: list[int], least_area: float) -> None:
    """Columns between borders that wiggle, cut from one rectangle."""

    def border(x: int) -> list[Cell]:
        # Three cells apart, so that neighbours' wiggles can't meet.
        return [(3 * x, 0), *((3 * x + wiggle, y) for y, wiggle in enumerate(wiggles, 1)), (3 * x, 10)]

    edges = [border(x) for x in (0, *cuts, 40)]
    shapes: dict[str, Shape] = {
        str(number): [[[*left, *right[::-1], left[0]]]]
        for number, (left, right) in enumerate(itertools.pairwise(edges))
    }
    topology = simplified(shapes.items(), least_area)
    drawn = [as_polygons(topology.shape(key)) for key in shapes]
    assert list(topology.shapes) == list(shapes)
    union: Any = shapely.union_all(drawn)
    assert union.area == sum(shape.area for shape in drawn)
