"""Reads one workbook in a process of its own: `python -m app.influencers.workbook.sheet_process FILE`.

What a stranger's file can do to a parser (eat memory, run for ever, abort the process) it does here, under limits that
the kernel keeps. On stdout go lines of JSON: first an object with `sheet`, `first_column`, `rows`, `merged`, `errors`
and `others`, then lists of rows; or `{"refused": "…"}` alone. A date is a list with its ISO text.
"""

import datetime as dt
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice, repeat
from pathlib import Path
from string import ascii_uppercase
from typing import Any
from xml.etree import ElementTree as ET

# Of address space, which is more than what is in memory: 100,000 rows of 17 columns need 250 MiB of it.
MEMORY_MIB = 320
CPU_SECONDS = 60
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_PARTS = 2000
MAX_UNPACKED_MIB = 256
MAX_MERGED = 10_000
MAX_ERRORS = 1000
ROWS_A_LINE = 500
PREFERRED_SHEET = "Accounts"

_MIB = 1024**2
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_CHUNK_BYTES = _MIB
# Longer than any cell with a formula, of which Excel takes 8,192 characters.
_OVERLAP_BYTES = 64 * 1024
_ERROR_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3}[0-9]{1,7})["'][^>]*?\bt=["']e["']""")
_ERROR_CELL_TYPE_FIRST = re.compile(
    rb"""<(?:\w+:)?c\s[^>]*?\bt=["']e["'][^>]*?\br=["']([A-Z]{1,3}[0-9]{1,7})["']"""
)
# A formula as programs write it, which leave its value to Excel: what its cell says of itself, and an empty value.
_WITHOUT_VALUE = re.compile(
    rb"""<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(<(?:\w+:)?v\b(?:[^<>]*/>|[^<>]*>\s*</(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"""
)
_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3}[0-9]{1,7})["']""")
_TEXT_OF_A_FORMULA = re.compile(rb"""\bt=["']str["']""")


class RefusedError(Exception):
    """The file is not read; the message says why and what to do."""


def main(path: Path) -> None:
    # Here, because the limits have to bind this process, and no one who imports this module.
    from python_calamine import CalamineError

    # Nothing is stored of a process that the limits end.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB * _MIB, MEMORY_MIB * _MIB))
    for message in _answer(path, (CalamineError, zipfile.BadZipFile, ET.ParseError, KeyError, EOFError)):
        sys.stdout.write(json.dumps(message, default=_encoded) + "\n")


def _answer(path: Path, damage: tuple[type[Exception], ...]) -> Iterator[Any]:
    try:
        inspect(path)
        yield from messages(path)
    except RefusedError as error:
        yield {"refused": str(error)}
    except damage as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        yield {"refused": "The workbook is damaged. Open it in Excel, save it anew and upload that file."}


def inspect(path: Path) -> None:
    """Refuse by a look at the outside what need not be opened.

    Raises:
        RefusedError: it is no .xlsx workbook, or one that does more than hold data, or it unpacks to too much.
        zipfile.BadZipFile: it is damaged.
    """
    with path.open("rb") as file:
        head = file.read(len(_OLE))
    if head == _OLE:
        raise RefusedError(_why_ole(path.read_bytes()))
    if not head.startswith(_ZIP):
        raise RefusedError("This is no Excel workbook. Save the sheet as “Excel workbook (.xlsx)”.")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise RefusedError(f"The workbook consists of {len(parts):,} parts; {MAX_PARTS:,} is the limit.")
        _check_names({part.filename for part in parts})
        if any(part.flag_bits & 1 for part in parts):
            raise RefusedError("The workbook is protected by a password. Save it without one.")
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MAX_UNPACKED_MIB * _MIB:
            raise RefusedError(
                f"The workbook unpacks to {unpacked / _MIB:,.0f} MiB; {MAX_UNPACKED_MIB} is the limit."
                f" Split it into several of at most {MAX_ROWS:,} rows."
            )


