"""Reading a shapefile of areas: what its headers claim is checked against what is there.

Sources: ESRI Shapefile Technical Description (July 1998) for .shp; OGC 01-009 for .prj. The .shx is not read: records
follow each other in the .shp, and an index that lies can do no harm.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from app.regions.dbf import Table, encoding_of, head, read_table
from app.regions.geometry import NAD83, WGS84
from app.regions.shapes import AREA_TYPES, NAME_BY_TYPE, OffGlobeError, Shape, read_shape
from app.regions.sources import ShapefileParts, SourceError

_HEADER_BYTES = 100
_RECORD_HEADER = struct.Struct(">ii")
_FILE_CODE = 9994

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
    """One record.

    Attributes:
        number: counted from 1.
        attributes: text by the field's name in upper case; None if the record is marked as deleted.
        shape: None if there is none.
        is_off_globe: the shape has coordinates that are no degrees, and is left out.
    """

    number: int
    attributes: Mapping[str, str] | None
    shape: Shape | None
    is_off_globe: bool = False


@dataclass(frozen=True)
class Shapefile:
    """A shapefile whose files fit each other.

    Attributes:
        fields: names of the attributes, in upper case.
        srid: of the coordinates.
        notices: what was assumed where the source says nothing.
    """

    shp: Path
    table: Table
    srid: int
    fields: frozenset[str]
    notices: tuple[str, ...]

    def __len__(self) -> int:
        return self.table.records

    def __iter__(self) -> Iterator[Record]:
        """Its records, each read when it is asked for.

        Raises:
            SourceError: one is broken, or there are fewer or more shapes than rows.
        """
        rows = iter(self.table)
        number = 0
        for number, content in enumerate(_contents(self.shp), start=1):
            if number > len(self):
                break
            try:
                attributes = next(rows)
                yield _record(number, attributes, content, self.srid)
            except ValueError as error:
                raise SourceError(f"Record {number} of {self.shp.name} can't be read: {error}.") from error
        if number != len(self):
            shapes = f"{number} shapes" if number < len(self) else "more shapes"
            raise SourceError(f"{self.shp.name} holds {shapes}, {self.table.path.name} {len(self)} records.")


def _record(number: int, attributes: Mapping[str, str] | None, content: bytes, srid: int) -> Record:
    try:
        return Record(number, attributes, read_shape(content, srid))
    except OffGlobeError:
        return Record(number, attributes, None, is_off_globe=True)


def read_shapefile(parts: ShapefileParts, encoding: str | None = None) -> Shapefile:
    """Check a shapefile and say how its text and its coordinates are to be read.

    Args:
        parts: its files.
        encoding: of the attributes; if not given, what .cpg says, else UTF-8 if all of it is, else Latin-1.

    Raises:
        SourceError: a file is broken or cut off, the shapes are no areas, or the encoding or the reference system is
            unknown.
    """
    _check_header(parts.shp)
    table = read_table(parts.dbf, "utf-8")
    codec, text_notice = encoding_of(table, parts.cpg, encoding)
    srid, srid_notice = _srid(parts.prj)
    fields = frozenset(name for name, *_ in table.fields)
    return Shapefile(parts.shp, replace(table, encoding=codec), srid, fields, (*text_notice, *srid_notice))


def _check_header(shp: Path) -> None:
    with shp.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or struct.unpack_from(">i", header)[0] != _FILE_CODE:
        raise SourceError(f"{shp.name} is no shapefile.")
    size, claimed = shp.stat().st_size, struct.unpack_from(">i", header, 24)[0] * 2
    (kind,) = struct.unpack_from("<i", header, 32)
    if kind not in AREA_TYPES:
        raise SourceError(f"{shp.name} holds no areas but {NAME_BY_TYPE.get(kind, f'type {kind}')}.")
    if claimed != size:
        raise SourceError(f"{shp.name} is cut off or changed: it has {size} bytes and should have {claimed}.")


def _contents(shp: Path) -> Iterator[bytes]:
    """The content of each record."""
    size = shp.stat().st_size
    with shp.open("rb") as file:
        position = file.seek(_HEADER_BYTES)
        number = 0
        while position < size:
            number += 1
            header = file.read(_RECORD_HEADER.size)
            length = _RECORD_HEADER.unpack(header)[1] * 2 if len(header) == _RECORD_HEADER.size else -1
            position += _RECORD_HEADER.size + length
            # Before it is read: a length that lies must not fill the memory.
            if length < 0 or position > size:
                raise SourceError(f"{shp.name} is broken at record {number}.")
            yield file.read(length)


def _srid(prj: Path | None) -> tuple[int, tuple[str, ...]]:
    if prj is None:
        notice = "There is no .prj: the coordinates were taken as NAD83 (EPSG:4269), which the Census uses."
        return NAD83, (notice,)
    text = head(prj)
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
    return _SRID_BY_DATUM[name], ()
