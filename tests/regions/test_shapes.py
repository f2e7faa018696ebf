"""Which rings of a record are land and which are holes, and what can't be read."""

import io
import struct
from collections.abc import Sequence

import pytest
import shapefile
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.regions.geometry import NAD83, Ring, multipolygon_from_ewkb
from app.regions.shapes import OffGlobeError, Shape, read_shape
from tests.shapes import square

BIG, LAKE, ISLAND, POND = (square(0 + d, 0 + d, 10 - d, 10 - d) for d in (0, 2, 3, 4))
NAN, INFINITE = float("nan"), float("inf")


def content(rings: Sequence[Ring], kind: int = shapefile.POLYGON) -> bytes:
    """What pyshp writes as the one record of a file."""
    shp = io.BytesIO()
    with shapefile.Writer(shp=shp, shx=io.BytesIO(), shapeType=kind) as writer:
        if kind == shapefile.POLYGONZ:
            writer.polyz([[(x, y, 5.0) for x, y in ring] for ring in rings])
        elif kind == shapefile.POLYGONM:
            writer.polym([[(x, y, 5.0) for x, y in ring] for ring in rings])
        else:
            writer.poly([list(ring) for ring in rings])
    return shp.getvalue()[108:]


def raw(*rings: Sequence[tuple[float, ...]], kind: int = 5) -> bytes:
    """As `content`, where pyshp would not write it."""
    positions = [position for ring in rings for position in ring]
    starts = [sum(len(ring) for ring in rings[:index]) for index in range(len(rings))]
    head = struct.pack(f"<i4dii{len(rings)}i", kind, 0, 0, 0, 0, len(rings), len(positions), *starts)
    return head + b"".join(struct.pack("<dd", *position) for position in positions)


def read(rings: Sequence[Ring], kind: int = shapefile.POLYGON) -> Shape:
    shape = read_shape(content(rings, kind), NAD83)
    assert shape
    return shape


def polygons(shape: Shape) -> set[frozenset[Ring]]:
    found = multipolygon_from_ewkb(shape.ewkb)
    return {frozenset(tuple(ring) for ring in rings) for rings in found}


def rings_of(*polygons: Sequence[Ring]) -> set[frozenset[Ring]]:
    return {frozenset(tuple(ring) for ring in rings) for rings in polygons}


@pytest.mark.parametrize("kind", [shapefile.POLYGON, shapefile.POLYGONZ, shapefile.POLYGONM])
def test_rings_in_rings_alternate(kind: int) -> None:
    rings = [POND[::-1], ISLAND, LAKE[::-1], BIG]
    shape = read(rings, kind)
    assert polygons(shape) == rings_of([BIG, LAKE[::-1]], [ISLAND, POND[::-1]])
    assert not shape.mended
    assert shapely.is_valid(shapely.from_wkb(shape.ewkb))


def test_the_hole_of_a_neighbour_in_the_same_box_is_not_taken() -> None:
    around = [(0, 0), (0, 10), (10, 10), (10, 0), (8, 0), (8, 8), (2, 8), (2, 0), (0, 0)]
    inner, hole = square(3, 1, 7, 7), square(4, 2, 6, 6)[::-1]
    assert polygons(read([around, inner, hole])) == rings_of([around], [inner, hole])


def test_a_hole_that_touches_its_ring_from_within_belongs_to_it() -> None:
    touching = [(0.0, 0.0), (4.0, 2.0), (2.0, 4.0), (0.0, 0.0)]
    assert polygons(read([BIG, touching, square(20, 0, 30, 10)])) == rings_of(
        [BIG, touching], [square(20, 0, 30, 10)]
    )


def test_a_hole_in_nothing_is_land_and_counts_as_mended() -> None:
    shape = read([BIG, square(20, 0, 30, 10)[::-1]])
    assert polygons(shape) == rings_of([BIG], [square(20, 0, 30, 10)[::-1]])
    assert shape.mended


def test_a_single_ring_is_land_whichever_way_it_winds() -> None:
    assert polygons(read([BIG[::-1]])) == rings_of([BIG[::-1]])


@given(st.floats(0, 6.28), st.integers(3, 9), st.booleans(), st.sampled_from((1e-6, 1e-3, 1.0)))
def test_the_way_a_ring_winds_is_seen(turn: float, corners: int, is_hole: bool, size: float) -> None:  # noqa: FBT001 - drawn by hypothesis
    """Whatever vertex it begins with, flat at the bottom or not, far from the origin or not."""
    around = shapely.Point(-77, 39).buffer(size)
    circle = shapely.affinity.rotate(
        shapely.Point(-77, 39).buffer(size / 2, quad_segs=corners), turn, use_radians=True
    )
    ring = shapely.geometry.polygon.orient(circle, 1.0 if is_hole else -1.0).exterior.coords[:]
    outer = shapely.geometry.polygon.orient(around, -1.0).exterior.coords[:]
    shape = read_shape(raw(outer, ring), NAD83)
    assert shape
    assert [len(rings) for rings in multipolygon_from_ewkb(shape.ewkb)] == ([2] if is_hole else [1, 1])


@pytest.mark.parametrize("start", range(4))
def test_a_ring_with_a_flat_bottom_may_begin_anywhere(start: int) -> None:
    corners = [(1.0, 1.0), (4.0, 1.0), (9.0, 1.0), (5.0, 5.0)]
    turned = [*corners[start:], *corners[:start]]
    assert polygons(read([BIG, [*turned, turned[0]]])) == rings_of([BIG, [*turned, turned[0]]])


def test_repeated_positions_do_not_hide_the_way_a_ring_winds() -> None:
    corners = [(1.0, 1.0), (1.0, 1.0), (9.0, 1.0), (9.0, 1.0), (5.0, 5.0), (1.0, 1.0)]
    assert polygons(read([BIG, corners])) == rings_of([BIG, corners])


@pytest.mark.parametrize(
    "broken",
    [
        raw(BIG)[:20],
        raw(BIG)[:-1],
        raw(BIG, kind=1),
        raw(BIG)[:36] + struct.pack("<i", 2**31 - 1) + raw(BIG)[40:],
        raw(BIG)[:40] + struct.pack("<i", -1) + raw(BIG)[44:],
        raw(BIG, LAKE)[:48] + struct.pack("<i", 11) + raw(BIG, LAKE)[52:],
        raw(BIG, LAKE)[:48] + struct.pack("<i", -1) + raw(BIG, LAKE)[52:],
    ],
    ids=["no header", "cut", "a point", "rings", "positions", "behind the end", "before the begin"],
)
def test_a_record_whose_numbers_do_not_fit_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"too short|no area|overlap"):
        read_shape(broken, NAD83)


@pytest.mark.parametrize("position", [(NAN, 39.0), (-77.0, NAN), (-INFINITE, 39.0), (-77.0, 1e308)])
def test_a_coordinate_that_is_no_degree_is_told_apart(position: tuple[float, float]) -> None:
    with pytest.raises(OffGlobeError):
        read_shape(raw([(-77.0, 39.0), position, (-76.0, 39.0), (-77.0, 39.0)]), NAD83)


@pytest.mark.parametrize("empty", [b"\0\0\0\0", raw(), raw([(0, 0), (1, 1), (0, 0)])])
def test_what_encloses_nothing_is_no_shape(empty: bytes) -> None:
    assert read_shape(empty, NAD83) is None
