"""The content of a .shp record as EWKB: positions are copied as they stand, so that a shape costs no object per vertex.

Source: ESRI Shapefile Technical Description (July 1998), Polygon, PolygonM and PolygonZ.
"""

import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from app.regions.geometry import multipolygon_ewkb_of_bytes

NULL = 0
AREA_TYPES = (5, 15, 25)
NAME_BY_TYPE = {
    0: "NULL", 1: "POINT", 3: "POLYLINE", 5: "POLYGON", 8: "MULTIPOINT",
    11: "POINTZ", 13: "POLYLINEZ", 15: "POLYGONZ", 18: "MULTIPOINTZ",
    21: "POINTM", 23: "POLYLINEM", 25: "POLYGONM", 28: "MULTIPOINTM", 31: "MULTIPATCH",
}  # fmt: skip
_HEADER = struct.Struct("<i32xii")  # type, bounding box, number of rings, number of positions
_POSITION_BYTES = 16
_RING_MIN_POSITIONS = 4
# The high byte of a double of 2^1009 or more, of infinity and of NaN, in both signs.
_HIGH_BYTES_OFF_THE_GLOBE = (b"\x7f", b"\xff")


class OffGlobeError(Exception):
    """A coordinate is infinite, no number, or larger than any in degrees."""


@dataclass(frozen=True)
class Shape:
    """A record's shape.

    Attributes:
        ewkb: a multipolygon.
        mended: a ring that winds as a hole lies in no other ring; it was taken for land.
    """

    ewkb: bytes
    mended: bool


def read_shape(content: bytes, srid: int) -> Shape | None:
    """The areas of a record; None if it has none.

    Args:
        content: the record without its eight bytes of header.
        srid: of its coordinates.

    Raises:
        OffGlobeError: a coordinate can't be in degrees.
        ValueError: the record's numbers don't fit each other.
    """
    if content[:4] == b"\0\0\0\0":
        return None
    rings = _rings(content)
    if not rings:
        return None
    polygons, mended = _organised(rings)
    return Shape(multipolygon_ewkb_of_bytes(polygons, srid), mended)


def _rings(content: bytes) -> list[bytes | memoryview]:
    """The bytes of each ring's positions, closed; what encloses nothing is left out."""
    try:
        kind, ring_count, position_count = _HEADER.unpack_from(content)
        starts = struct.unpack_from(f"<{max(ring_count, 0)}i", content, _HEADER.size)
    except struct.error as error:
        raise ValueError("it is too short") from error
    if kind not in AREA_TYPES:
        raise ValueError(f"it holds no area but {NAME_BY_TYPE.get(kind, f'type {kind}')}")
    begin = _HEADER.size + 4 * len(starts)
    if begin + position_count * _POSITION_BYTES > len(content) or position_count < 0:
        raise ValueError(f"it claims {position_count} positions and is too short for them")
    spans = list(pairwise((*starts, position_count)))
    if any(not 0 <= start <= end for start, end in spans):
        raise ValueError("its rings overlap")
    positions = memoryview(content)[begin : begin + position_count * _POSITION_BYTES]
    high_bytes = bytes(positions[7::8])
    if any(byte in high_bytes for byte in _HIGH_BYTES_OFF_THE_GLOBE):
        raise OffGlobeError
    rings = [_closed(positions[start * _POSITION_BYTES : end * _POSITION_BYTES]) for start, end in spans]
    return [ring for ring in rings if len(ring) >= _RING_MIN_POSITIONS * _POSITION_BYTES]


def _closed(ring: memoryview) -> bytes | memoryview:
    first = ring[:_POSITION_BYTES]
    return ring if first == ring[-_POSITION_BYTES:] else bytes(ring) + bytes(first)


class _Ring:
    """A closed ring whose form matters because it is not the only one."""

    def __init__(self, positions: bytes | memoryview) -> None:
        self.positions = positions
        values = array("d", bytes(positions))
        self.xs, self.ys = values[::2], values[1::2]

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        return min(self.xs), min(self.ys), max(self.xs), max(self.ys)

    @cached_property
    def is_hole(self) -> bool:
        """Whether it winds counterclockwise; a ring without an area does not."""
        xs, ys = self.xs, self.ys
        # The lowest vertex is convex: the turn there is the ring's. The last position repeats the first one.
        lowest = ys.index(self.bounds[1])
        before, after = (lowest or len(ys) - 1) - 1, lowest + 1
        turn = (xs[lowest] - xs[before]) * (ys[after] - ys[lowest]) - (ys[lowest] - ys[before]) * (
            xs[after] - xs[lowest]
        )
        return (turn or self._twice_the_area()) > 0

    def _twice_the_area(self) -> float:
        # Relative to the first vertex, because far from the origin a small ring's area drowns in rounding.
        xs, ys = [x - self.xs[0] for x in self.xs], [y - self.ys[0] for y in self.ys]
        pairs = zip(xs, ys, xs[1:], ys[1:], strict=False)
        return sum(x * next_y - next_x * y for x, y, next_x, next_y in pairs)

    def may_hold(self, other: "_Ring") -> bool:
        west, south, east, north = self.bounds
        other_west, other_south, other_east, other_north = other.bounds
        return west <= other_west and south <= other_south and east >= other_east and north >= other_north

    def holds(self, other: "_Ring") -> bool:
        """Whether another ring that does not cross this one lies in it."""
        shared = set(zip(self.xs, self.ys, strict=True))
        free = (position for position in zip(other.xs, other.ys, strict=True) if position not in shared)
        position = next(free, None)
        return position is None or self._encloses(*position)

    def _encloses(self, x: float, y: float) -> bool:
        inside = False
        for x1, y1, x2, y2 in zip(self.xs, self.ys, self.xs[1:], self.ys[1:], strict=False):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
        return inside

    @property
    def extent(self) -> float:
        west, south, east, north = self.bounds
        return (east - west) * (north - south)


def _organised(rings: Sequence[bytes | memoryview]) -> tuple[list[list[bytes | memoryview]], bool]:
    """Polygons, each an outer ring followed by its holes; and whether a hole had to become an outer ring."""
    if len(rings) == 1:
        return [list(rings)], False
    read = [_Ring(ring) for ring in rings]
    holes_by_outer: dict[_Ring, list[_Ring]] = {ring: [] for ring in read if not ring.is_hole}
    outers = list(holes_by_outer)
    mended = False
    for hole in (ring for ring in read if ring.is_hole):
        outer = _outer_of(hole, outers)
        if outer is None:
            holes_by_outer[hole], mended = [], True
        else:
            holes_by_outer[outer].append(hole)
    polygons = [
        [outer.positions, *(hole.positions for hole in holes)] for outer, holes in holes_by_outer.items()
    ]
    return polygons, mended


def _outer_of(hole: _Ring, outers: Sequence[_Ring]) -> _Ring | None:
    """The innermost ring around a hole."""
    candidates = [outer for outer in outers if outer.may_hold(hole)]
    if len(candidates) > 1:
        # An island in a lake is an outer ring too, so the boxes of several may be around a hole.
        candidates = sorted(
            (outer for outer in candidates if outer.holds(hole)), key=lambda outer: outer.extent
        )
    return candidates[0] if candidates else None
