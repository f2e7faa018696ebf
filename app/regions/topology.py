"""Areas that share their borders, simplified so that they still share them.

A layer's shapes come on a grid of whole numbers. Their rings are cut into arcs, the stretches of border between two
junctions; an arc that two areas share is one arc, simplified once, so no gap opens between them. Arcs are what TopoJSON
is made of: https://github.com/topojson/topojson-specification
"""

import heapq
import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Cell = tuple[int, int]
Ring = Sequence[Cell]  # closed: the last is the first
Shape = Sequence[Sequence[Ring]]  # polygons, each an outer ring followed by its holes
# Cells as `_number` writes them, eight bytes each; as pairs, the half million of a large map would take 70 MB.
Line: TypeAlias = "array[int]"

_LEAST_RING = 4  # cells, the first one twice
# That stand behind while junctions are looked for; fewer would be sought out too often.
_KEPT_CELLS = 10_000


@dataclass(frozen=True)
class Topology:
    """Shapes as references to arcs.

    Attributes:
        arcs: each once.
        shapes: by key: polygons of rings of arcs; `~n` is arc n walked backwards, as in TopoJSON.
    """

    arcs: list[Line]
    shapes: dict[str, list[list[list[int]]]]

    def cells(self) -> Iterator[list[Cell]]:
        """The arcs, one after the other."""
        return map(_cells, self.arcs)

    def ring(self, references: Iterable[int]) -> list[Cell]:
        """The closed ring that arcs make."""
        line = array("q")
        for reference in references:
            arc = self.arcs[reference] if reference >= 0 else self.arcs[~reference][::-1]
            line += arc[1:] if line else arc
        return _cells(line)

    def shape(self, key: str) -> list[list[list[Cell]]]:
        return [[self.ring(ring) for ring in polygon] for polygon in self.shapes[key]]


def simplified(shapes: Iterable[tuple[str, Shape]], least_area: float) -> Topology:
    """The shapes with fewer corners, every key among them.

    Corners go in the order of the triangle that they make with their neighbours, the smallest first (Visvalingam and
    Whyatt 1993, "Line generalisation by repeated elimination of points"). Islands and lakes smaller than `least_area`
    go with them, but never all of a shape.

    Args:
        shapes: by key, read once; on a grid of whole numbers below 2^31; shared borders have the same cells on either
            side.
        least_area: of the triangles that stay, in cells.
    """
    whole = _cut({key: _walkable(shape) for key, shape in shapes})
    arcs = [_thinned(arc, least_area) for arc in whole.arcs]
    for polygons in whole.shapes.values():
        _keep_largest(polygons, whole, arcs)
    thinned = Topology(arcs, whole.shapes)
    return _renumbered(Topology(arcs, _without_specks(thinned, least_area)))


def doubled_area(ring: Sequence[Cell]) -> int:
    """Twice the area of a closed ring, in cells, whichever way round it runs (the shoelace formula)."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)))


def _number(cell: Cell) -> int:
    """A cell as one number, which sorts as the cell does."""
    x, y = cell
    return (x << 32) + y


def _cells(line: Iterable[int]) -> list[Cell]:
    # Rounded, because a y below 0 has taken one from x.
    columns = ((number, (number + (1 << 31)) >> 32) for number in line)
    return [(x, number - (x << 32)) for number, x in columns]


def _walkable(shape: Shape) -> list[list[Line]]:
    """The shape without what the grid has made of no area; a shape that is nothing else keeps a cell's square."""
    polygons = []
    for outer, *holes in shape:
        cleaned = _without_spikes(outer)
        if cleaned:
            polygons.append([cleaned, *filter(None, map(_without_spikes, holes))])
    return polygons or [[_square(shape)]]


def _square(shape: Shape) -> Line:
    x, y = shape[0][0][0]
    return array("q", map(_number, [(x, y), (x, y + 1), (x + 1, y + 1), (x + 1, y), (x, y)]))


def _without_spikes(ring: Ring) -> Line:
    """A closed ring without repeated cells and without steps there and back; empty if nothing is left."""
    cells: list[int] = []
    for cell in map(_number, ring[:-1]):
        if cells and cells[-1] == cell:
            continue
        if len(cells) > 1 and cells[-2] == cell:
            cells.pop()
        else:
            cells.append(cell)
    while len(cells) > 1 and (cells[0] == cells[-1] or cells[1] == cells[-1] or cells[0] == cells[-2]):
        if cells[1] == cells[-1]:
            cells.pop(0)
        else:
            cells.pop()
    return array("q", [*cells, cells[0]] if len(cells) >= _LEAST_RING - 1 else [])


def _cut(rings: dict[str, list[list[Line]]]) -> Topology:
    """The rings as arcs between junctions."""
    junctions = _junctions(ring for polygons in rings.values() for polygon in polygons for ring in polygon)
    index_by_arc: dict[bytes, int] = {}
    references = {
        key: [[_references(ring, junctions, index_by_arc) for ring in polygon] for polygon in polygons]
        for key, polygons in rings.items()
    }
    return Topology([array("q", arc) for arc in index_by_arc], references)


