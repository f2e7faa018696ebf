"""Reading a shapefile of areas: what its headers claim is checked against what is there before a record is read.

Sources: ESRI Shapefile Technical Description (July 1998) for .shp; dBASE III+ for .dbf; OGC 01-009 for .prj.
"""

import codecs
import contextlib
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapefile

from app.regions.geometry import NAD83, WGS84, Polygon
from app.regions.sources import ShapefileParts, SourceError

_SHP_HEADER_BYTES, _RECORD_HEADER_BYTES = 100, 8
_SHP_FILE_CODE = 9994
_DBF_HEADER_BYTES = 32
_SMALL_FILE_BYTES = 10_000
_AREA_TYPES = (shapefile.POLYGON, shapefile.POLYGONZ, shapefile.POLYGONM)
_RING_MIN_POSITIONS = 4

_SRID_BY_DATUM = {
    "northamerican1983": NAD83,
    "northamericandatum1983": NAD83,
    "nad83": NAD83,
    "wgs1984": WGS84,
    "worldgeodeticsystem1984": WGS84,
    "wgs84": WGS84,
}


@dataclass(frozen=True)
class Record:
    """One record; deleted ones have neither attributes nor shape, null shapes no polygons."""

    number: int
    attributes: Mapping[str, Any] | None
    polygons: Sequence[Polygon]


@dataclass(frozen=True)
class Shapefile:
    """A shapefile whose files fit each other.

    Attributes:
        fields: names of the attributes, in upper case.
        srid: of the coordinates.
        notices: what was assumed where the source says nothing.
    """

    parts: ShapefileParts
    encoding: str
    srid: int
    fields: frozenset[str]
    notices: tuple[str, ...]
    _lengths: Sequence[int]

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[Record]:
        with _reader(self.parts, self.encoding) as reader:
            names = [field.name.upper() for field in reader.data_fields]
            shapes = reader.shp_reader.iterShapes(shape_lengths_B=self._lengths)
            # Not iterShapeRecords: it loses step after a record that is marked as deleted.
            rows = reader.dbf_reader.iterRecords(deleted_as_None=True)
            for number in range(1, len(self) + 1):
                with _broken_record(number):
                    shape, row = next(shapes), next(rows)
                    polygons = _polygons(shape) if row is not None else ()
                yield Record(number, None if row is None else dict(zip(names, row, strict=True)), polygons)


def read_shapefile(parts: ShapefileParts, encoding: str | None = None) -> Shapefile:
    """Check a shapefile and say how its text and its coordinates are to be read.

    Args:
        parts: its files.
        encoding: of the attributes; if not given, what .cpg says, else UTF-8 if all of it is, else Latin-1.

    Raises:
        SourceError: a file is broken or cut off, the files don't fit each other, the shapes are no areas, or the
            encoding or the reference system is unknown.
    """
    lengths = _shape_lengths(parts.shp)
    records = _check_dbf(parts.dbf)
    if len(lengths) != records:
        raise SourceError(
            f"{parts.shp.name} holds {len(lengths)} shapes, {parts.dbf.name} {records} records."
        )
    codec, *text_notice = _encoding(parts, encoding)
    srid, *srid_notice = _srid(parts.prj)
    with _reader(parts, codec) as reader:
        fields = frozenset(field.name.upper() for field in reader.data_fields)
    return Shapefile(parts, codec, srid, fields, (*text_notice, *srid_notice), lengths)


@contextlib.contextmanager
def _reader(parts: ShapefileParts, encoding: str) -> Iterator[Any]:
    # The .shx is left out: the records were walked, and an index that lies can do no harm.
    with parts.shp.open("rb") as shp, parts.dbf.open("rb") as dbf:
        try:
            reader = shapefile.Reader(shp=shp, dbf=dbf, encoding=encoding)
        except (shapefile.ShapefileException, struct.error, UnicodeDecodeError, ValueError) as error:
            raise SourceError(f"The header of {parts.dbf.name} can't be read: {error}.") from error
        with reader:
            yield reader


@contextlib.contextmanager
def _broken_record(number: int) -> Iterator[None]:
    # What pyshp raises on bytes that make no sense.
    trouble = (
        shapefile.ShapefileException,
        struct.error,
        EOFError,
        KeyError,
        IndexError,
        TypeError,
        ValueError,
    )
    try:
        yield
    except trouble as error:
        raise SourceError(f"Record {number} can't be read: {error}.") from error


