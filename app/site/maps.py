"""Layers of regions as SVG paths, in pure Python, made once per import and kept in the cache."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, FilteredRelation, Max, Q, Sum

from app.regions.geometry import Position, multipolygon_from_ewkb
from app.regions.models import Region, RegionKind, RegionQuerySet, Zoom
from app.site.projections import Albers, Box, Frame, Pixel, local_albers

Polygons = Sequence[Sequence[Sequence[Position]]]

# A day: the key changes with the regions, so this only bounds what is kept of layers that are gone.
_CACHE_SECONDS = 86_400
# Islands below this are specks that cost bytes; a region's largest part is always drawn.
_LEAST_AREA_SQUARE_PIXELS = 9
_LEAST_RING = 3  # corners

# In pixels of the drawing, twice those of a wide screen, so that whole numbers are fine enough for a sharp one.
COUNTRY_SIZE = (1960, 1230)
STATE_SIZE = (1800, 1280)
THUMBNAIL_SIZE = (600, 480)
_MARGIN = 10

# Where each frame of the country's map has to reach: its extreme points, longitude first.
_LOWER_48 = (
    (-124.73, 48.38),
    (-124.41, 40.44),
    (-95.15, 49.38),
    (-97.4, 25.84),
    (-81.9, 24.5),
    (-66.95, 44.8),
)
_ALASKA = ((172.43, 52.9), (-156.5, 71.39), (-141, 69.65), (-130, 54.7), (-179.1, 51.2))
# Without the uninhabited islands that stretch 2,000 km to the north-west.
_HAWAII = ((-160.25, 21.8), (-159.4, 22.24), (-155.68, 18.91), (-154.8, 19.52))
_PUERTO_RICO = ((-67.95, 18.1), (-65.22, 18.33), (-66.5, 18.52), (-66.5, 17.88))

_INSETS_BY_STATE_FIPS: dict[str, tuple[Albers, Sequence[Position], Box]] = {
    "02": (Albers(55, 65, -154, 50), _ALASKA, (20, 940, 430, 1220)),
    "15": (Albers(8, 18, -157, 13), _HAWAII, (450, 1066, 686, 1220)),
    "72": (Albers(8, 18, -66.5, 13), _PUERTO_RICO, (1690, 1130, 1940, 1220)),
}
_NOT_DRAWN = frozenset(
    {"60", "66", "69", "78"}
)  # the Pacific territories and the Virgin Islands: in the table only


@dataclass(frozen=True)
class Shape:
    """One region of a map; its path is empty where the map has no room for it."""

    region_id: int
    geoid: str
    name: str
    usps: str
    path: str


@dataclass(frozen=True)
class Layer:
    """The current regions of one kind, in the country or in a state, in alphabetical order."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    insets: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Thumbnail:
    width: int
    height: int
    state: str
    region: str


def states_layer() -> Layer | None:
    """The current states and territories on one sheet; None before the first import."""
    return _cached(Region.objects.of(RegionKind.STATE), Zoom.COUNTRY, "country", _draw_country)


def counties_layer(state: Region) -> Layer | None:
    """The current counties of a state, fitted to the sheet; None before the first import."""
    counties = Region.objects.of(RegionKind.COUNTY).filter(state_fips=state.geoid)
    return _cached(counties, Zoom.STATE, f"counties-{state.geoid}", _draw_state)


def thumbnail(state_geoid: str, state_outline: bytes, region_outline: bytes) -> Thumbnail:
    """A region within its state, from their outlines as EWKB."""
    state, region = multipolygon_from_ewkb(state_outline), multipolygon_from_ewkb(region_outline)
    # Both, as the state's outline is the more simplified one and may lack an island that the region has.
    frame = _frame_around(_extent(state_geoid, [state, region]), THUMBNAIL_SIZE)
    return Thumbnail(*_size(frame), path_of(state, frame), path_of(region, frame))


def path_of(polygons: Polygons, frame: Frame) -> str:
    """SVG path data with whole pixels, relative and without what is too small to see."""
    placed = [[_ring(frame.place(ring)) for ring in polygon] for polygon in polygons]
    seen = [polygon for polygon in placed if frame.holds(polygon[0])]
    large = [ring for polygon in seen for ring in polygon if _area(ring) >= _LEAST_AREA_SQUARE_PIXELS]
    if large:
        return "".join(map(_path, large))
    return _path(max((polygon[0] for polygon in seen), key=_area)) if seen else ""


