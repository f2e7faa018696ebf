"""Shapes in two dialects: PostGIS in production and tests, SQLite with shapely for `make run`.

Nothing outside this module asks which database it talks to. Coordinates are WGS 84 (EPSG:4326), longitude first.
Shapes travel as EWKB (the PostGIS manual, "OpenGIS WKB and EWKB"), so no geometry library is needed on a request.

What the SQLite dialect lacks: a spatial index (a bounding box narrows instead), ST_AsMVT, validity reasons.
"""

import itertools
import math
import struct
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Value
from django.db.models.expressions import Combinable

WGS84 = 4326
NAD83 = 4269

_LITTLE_ENDIAN = 1
_SRID_FLAG = 0x20000000
_POINT, _POLYGON, _MULTIPOLYGON = 1, 3, 6
_MULTIPOLYGON_HEADER = struct.Struct("<BIII")
_POLYGON_HEADER = struct.Struct("<BII")
_RING_HEADER = struct.Struct("<I")
_POSITION = struct.Struct("<dd")

Position = tuple[float, float]
Ring = Sequence[Position]
Polygon = Sequence[Ring]

Rows = TypeVar("Rows", bound="models.QuerySet[Any]")


class Point(NamedTuple):
    """A place on the globe in degrees, WGS 84."""

    longitude: float
    latitude: float

    @classmethod
    def checked(cls, longitude: float, latitude: float) -> "Point":
        """A point that lies on the globe.

        Raises:
            ValidationError: by field; a coordinate is out of range or no finite number.
        """
        if not (math.isfinite(latitude) and -90 <= latitude <= 90):  # noqa: PLR2004 - degrees
            raise ValidationError({"latitude": "Latitude is a number from -90 to 90."})
        if not (math.isfinite(longitude) and -180 <= longitude <= 180):  # noqa: PLR2004 - degrees
            raise ValidationError({"longitude": "Longitude is a number from -180 to 180."})
        return cls(longitude, latitude)


def point_ewkb(point: Point, srid: int = WGS84) -> bytes:
    """A point as 25 bytes of EWKB."""
    return struct.pack("<BIIdd", _LITTLE_ENDIAN, _POINT | _SRID_FLAG, srid, *point)


def point_from_ewkb(ewkb: bytes) -> Point:
    """The point in 25 bytes of little-endian EWKB, as PostGIS and point_ewkb write it."""
    *_, longitude, latitude = struct.unpack("<BIIdd", ewkb)
    return Point(longitude, latitude)


def multipolygon_ewkb(polygons: Sequence[Polygon], srid: int = WGS84) -> bytes:
    """Polygons, each an outer ring followed by its holes, as one EWKB multipolygon."""
    packed = [
        [struct.pack(f"<{2 * len(ring)}d", *itertools.chain(*ring)) for ring in polygon]
        for polygon in polygons
    ]
    return multipolygon_ewkb_of_bytes(packed, srid)