def _shape_lengths(shp: Path) -> list[int]:
    """Walk the record headers: bytes of each shape."""
    size = shp.stat().st_size
    with shp.open("rb") as file:
        header = file.read(_SHP_HEADER_BYTES)
        if len(header) < _SHP_HEADER_BYTES or struct.unpack_from(">i", header)[0] != _SHP_FILE_CODE:
            raise SourceError(f"{shp.name} is no shapefile.")
        claimed, kind = struct.unpack_from(">i", header, 24)[0] * 2, struct.unpack_from("<i", header, 32)[0]
        if kind not in _AREA_TYPES:
            name = shapefile.SHAPETYPE_LOOKUP.get(kind, f"type {kind}")
            raise SourceError(f"{shp.name} holds no areas but {name}.")
        if claimed != size:
            raise SourceError(
                f"{shp.name} is cut off or changed: it has {size} bytes and should have {claimed}."
            )
        lengths: list[int] = []
        position = _SHP_HEADER_BYTES
        while position < size:
            file.seek(position)
            words = file.read(_RECORD_HEADER_BYTES)
            length = struct.unpack(">ii", words)[1] * 2 if len(words) == _RECORD_HEADER_BYTES else -1
            position += _RECORD_HEADER_BYTES + length
            if length < 0 or position > size:
                raise SourceError(f"{shp.name} is broken at record {len(lengths) + 1}.")
            lengths.append(length)
    return lengths


def _check_dbf(dbf: Path) -> int:
    """The number of records, all of which are there."""
    with dbf.open("rb") as file:
        header = file.read(_DBF_HEADER_BYTES)
    if len(header) < _DBF_HEADER_BYTES:
        raise SourceError(f"{dbf.name} is no dBASE table.")
    records, start, record_bytes = struct.unpack_from("<IHH", header, 4)
    size, needed = dbf.stat().st_size, start + records * record_bytes
    if size < needed:
        raise SourceError(f"{dbf.name} is cut off: it has {size} bytes and should have at least {needed}.")
    return int(records)


def _polygons(shape: Any) -> list[Polygon]:
    if shape.shapeType == shapefile.NULL:
        return []
    ends = [*shape.parts[1:], len(shape.points)]
    rings = [_closed(shape.points[start:end]) for start, end in zip(shape.parts, ends, strict=True)]
    areas = [ring for ring in rings if len(ring) >= _RING_MIN_POSITIONS]
    return list(shapefile.organize_polygon_rings(areas)) if areas else []


def _closed(positions: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    ring = [(position[0], position[1]) for position in positions]
    return ring if not ring or ring[0] == ring[-1] else [*ring, ring[0]]


def _encoding(parts: ShapefileParts, named: str | None) -> tuple[str, *tuple[str, ...]]:
    if named:
        return (_codec(named, "--encoding"),)
    if parts.cpg:
        return (_codec(_head(parts.cpg), parts.cpg.name),)
    if _is_utf8(parts.dbf):
        return ("utf-8",)
    return ("latin-1", f"{parts.dbf.name} is not UTF-8 and names no encoding: it was read as Latin-1.")


def _head(path: Path) -> str:
    """The text of a small file; of one that only claims to be small, the beginning."""
    with path.open("rb") as file:
        return file.read(_SMALL_FILE_BYTES).decode("utf-8", errors="replace").strip()


def _codec(name: str, origin: str) -> str:
    """Python's name of an encoding as .cpg files spell them: UTF-8, 65001, 1252, ANSI 1252, ISO 88591, ISO-8859-1."""
    spelled = re.sub(r"^(ansi|oem|cp)[ _-]*", "", name.strip().lower())
    if match := re.fullmatch(r"(?:iso)?[ _-]*8859[ _-]?(\d{1,2})", spelled):
        spelled = f"iso8859-{match[1]}"
    elif spelled.isdigit():
        spelled = "utf-8" if spelled == "65001" else f"cp{spelled}"
    try:
        return codecs.lookup(spelled).name
    except LookupError:
        raise SourceError(
            f"{origin} names the encoding {name!r}, which is unknown: give --encoding, as utf-8 or latin-1."
        ) from None


def _is_utf8(dbf: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with dbf.open("rb") as file:
        file.seek(struct.unpack_from("<H", file.read(_DBF_HEADER_BYTES), 8)[0])
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _srid(prj: Path | None) -> tuple[int, *tuple[str, ...]]:
    if prj is None:
        return (
            NAD83,
            "There is no .prj: the coordinates were taken as NAD83 (EPSG:4269), which the Census uses.",
        )
    text = _head(prj)
    datum = re.search(r'DATUM\s*\[\s*"([^"]+)"', text, re.IGNORECASE)
    name = re.sub(r"[^a-z0-9]|^d_", "", datum[1].lower()) if datum else ""
    geographic = re.match(r"GEOG(CS|CRS)|GEODCRS", text, re.IGNORECASE)
    in_degrees = re.search(r'UNIT\s*\[\s*"degree"', text, re.IGNORECASE)
    from_greenwich = "PRIMEM" not in text.upper() or re.search(
        r'PRIMEM\s*\[\s*"Greenwich"', text, re.IGNORECASE
    )
    if name not in _SRID_BY_DATUM or not (geographic and in_degrees and from_greenwich):
        raise SourceError(
            f"{prj.name} is neither NAD83 nor WGS 84 in degrees, which are what is read: {text[:120]}"
        )
    return (_SRID_BY_DATUM[name],)