def _why_ole(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "The workbook is protected by a password. Save it without one."
    return "This is the Excel format of before 2007 (.xls). Save it as “Excel workbook (.xlsx)”."


def _check_names(names: set[str]) -> None:
    if any(name.lower().endswith(("vbaproject.bin", "macrosheets/sheet1.xml")) for name in names):
        raise RefusedError("The workbook has macros in it. Save it as “Excel workbook (.xlsx)”.")
    if "xl/workbook.xml" not in names:
        raise RefusedError("There is no sheet in this file. Save it as “Excel workbook (.xlsx)”.")


def messages(path: Path) -> Iterator[Any]:
    """What stdout gets, line by line.

    Raises:
        RefusedError: no sheet can be seen, or it is too large, or full of formulas' errors.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_path(path)
    seen = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if not seen:
        raise RefusedError("Every sheet of this workbook is hidden. Show the one to import.")
    name = PREFERRED_SHEET if PREFERRED_SHEET in seen else seen[0]
    sheet = book.get_sheet_by_name(name)
    end = sheet.end or (-1, -1)
    # Before all of it is looked through for errors.
    _check_size(end[0] + 1, end[1] + 1)
    errors = error_cells(path, name)
    # The reader ends with the last cell that has a value.
    rows = max(end[0] + 1, *(int(cell.lstrip(ascii_uppercase)) for cell in errors), 0)
    _check_size(rows, end[1] + 1)
    merged = sheet.merged_cell_ranges or []
    if len(merged) > MAX_MERGED:
        raise RefusedError(f"The sheet has {len(merged):,} merged cells; {MAX_MERGED:,} is the limit.")
    yield {
        "sheet": name,
        "first_column": sheet.start[1] if sheet.start else 0,
        "rows": rows,
        "merged": merged,
        "errors": errors,
        "others": [other for other in seen if other != name],
    }
    empty = repeat([""] * sheet.width, rows - end[0] - 1)
    left = chain(sheet.iter_rows(), empty)
    while batch := list(islice(left, ROWS_A_LINE)):
        yield batch


def _check_size(rows: int, columns: int) -> None:
    # One of them is the header.
    if rows > MAX_ROWS + 1:
        raise RefusedError(f"The sheet has {rows:,} rows; {MAX_ROWS:,} is the limit. Split it.")
    if columns > MAX_COLUMNS:
        raise RefusedError(f"The sheet has {columns:,} columns; {MAX_COLUMNS} is the limit.")


def error_cells(path: Path, sheet: str) -> list[str]:
    """Names of cells like #N/A, and of formulas without a value, which the reader takes for empty ones.

    Raises:
        RefusedError: more than MAX_ERRORS. One that was left out would empty what an import finds.
    """
    found: dict[str, None] = {}
    with zipfile.ZipFile(path) as archive, archive.open(_part_of(archive, sheet)) as part:
        tail = b""
        while chunk := part.read(_CHUNK_BYTES):
            text = tail + chunk
            if b't="e"' in text or b"t='e'" in text:
                for pattern in (_ERROR_CELL, _ERROR_CELL_TYPE_FIRST):
                    found |= dict.fromkeys(match.decode() for match in pattern.findall(text))
            if b"<f" in text or b":f" in text:
                found |= dict.fromkeys(_never_computed(text))
            if len(found) > MAX_ERRORS:
                raise RefusedError(
                    f"More than {MAX_ERRORS:,} cells hold a formula's error, as #N/A, or a formula that was never"
                    " computed. Mend the formulas, or paste their values, and upload the file anew."
                )
            tail = text[-_OVERLAP_BYTES:]
    return list(found)


def _never_computed(text: bytes) -> Iterator[str]:
    for cell, value in _WITHOUT_VALUE.findall(text):
        reference = _REFERENCE.search(cell)
        # An empty text that was computed has a value, an empty one.
        if reference and not (value and _TEXT_OF_A_FORMULA.search(cell)):
            yield reference[1].decode()


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part that holds a sheet."""
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - under the limits of this process
    relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    identifiers = [
        element.get(key, "")
        for element in book.iter()
        if element.tag.endswith("}sheet") and element.get("name") == sheet
        for key in element.attrib
        if key.endswith("/relationships}id")
    ]
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    target = targets[identifiers[0]] if identifiers else ""
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _encoded(value: Any) -> list[str]:
    if isinstance(value, dt.date | dt.time):
        return [value.isoformat()]
    return [str(value)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