def multipolygon_ewkb_of_bytes(polygons: Sequence[Sequence[bytes | memoryview]], srid: int) -> bytes:
    """As multipolygon_ewkb, of rings whose positions are little-endian doubles in bytes, longitude first."""
    parts: list[bytes | memoryview] = [
        _MULTIPOLYGON_HEADER.pack(_LITTLE_ENDIAN, _MULTIPOLYGON | _SRID_FLAG, srid, len(polygons))
    ]
    for polygon in polygons:
        parts.append(_POLYGON_HEADER.pack(_LITTLE_ENDIAN, _POLYGON, len(polygon)))
        for ring in polygon:
            parts += (_RING_HEADER.pack(len(ring) // _POSITION.size), ring)
    return b"".join(parts)


def multipolygon_from_ewkb(ewkb: bytes) -> list[list[list[Position]]]:
    """The polygons in little-endian EWKB, as PostGIS and multipolygon_ewkb write it: each an outer ring and its holes.

    Raises:
        ValueError: the bytes hold something else than a flat multipolygon with its SRID.
    """
    try:
        order, kind, _, polygon_count = _MULTIPOLYGON_HEADER.unpack_from(ewkb)
        if (order, kind) != (_LITTLE_ENDIAN, _MULTIPOLYGON | _SRID_FLAG):
            raise ValueError(f"Not an EWKB multipolygon in little-endian order: {ewkb[:13].hex()}.")
        polygons = []
        offset = _MULTIPOLYGON_HEADER.size
        for _ in range(polygon_count):
            rings, offset = _rings(ewkb, offset)
            polygons.append(rings)
    except struct.error:
        raise ValueError(f"{len(ewkb)} bytes of EWKB end within a shape.") from None
    return polygons


def _rings(ewkb: bytes, offset: int) -> tuple[list[list[Position]], int]:
    """The rings of the polygon that begins at the offset, and where it ends."""
    *_, ring_count = _POLYGON_HEADER.unpack_from(ewkb, offset)
    offset += _POLYGON_HEADER.size
    rings: list[list[Position]] = []
    for _ in range(ring_count):
        (position_count,) = _RING_HEADER.unpack_from(ewkb, offset)
        offset += _RING_HEADER.size
        end = offset + position_count * _POSITION.size
        rings.append(list(_POSITION.iter_unpack(ewkb[offset:end])))
        if len(rings[-1]) != position_count:
            raise ValueError(f"{len(ewkb)} bytes of EWKB end within a ring.")
        offset = end
    return rings, offset


class _GeometryField(models.Field[Any, Any]):
    """A column of one geometry type; its value in Python is EWKB bytes unless a subclass says more."""

    postgis_type: ClassVar[str]

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        if connection.vendor == "postgresql":
            return f"geometry({self.postgis_type}, {WGS84})"
        return "BLOB"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        del expression, connection
        if value is None:
            return None
        # psycopg2 hands PostGIS values over as hexadecimal text, SQLite as bytes.
        return self.from_ewkb(bytes.fromhex(value) if isinstance(value, str) else bytes(value))

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        value = super().get_db_prep_value(value, connection, prepared)
        if value is None or isinstance(value, Combinable):
            return value
        ewkb = self.to_ewkb(value)
        return ewkb.hex() if connection.vendor == "postgresql" else ewkb

    def get_prep_value(self, value: Any) -> Any:
        return value

    def from_ewkb(self, ewkb: bytes) -> Any:
        return ewkb

    def to_ewkb(self, value: Any) -> bytes:
        return bytes(value)

    def formfield(self, **kwargs: Any) -> None:
        """No form edits a shape as text."""
        del kwargs


class MultiPolygonField(_GeometryField):
    """Area shapes as EWKB bytes."""

    postgis_type = "MultiPolygon"


class PointField(_GeometryField):
    """A `Point`."""

    postgis_type = "Point"

    def from_ewkb(self, ewkb: bytes) -> Point:
        return point_from_ewkb(ewkb)

    def to_ewkb(self, value: Point) -> bytes:
        return point_ewkb(value)

    def to_python(self, value: Any) -> Point | None:
        if value is None or isinstance(value, Point):
            return value
        raise ValidationError(f"{value!r} is not a Point.")


class SpatialIndex(models.Index):
    """A GiST index on PostGIS; SQLite has none and narrows by bounding box."""

    suffix = "gist"
    _NO_INDEX = "SELECT 1 -- no spatial index in this dialect"

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return self._NO_INDEX
        return super().create_sql(model, schema_editor, using=using or " USING gist", **kwargs)

    def remove_sql(self, model: Any, schema_editor: Any, **kwargs: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return self._NO_INDEX
        return super().remove_sql(model, schema_editor, **kwargs)


class MakePoint(Func):
    function = "ST_Point"
    output_field = PointField()

    def __init__(self, point: Point) -> None:
        super().__init__(
            Value(point.longitude, output_field=models.FloatField()),
            Value(point.latitude, output_field=models.FloatField()),
            Value(WGS84, output_field=models.IntegerField()),
        )


class Covers(Func):
    """Whether a shape covers a point, its boundary included (ST_Covers)."""

    function = "ST_Covers"
    output_field = models.BooleanField()


class Intersects(Func):
    """Whether two shapes have a point in common (ST_Intersects)."""

    function = "ST_Intersects"
    output_field = models.BooleanField()


class SharedArea(Func):
    """How much ground two shapes share, in square degrees: for comparisons in one place."""

    template = "ST_Area(ST_Intersection(%(expressions)s))"
    output_field = models.FloatField()


class Area(Func):
    """The area of a shape in square degrees (ST_Area)."""

    function = "ST_Area"
    output_field = models.FloatField()


class AsGeoJSON(Func):
    """A shape as a GeoJSON geometry, coordinates rounded to six decimals (0.1 m)."""

    function = "ST_AsGeoJSON"
    output_field = models.TextField()

    def __init__(self, expression: str | Combinable) -> None:
        super().__init__(expression, Value(6, output_field=models.IntegerField()))


class Transform(Func):
    """A shape in WGS 84, from another reference system (ST_Transform): a change of datum, not of the label."""

    function = "ST_Transform"
    output_field = MultiPolygonField()

    def __init__(self, expression: Combinable) -> None:
        super().__init__(expression, Value(WGS84, output_field=models.IntegerField()))


class AsEWKB(Func):
    """A shape as bytes (ST_AsEWKB), to compare: two shapes are the same if every vertex is."""

    function = "ST_AsEWKB"
    output_field = models.BinaryField()


class IsValid(Func):
    """Whether no ring of a shape crosses itself or another (ST_IsValid)."""

    function = "ST_IsValid"
    output_field = models.BooleanField()


class ValidAreas(Func):
    """A shape with crossing rings mended, its areas alone, as a multipolygon."""

    template = "ST_Multi(ST_CollectionExtract(ST_MakeValid(%(expressions)s), 3))"
    output_field = MultiPolygonField()


class Simplify(Func):
    """A shape with fewer vertices, none further from its line than the tolerance in degrees; its rings may come to cross."""

    template = "ST_Multi(ST_Simplify(%(expressions)s, TRUE))"
    output_field = MultiPolygonField()

    def __init__(self, expression: str | Combinable, tolerance_degrees: float | Combinable) -> None:
        super().__init__(expression, tolerance_degrees)


class SimplifyKeepingTopology(Simplify):
    """As Simplify, but that a ring crosses no other of its polygon; takes about ten times as long."""

    template = "ST_Multi(ST_SimplifyPreserveTopology(%(expressions)s))"


class SnapToGrid(Func):
    """A shape on a grid through 0° 0°: neighbours that share a border still do. NULL, or empty, if none is left."""

    function = "ST_SnapToGrid"
    output_field = MultiPolygonField()

    def __init__(self, expression: str | Combinable, step_degrees: float) -> None:
        super().__init__(expression, Value(step_degrees, output_field=models.FloatField()))


class _Bound(Func):
    output_field = models.FloatField()


def bounds(expression: str | Combinable) -> dict[str, Func]:
    """The bounding box of a shape in degrees, as the columns that a region keeps."""
    functions = {"west": "ST_XMin", "south": "ST_YMin", "east": "ST_XMax", "north": "ST_YMax"}
    return {column: _Bound(expression, function=function) for column, function in functions.items()}


def on_globe_sql(column: str) -> str:
    """A condition in SQL: the coordinates of the shapes in a column are degrees of longitude and latitude.

    PostGIS reads no more of a shape than the bounding box at its beginning.
    """
    if connection.vendor != "sqlite":
        return f"{column} @ ST_MakeEnvelope(-180, -90, 180, 90)"
    return (
        f"ST_XMin({column}) >= -180 AND ST_XMax({column}) <= 180"
        f" AND ST_YMin({column}) >= -90 AND ST_YMax({column}) <= 90"
    )


def covered_points_sql(areas: str, points: str, column: str) -> str:
    """A FROM clause in SQL: the rows `area` of a table of regions, each with the rows `place` whose point it covers.

    PostGIS looks up each area's points in their index. SQLite has none: it reads each point once and rules most areas
    out by their bounds, as `covering` does.
    """
    covers = f"ST_Covers(area.geometry, place.{column})"
    if connection.vendor != "sqlite":
        return f"{areas} area JOIN {points} place ON {covers}"
    # Without the limit SQLite would take the coordinates out of the point again for every area.
    unpacked = f"SELECT id, {column}, ST_XMax({column}) AS x, ST_YMax({column}) AS y FROM {points} LIMIT -1"  # noqa: S608 - names from the caller
    within = "place.x BETWEEN area.west AND area.east AND place.y BETWEEN area.south AND area.north"
    return f"({unpacked}) place CROSS JOIN {areas} area ON {within} AND {covers}"


def boxes_meet_sql(one: str, other: str) -> str:
    """A condition in SQL: the bounding boxes of two regions, named by their aliases, have a point in common."""
    if connection.vendor != "sqlite":
        return f"{one}.geometry && {other}.geometry"
    return (
        f"{one}.west <= {other}.east AND {other}.west <= {one}.east"
        f" AND {one}.south <= {other}.north AND {other}.south <= {one}.north"
    )


def covering(regions: Rows, point: Point) -> Rows:
    """The rows whose `geometry` covers the point.

    SQLite has no spatial index, so the columns west, south, east and north rule most rows out first; PostGIS is
    slower with them than with its index alone.
    """
    if connections[regions.db].vendor == "sqlite":
        regions = regions.filter(
            west__lte=point.longitude,
            east__gte=point.longitude,
            south__lte=point.latitude,
            north__gte=point.latitude,
        )
    return regions.filter(Covers(F("geometry"), MakePoint(point)))
