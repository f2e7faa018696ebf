"""The shapes that maps show, made once per import: stored by region, and as files of whole maps.

Positions go onto a grid in SQL, which keeps what neighbours share and makes the layer small enough for `topology`; no
more than one map is in memory at a time.
"""

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import reset_queries, transaction
from django.db.models import F, Max, Min
from django.db.models.functions import Substr

from app.regions.files import MapFile
from app.regions.geometry import SnapToGrid, multipolygon_ewkb, multipolygon_from_ewkb
from app.regions.models import Region, RegionKind, RegionOutline, RegionQuerySet, Zoom
from app.regions.topology import Cell, Shape, Topology, simplified

# A GEOID begins with its state's; that of a ZIP area, which belongs to no state, with the digits of its wider region.
_STATE_DIGITS = 2
# Powers of two, of which a float holds every multiple: 2^-7° is 870 m, a third of a pixel of the country's map.
_COUNTRY_STEP_DEGREES = 2.0**-7
_COARSEST_STATE_STEP_DEGREES = 2.0**-8
_FINEST_STATE_STEP_DEGREES = 2.0**-14
# Steps across a state's map, which has 1800 pixels.
_STATE_STEPS = 2048
_LEAST_AREA_CELLS = {Zoom.COUNTRY: 12.0, Zoom.STATE: 5.0}
# 33,000 ZIP areas make no readable map of the country, and a state needs no map that shows it alone.
_ZOOMS_BY_KIND: dict[str, tuple[Zoom, ...]] = {
    RegionKind.STATE: (Zoom.COUNTRY,),
    RegionKind.ZIP_AREA: (Zoom.STATE,),
}
_EXTREMES = {
    "least_west": Min("west"),
    "least_south": Min("south"),
    "most_east": Max("east"),
    "most_north": Max("north"),
}
_BATCH_ROWS = 100
_HALF_ROUND_DEGREES = 180


@dataclass(frozen=True)
class _Sheet:
    """The regions of one map.

    Attributes:
        name: the first digits of their GEOIDs; empty for the whole country.
        step_degrees: of its grid.
    """

    zoom: Zoom
    name: str
    step_degrees: float


@transaction.atomic
def draw_layer(kind: str, vintage: int) -> list[MapFile]:
    """Replace the outlines of one kind and vintage; a layer without regions loses them.

    It belongs into the transaction that imports the layer: whoever reads sees old regions with old outlines or new ones
    with new.

    Returns:
        The layer's files, to be published after that transaction.
    """
    layer = Region.objects.of(kind).filter(vintage=vintage)
    RegionOutline.objects.filter(region__kind=kind, region__vintage=vintage).delete()
    return [_draw_sheet(layer, kind, vintage, sheet) for sheet in _sheets(layer, kind)]


def _sheets(layer: RegionQuerySet, kind: str) -> Iterator[_Sheet]:
    zooms = _ZOOMS_BY_KIND.get(kind, tuple(Zoom))
    if Zoom.COUNTRY in zooms and layer.exists():
        yield _Sheet(Zoom.COUNTRY, "", _COUNTRY_STEP_DEGREES)
    if Zoom.STATE in zooms:
        by_digits = (
            layer.annotate(digits=Substr("geoid", 1, _STATE_DIGITS)).order_by("digits").values("digits")
        )
        # The stubs know the first of the columns alone.
        rows: Any = by_digits.annotate(**_EXTREMES)
        for row in rows:
            yield _Sheet(Zoom.STATE, row["digits"], _state_step_degrees(row))


def _state_step_degrees(bounds: dict[str, Any]) -> float:
    height = bounds["most_north"] - bounds["least_south"]
    width = bounds["most_east"] - bounds["least_west"]
    if width > _HALF_ROUND_DEGREES:
        # Alaska, on both sides of the 180th meridian.
        width = height
    width *= math.cos(math.radians((bounds["most_north"] + bounds["least_south"]) / 2))
    step = 2.0 ** math.floor(math.log2(max(width, height) / _STATE_STEPS))
    return min(max(step, _FINEST_STATE_STEP_DEGREES), _COARSEST_STATE_STEP_DEGREES)


def _draw_sheet(layer: RegionQuerySet, kind: str, vintage: int, sheet: _Sheet) -> MapFile:
    regions = layer.filter(geoid__startswith=sheet.name).order_by("geoid")
    rows = [(region.pk, region.geoid, region.full_name) for region in regions.without_shapes()]
    topology = simplified(_cells(regions, sheet.step_degrees), _LEAST_AREA_CELLS[sheet.zoom])
    RegionOutline.objects.bulk_create(
        (
            RegionOutline(region_id=pk, zoom=sheet.zoom, shape=_ewkb(topology, geoid, sheet.step_degrees))
            for pk, geoid, _ in rows
        ),
        batch_size=_BATCH_ROWS,
    )
    # With DEBUG Django keeps each statement, with the outlines in it.
    reset_queries()
    names = {geoid: full_name for _, geoid, full_name in rows}
    return MapFile(
        kind, vintage, sheet.zoom, sheet.name, len(rows), _topojson(topology, names, sheet.step_degrees)
    )


def _cells(regions: RegionQuerySet, step: float) -> Iterator[tuple[str, Shape]]:
    snapped = regions.annotate(snapped=SnapToGrid(F("geometry"), step))
    rows = snapped.values_list("geoid", "snapped", "west", "south", named=True)
    for row in rows.iterator(chunk_size=_BATCH_ROWS):
        polygons = multipolygon_from_ewkb(row.snapped) if row.snapped else []
        # Smaller than the grid: its place is all that is left of it.
        place = [[[(row.west, row.south)]]]
        yield row.geoid, [[_on_grid(ring, step) for ring in polygon] for polygon in polygons or place]


def _on_grid(ring: Sequence[tuple[float, float]], step: float) -> list[Cell]:
    return [(round(longitude / step), round(latitude / step)) for longitude, latitude in ring]


def _ewkb(topology: Topology, geoid: str, step: float) -> bytes:
    return multipolygon_ewkb(
        [[[(x * step, y * step) for x, y in ring] for ring in polygon] for polygon in topology.shape(geoid)]
    )


def _topojson(topology: Topology, names: dict[str, str], step: float) -> bytes:
    """A Topology object of the TopoJSON specification, quantised, its regions in the object `regions`."""
    geometries = [
        {"type": "MultiPolygon", "id": geoid, "properties": {"name": names[geoid]}, "arcs": arcs}
        for geoid, arcs in topology.shapes.items()
    ]
    return json.dumps(
        {
            "type": "Topology",
            "transform": {"scale": [step, step], "translate": [0, 0]},
            "objects": {"regions": {"type": "GeometryCollection", "geometries": geometries}},
            "arcs": [_steps(arc) for arc in topology.cells()],
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def _steps(arc: Sequence[Cell]) -> list[Cell]:
    """The first cell, then the way from each to the next."""
    return [arc[0], *((x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in itertools.pairwise(arc))]
