"""Areas that share their borders, simplified so that they still share them.

A layer's shapes come on a grid of whole numbers. Their rings are cut into arcs, the stretches of border between two
junctions; an arc that two areas share is one arc, simplified once, so no gap opens between them. Arcs are what TopoJSON
is made of: https://github.com/topojson/topojson-specification
"""

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Cell = tuple[int, int]
Ring = Sequence[Cell]  # closed: the last is the first
Shape = Sequence[Sequence[Ring]]  # polygons, each an outer ring followed by its holes
Arc = tuple[Cell, ...]

_LEAST_RING = 4  # cells, the first one twice


@dataclass(frozen=True)
class Topology:
    """Shapes as references to arcs.

    Attributes:
        arcs: each once.
        shapes: by key: polygons of rings of arcs; `~n` is arc n walked backwards, as in TopoJSON.
    """

    arcs: list[Arc]
    shapes: dict[str, list[list[list[int]]]]

    def ring(self, references: Iterable[int]) -> list[Cell]:
        """The closed ring that arcs make."""
        cells: list[Cell] = []
        for reference in references:
            arc = self.arcs[reference] if reference >= 0 else self.arcs[~reference][::-1]
            cells += arc[1:] if cells else arc
        return cells

    def shape(self, key: str) -> list[list[list[Cell]]]:
        return [[self.ring(ring) for ring in polygon] for polygon in self.shapes[key]]


def simplified(shapes: Mapping[str, Shape], least_area: float) -> Topology:
    """The shapes with fewer corners, every key among them.

    Corners go in the order of the triangle that they make with their neighbours, the smallest first (Visvalingam and
    Whyatt 1993, "Line generalisation by repeated elimination of points"). Islands and lakes smaller than `least_area`
    go with them, but never all of a shape.

    Args:
        shapes: on a grid of whole numbers; shared borders have the same cells on either side.
        least_area: of the triangles that stay, in cells.
    """
    rings = {key: _walkable(shape) for key, shape in shapes.items()}
    junctions = _junctions(ring for polygons in rings.values() for polygon in polygons for ring in polygon)
    index_by_arc: dict[Arc, int] = {}
    references = {
        key: [[_references(ring, junctions, index_by_arc) for ring in polygon] for polygon in polygons]
        for key, polygons in rings.items()
    }
    whole = Topology(list(index_by_arc), references)
    arcs = [_thinned(arc, least_area) for arc in whole.arcs]
    for polygons in references.values():
        _keep_largest(polygons, whole, arcs)
    thinned = Topology(arcs, references)
    return _renumbered(Topology(arcs, _without_specks(thinned, least_area)))


def doubled_area(ring: Sequence[Cell]) -> int:
    """Twice the area of a closed ring, in cells, whichever way round it runs (the shoelace formula)."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(ring)))


def _walkable(shape: Shape) -> list[list[list[Cell]]]:
    """The shape without what the grid has made of no area; a shape that is nothing else keeps a cell's square."""
    polygons = []
    for outer, *holes in shape:
        cleaned = _without_spikes(outer)
        if cleaned:
            polygons.append([cleaned, *filter(None, map(_without_spikes, holes))])
    return polygons or [[_square(shape)]]


def _square(shape: Shape) -> list[Cell]:
    x, y = shape[0][0][0]
    return [(x, y), (x, y + 1), (x + 1, y + 1), (x + 1, y), (x, y)]


def _without_spikes(ring: Ring) -> list[Cell]:
    """A closed ring without repeated cells and without steps there and back; empty if nothing is left."""
    cells: list[Cell] = []
    for cell in ring[:-1]:
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
    return [*cells, cells[0]] if len(cells) >= _LEAST_RING - 1 else []


def _junctions(rings: Iterable[Sequence[Cell]]) -> set[Cell]:
    """The cells whose neighbours are not the same wherever they occur: three borders meet there, or a shape itself."""
    neighbours: dict[Cell, tuple[Cell, Cell]] = {}
    junctions: set[Cell] = set()
    for ring in rings:
        before = ring[-2]
        for here, after in itertools.pairwise(ring):
            pair = (before, after) if before < after else (after, before)
            if neighbours.setdefault(here, pair) != pair:
                junctions.add(here)
            before = here
    return junctions


def _references(ring: Sequence[Cell], junctions: set[Cell], index_by_arc: dict[Arc, int]) -> list[int]:
    return [_reference(arc, index_by_arc) for arc in _arcs(ring, junctions)]


def _arcs(ring: Sequence[Cell], junctions: set[Cell]) -> Iterator[Arc]:
    open_ring = ring[:-1]
    starts = [number for number, cell in enumerate(open_ring) if cell in junctions]
    if not starts:
        # A whole ring that two shapes may share begins at the same cell in both.
        first = open_ring.index(min(open_ring))
        yield (*open_ring[first:], *open_ring[: first + 1])
        return
    for start, end in zip(starts, [*starts[1:], starts[0] + len(open_ring)], strict=True):
        around = (*open_ring[start:], *open_ring[: start + 1]) if end >= len(open_ring) else ring
        offset = start if end >= len(open_ring) else 0
        yield tuple(around[start - offset : end - offset + 1])


def _reference(arc: Arc, index_by_arc: dict[Arc, int]) -> int:
    backwards = arc[::-1]
    if arc <= backwards:
        return index_by_arc.setdefault(arc, len(index_by_arc))
    return ~index_by_arc.setdefault(backwards, len(index_by_arc))


def _thinned(arc: Arc, least_area: float) -> Arc:
    """The arc without the corners whose triangle is smaller; its ends stay, and three corners of a closed one."""
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
    return tuple(cell for number, cell in enumerate(arc) if number not in gone)


def _triangle(arc: Arc, first: int, second: int, third: int) -> float:
    (x1, y1), (x2, y2), (x3, y3) = arc[first], arc[second], arc[third]
    return abs((x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1)) / 2


def _keep_largest(polygons: list[list[list[int]]], whole: Topology, arcs: list[Arc]) -> None:
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