def _junctions(rings: Iterable[Line]) -> set[int]:
    """The cells whose neighbours are not the same wherever they occur: three borders meet there, or a shape itself.

    It goes from west to east and forgets what lies behind, as neighbours take many times the memory of the rings.
    """
    neighbours: dict[int, tuple[int, int]] = {}
    most = _KEPT_CELLS
    junctions: set[int] = set()
    for ring in sorted(rings, key=min):
        if len(neighbours) > most:
            west = min(ring)
            neighbours = {cell: pair for cell, pair in neighbours.items() if cell >= west}
            most = 2 * len(neighbours) + _KEPT_CELLS
        before = ring[-2]
        for here, after in itertools.pairwise(ring):
            pair = (before, after) if before < after else (after, before)
            if neighbours.setdefault(here, pair) != pair:
                junctions.add(here)
            before = here
    return junctions


def _references(ring: Line, junctions: set[int], index_by_arc: dict[bytes, int]) -> list[int]:
    return [_reference(arc, index_by_arc) for arc in _arcs(ring, junctions)]


def _arcs(ring: Line, junctions: set[int]) -> Iterator[Line]:
    open_ring = ring[:-1]
    # A whole ring that two shapes may share begins at the same cell in both.
    starts = [at for at, cell in enumerate(open_ring) if cell in junctions] or [open_ring.index(min(ring))]
    first = starts[0]
    around = open_ring[first:] + open_ring[: first + 1]
    for start, end in itertools.pairwise([*starts, first + len(open_ring)]):
        yield around[start - first : end - first + 1]


def _reference(arc: Line, index_by_arc: dict[bytes, int]) -> int:
    backwards = arc[::-1]
    if arc <= backwards:
        return index_by_arc.setdefault(arc.tobytes(), len(index_by_arc))
    return ~index_by_arc.setdefault(backwards.tobytes(), len(index_by_arc))


def _thinned(line: Line, least_area: float) -> Line:
    """The arc without the corners whose triangle is smaller; its ends stay, and three corners of a closed one."""
    arc = _cells(line)
    last = len(arc) - 1
    least_left = _LEAST_RING if arc[0] == arc[-1] else 2
    before, after = list(range(-1, last)), list(range(1, last + 2))
    areas = [0.0, *(_triangle(arc, at - 1, at, at + 1) for at in range(1, last)), 0.0]
    heap = [(areas[at], at) for at in range(1, last)]
    heapq.heapify(heap)
    gone: set[int] = set()
    while heap and len(arc) - len(gone) > least_left:
        area, at = heapq.heappop(heap)
        if area >= least_area:
            break
        if at in gone or area != areas[at]:
            continue
        gone.add(at)
        left, right = before[at], after[at]
        after[left], before[right] = right, left
        for corner in (left, right):
            if 0 < corner < last:
                # Not below what has gone already, or a line of small corners would go all at once.
                areas[corner] = max(area, _triangle(arc, before[corner], corner, after[corner]))
                heapq.heappush(heap, (areas[corner], corner))
    return array("q", (cell for number, cell in enumerate(line) if number not in gone))


def _triangle(arc: Sequence[Cell], first: int, second: int, third: int) -> float:
    (x1, y1), (x2, y2), (x3, y3) = arc[first], arc[second], arc[third]
    return abs((x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1)) / 2


def _keep_largest(polygons: list[list[list[int]]], whole: Topology, arcs: list[Line]) -> None:
    """Give a shape of which nothing would be left the arcs of its largest part back."""
    outers = [polygon[0] for polygon in polygons]
    thinned = Topology(arcs, {})
    if any(doubled_area(thinned.ring(outer)) for outer in outers):
        return
    largest = max(outers, key=lambda outer: doubled_area(whole.ring(outer)))
    for reference in largest:
        arcs[_index(reference)] = whole.arcs[_index(reference)]


def _without_specks(topology: Topology, least_area: float) -> dict[str, list[list[list[int]]]]:
    """The shapes without their small parts, and without the small holes that no other shape is in."""
    parts = {key: _large_parts(topology, polygons, least_area) for key, polygons in topology.shapes.items()}
    filled = {_index(arc) for polygons in parts.values() for outer, *_ in polygons for arc in outer}

    def stays(hole: list[int]) -> bool:
        doubled = doubled_area(topology.ring(hole))
        return doubled > 0 and (doubled >= 2 * least_area or not filled.isdisjoint(map(_index, hole)))

    return {
        key: [[outer, *filter(stays, holes)] for outer, *holes in polygons] for key, polygons in parts.items()
    }


def _large_parts(
    topology: Topology, polygons: list[list[list[int]]], least_area: float
) -> list[list[list[int]]]:
    areas = [doubled_area(topology.ring(polygon[0])) for polygon in polygons]
    least = max(1, min(2 * least_area, max(areas)))
    return [polygon for polygon, area in zip(polygons, areas, strict=True) if area >= least]


def _index(reference: int) -> int:
    return max(reference, ~reference)


def _renumbered(topology: Topology) -> Topology:
    """Without the arcs that no shape has any more."""
    used = set(map(_index, _all_references(topology)))
    order = sorted(used)
    number_by_index = {index: number for number, index in enumerate(order)}

    def renumber(reference: int) -> int:
        return number_by_index[reference] if reference >= 0 else ~number_by_index[~reference]

    shapes = {
        key: [[[renumber(reference) for reference in ring] for ring in polygon] for polygon in polygons]
        for key, polygons in topology.shapes.items()
    }
    return Topology([topology.arcs[index] for index in order], shapes)


def _all_references(topology: Topology) -> Iterator[int]:
    for polygons in topology.shapes.values():
        for polygon in polygons:
            for ring in polygon:
                yield from ring
