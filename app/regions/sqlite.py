"""The PostGIS functions that geometry.py uses, for SQLite, by shapely and pyproj (development only)."""

import json
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import pyproj
import shapely
from django.db.backends.base.base import BaseDatabaseWrapper

_COLLECTION_TYPES: dict[int, Callable[[list[Any]], shapely.Geometry]] = {
    1: shapely.MultiPoint,
    2: shapely.MultiLineString,
    3: shapely.MultiPolygon,
}


def _ewkb(shape: shapely.Geometry) -> bytes:
    return shapely.to_wkb(shape, include_srid=True, byte_order=1)


@lru_cache(maxsize=4096)
def _prepared(ewkb: bytes) -> shapely.Geometry:
    shape = shapely.from_wkb(ewkb)
    shapely.prepare(shape)
    return shape


@cache
def _transformer(source: int, target: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _point(longitude: float, latitude: float, srid: int) -> bytes:
    return _ewkb(shapely.set_srid(shapely.Point(longitude, latitude), srid))


def _covers(area: bytes, point: bytes) -> bool:
    return bool(shapely.covers(_prepared(area), shapely.from_wkb(point)))


def _as_geojson(ewkb: bytes, max_decimal_digits: int) -> str:
    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, max_decimal_digits)
        return [rounded(item) for item in value]

    shape = shapely.geometry.mapping(shapely.from_wkb(ewkb))
    return json.dumps({"type": shape["type"], "coordinates": rounded(shape["coordinates"])})


def _transform(ewkb: bytes, srid: int) -> bytes:
    shape = shapely.from_wkb(ewkb)
    transform = _transformer(shapely.get_srid(shape), srid).transform
    moved = shapely.transform(shape, transform, interleaved=False)  # type: ignore[arg-type]  # the stubs know the interleaved form alone
    return _ewkb(shapely.set_srid(moved, srid))


def _collection_extract(ewkb: bytes, dimension: int) -> bytes:
    shape = shapely.from_wkb(ewkb)
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts(shape).ravel())
        if shapely.get_dimensions(part) == dimension - 1
    ]
    return _ewkb(shapely.set_srid(_COLLECTION_TYPES[dimension](parts), shapely.get_srid(shape)))


def _multi(ewkb: bytes) -> bytes:
    shape = shapely.from_wkb(ewkb)
    if isinstance(shape, shapely.Polygon):
        shape = shapely.set_srid(shapely.MultiPolygon([shape]), shapely.get_srid(shape))
    return _ewkb(shape)


def _on_shape(change: Callable[..., shapely.Geometry]) -> Callable[..., bytes]:
    def changed(ewkb: bytes, *arguments: float) -> bytes:
        shape = shapely.from_wkb(ewkb)
        return _ewkb(shapely.set_srid(change(shape, *arguments), shapely.get_srid(shape)))

    return changed


def _snapped(shape: shapely.Geometry, step: float) -> shapely.Geometry:
    """Its positions alone: rings that collapse stay, which PostGIS drops."""
    return shapely.transform(shape, lambda positions: (positions / step).round() * step)


def _bound(index: int) -> Callable[[bytes], float]:
    return lambda ewkb: float(shapely.bounds(shapely.from_wkb(ewkb))[index])


def _intersection(first: bytes, second: bytes) -> bytes:
    return _ewkb(shapely.intersection(shapely.from_wkb(first), _prepared(second)))


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "ST_Area": (1, lambda ewkb: float(shapely.area(shapely.from_wkb(ewkb)))),
    "ST_AsEWKB": (1, bytes),
    "ST_AsGeoJSON": (2, _as_geojson),
    "ST_CollectionExtract": (2, _collection_extract),
    "ST_Covers": (2, _covers),
    "ST_GeomFromEWKB": (1, bytes),
    "ST_Intersection": (2, _intersection),
    "ST_Intersects": (
        2,
        lambda first, second: bool(shapely.intersects(_prepared(second), shapely.from_wkb(first))),
    ),
    "ST_IsValid": (1, lambda ewkb: bool(shapely.is_valid(shapely.from_wkb(ewkb)))),
    "ST_MakeValid": (1, _on_shape(shapely.make_valid)),
    "ST_Multi": (1, _multi),
    "ST_Point": (3, _point),
    # Shapely's own quick form loses small shapes.
    "ST_Simplify": (3, _on_shape(lambda shape, tolerance, _: shapely.simplify(shape, tolerance))),
    "ST_SimplifyPreserveTopology": (2, _on_shape(shapely.simplify)),
    "ST_SnapToGrid": (2, _on_shape(_snapped)),
    "ST_Transform": (2, _transform),
    "ST_XMin": (1, _bound(0)),
    "ST_YMin": (1, _bound(1)),
    "ST_XMax": (1, _bound(2)),
    "ST_YMax": (1, _bound(3)),
}


def register_functions(connection: BaseDatabaseWrapper) -> None:
    """Teach one SQLite connection the functions; NULL in is NULL out, as in PostGIS."""

    def null_safe(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: None if None in arguments else function(*arguments)

    for name, (arity, function) in _FUNCTIONS.items():
        connection.connection.create_function(name, arity, null_safe(function), deterministic=True)
