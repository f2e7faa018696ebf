"""Reading a dBASE table, the attributes of a shapefile.

Source: dBASE III+ file format; what .cpg files name encodings by.
"""

import codecs
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.regions.sources import SourceError

_HEADER_BYTES = 32
_FIELD_BYTES = 32
_END_OF_FIELDS = b"\r"
_DELETED = b"*"
_SMALL_FILE_BYTES = 10_000
_CHUNK_RECORDS = 500
_CHUNK_BYTES = 1 << 20
_PLAIN_TEXT = rb"24 +2AA- \u0041"


@dataclass(frozen=True)
class Table:
    """A table all of whose records are there.

    Attributes:
        path: its file.
        encoding: of its text.
        records: how many it holds, deleted ones counted.
        fields: name in upper case, first byte and byte behind the last, in the order of the file.
    """

    path: Path
    encoding: str
    records: int
    fields: tuple[tuple[str, int, int], ...]
    _start: int
    _record_bytes: int

    def __iter__(self) -> Iterator[dict[str, str] | None]:
        """Each record's values as text by the field's name; None if it is marked as deleted.

        Raises:
            UnicodeDecodeError: text is not in the table's encoding.
        """
        with self.path.open("rb") as file:
            file.seek(self._start)
            left = self.records
            while left:
                chunk = file.read(min(left, _CHUNK_RECORDS) * self._record_bytes)
                for offset in range(0, len(chunk), self._record_bytes):
                    yield self._read(chunk[offset : offset + self._record_bytes])
                left -= min(left, _CHUNK_RECORDS)

    def is_utf8(self) -> bool:
        """Whether all of its text is UTF-8."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        # What lies behind the last record is no text of the table's, and may be endless.
        left = self.records * self._record_bytes
        with self.path.open("rb") as file:
            file.seek(self._start)
            try:
                while chunk := file.read(min(left, _CHUNK_BYTES)):
                    decoder.decode(chunk)
                    left -= len(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return False
        return True

    def _read(self, record: bytes) -> dict[str, str] | None:
        if record[:1] == _DELETED:
            return None
        return {name: self._text(record[begin:end]) for name, begin, end in self.fields}

    def _text(self, value: bytes) -> str:
        # Some writers fill up with zeros, and write a number that is not there as asterisks.
        text = value.split(b"\0", 1)[0].decode(self.encoding).strip()
        return "" if not text.strip("*") else text


def read_table(path: Path, encoding: str) -> Table:
    """Check a table's header against the file.

    Raises:
        SourceError: it is none, is cut off, or its header's numbers don't fit each other.
    """
    records, start, record_bytes = _sizes(path)
    with path.open("rb") as file:
        file.seek(_HEADER_BYTES)
        header = file.read(max(start - _HEADER_BYTES, 0))
    fields = []
    at = 1  # after the mark of deletion
    offset = 0
    while len(header) - offset >= _FIELD_BYTES and header[offset : offset + 1] != _END_OF_FIELDS:
        field = header[offset : offset + _FIELD_BYTES]
        name = field[:11].split(b"\0", 1)[0].decode("ascii", errors="replace").strip().upper()
        fields.append((name, at, at + field[16]))
        at += field[16]
        offset += _FIELD_BYTES
    if not fields or header[offset : offset + 1] != _END_OF_FIELDS or at > record_bytes:
        raise SourceError(
            f"The header of {path.name} can't be read: {len(fields)} fields of {at} bytes"
            f" are told in {start} bytes, records have {record_bytes}."
        )
    return Table(path, encoding, records, tuple(fields), start, record_bytes)


def _sizes(path: Path) -> tuple[int, int, int]:
    """Number of records, first byte of the first, bytes of each; all of them are there."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        raise SourceError(f"{path.name} is no dBASE table.")
    records, start, record_bytes = struct.unpack_from("<IHH", header, 4)
    size, needed = path.stat().st_size, start + records * record_bytes
    if size < needed:
        raise SourceError(f"{path.name} is cut off: it has {size} bytes and should have at least {needed}.")
    return int(records), int(start), int(record_bytes)


def encoding_of(table: Table, cpg: Path | None, named: str | None) -> tuple[str, tuple[str, ...]]:
    """The encoding that a table is to be read in, and a notice if that is a guess.

    Args:
        table: its own encoding does not count.
        cpg: the file beside it that names its encoding.
        named: what the operator says, which outweighs the rest.

    Raises:
        SourceError: nobody knows an encoding of that name.
    """
    if named:
        return _codec(named, "--encoding"), ()
    if cpg:
        return _codec(head(cpg), cpg.name), ()
    if table.is_utf8():
        return "utf-8", ()
    return "latin-1", (f"{table.path.name} is not UTF-8 and names no encoding: it was read as Latin-1.",)


def head(path: Path) -> str:
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
        # Of hex, zlib and others that are no encodings of text Python says so only here.
        decoded = _PLAIN_TEXT.decode(spelled)
    except (LookupError, ValueError):
        decoded = ""
    # A table's numbers and padding are ASCII: in UTF-16 and EBCDIC that is something else, and so is some of it in UTF-7 and
    # unicode_escape.
    if decoded != _PLAIN_TEXT.decode("ascii"):
        raise SourceError(
            f"{origin} names the encoding {name!r}, which is unknown: give --encoding, as utf-8 or latin-1."
        )
    return codecs.lookup(spelled).name