def _cached(
    regions: RegionQuerySet, zoom: Zoom, name: str, draw: Callable[[list[Any]], Layer]
) -> Layer | None:
    current = regions.current().annotate(
        drawn=FilteredRelation("outlines", condition=Q(outlines__zoom=zoom)), shape=F("drawn__shape")
    )
    state = current.aggregate(
        changed=Max("updated_at"), count=Count("pk"), vintages=Sum("vintage"), newest=Max("drawn__pk")
    )
    if not state["count"]:
        return None
    # Outlines are made anew with every import, so the highest key is that of the last one.
    parts = (name, state["vintages"], state["count"], state["changed"].timestamp(), state["newest"])
    key = ":".join(map(str, ("site.maps", *parts)))

    def drawn() -> Layer:
        columns = ("pk", "geoid", "name", "full_name", "usps", "shape")
        rows = current.order_by("full_name", "geoid").values_list(*columns, named=True)
        return draw(list(rows))

    return cache.get_or_set(key, drawn, _CACHE_SECONDS)


def _draw_country(rows: list[Any]) -> Layer:
    sheet = (0, 0, *COUNTRY_SIZE)
    mainland = Frame.fit(Albers(29.5, 45.5, -96, 37.5), _LOWER_48, sheet, _MARGIN)
    insets = {
        row.geoid: Frame.fit(*_INSETS_BY_STATE_FIPS[row.geoid], _MARGIN)
        for row in rows
        if row.geoid in _INSETS_BY_STATE_FIPS
    }
    shapes = []
    for row in rows:
        frame = insets.get(row.geoid, mainland)
        path = "" if row.geoid in _NOT_DRAWN else path_of(_polygons(row), frame)
        shapes.append(Shape(row.pk, row.geoid, row.name, row.usps, path))
    return Layer(*COUNTRY_SIZE, tuple(shapes), tuple(frame.box for frame in insets.values()))


def _draw_state(rows: list[Any]) -> Layer:
    polygons = [_polygons(row) for row in rows]
    extent = _extent(rows[0].geoid[:2], polygons)
    if not extent:
        return Layer(*STATE_SIZE, tuple(Shape(row.pk, row.geoid, row.full_name, "", "") for row in rows))
    frame = _frame_around(extent, STATE_SIZE)
    shapes = tuple(
        Shape(row.pk, row.geoid, row.full_name, "", path_of(outline, frame))
        for row, outline in zip(rows, polygons, strict=True)
    )
    return Layer(*_size(frame), shapes)


def _polygons(row: Any) -> Polygons:
    """None where the layer has not been drawn."""
    return multipolygon_from_ewkb(row.shape) if row.shape else ()


def _extent(state_geoid: str, shapes: Iterable[Polygons]) -> Sequence[Position]:
    """What a map of the state has to show."""
    if state_geoid == "15":
        return _HAWAII
    return [position for polygons in shapes for polygon in polygons for position in polygon[0]]


def _frame_around(positions: Sequence[Position], size: tuple[int, int]) -> Frame:
    """A frame as large as the size allows, cut to the picture's own proportions."""
    projection = local_albers(positions)
    pixels = Frame.fit(projection, positions, (0, 0, *size), _MARGIN).place(positions)
    width = max(x for x, _ in pixels) - min(x for x, _ in pixels) + 2 * _MARGIN
    height = max(y for _, y in pixels) - min(y for _, y in pixels) + 2 * _MARGIN
    return Frame.fit(projection, positions, (0, 0, width, height), _MARGIN)


def _size(frame: Frame) -> tuple[int, int]:
    *_, right, bottom = frame.box
    return round(right), round(bottom)


def _ring(pixels: Iterable[Pixel]) -> list[Pixel]:
    """The closed ring's corners once each, without repeated pixels and without those on a straight line."""
    corners: list[Pixel] = []
    for pixel in pixels:
        if corners and corners[-1] == pixel:
            continue
        if len(corners) > 1 and _straight(corners[-2], corners[-1], pixel):
            corners[-1] = pixel
        else:
            corners.append(pixel)
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    return corners


def _straight(first: Pixel, second: Pixel, third: Pixel) -> bool:
    (x1, y1), (x2, y2), (x3, y3) = first, second, third
    onwards = (x2 - x1) * (x3 - x2) + (y2 - y1) * (y3 - y2) > 0
    return onwards and (x2 - x1) * (y3 - y2) == (y2 - y1) * (x3 - x2)


def _area(ring: Sequence[Pixel]) -> float:
    """In square pixels, whichever way round it runs (the shoelace formula)."""
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], *ring[:1]], strict=True))
    return abs(doubled) / 2


def _path(ring: Sequence[Pixel]) -> str:
    (x, y), *others = ring
    if len(ring) < _LEAST_RING:
        return f"M{x - 2} {y - 2}h4v4h-4z"
    steps = []
    for next_x, next_y in others:
        steps += [_number(next_x - x), _number(next_y - y)]
        x, y = next_x, next_y
    return f"M{ring[0][0]}{_number(ring[0][1])}l{''.join(steps).lstrip()}z"


def _number(value: int) -> str:
    """A number that follows another one in path data, where a minus sign separates as well as a space does."""
    return f"{value}" if value < 0 else f" {value}"
