"""The rows of an uploaded workbook. The file is opened by another process (sheet_process.py), never by this one."""

import datetime as dt
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from app.influencers.names import normalise_text
from app.influencers.workbook.columns import COLUMNS, PROBLEM, Cell, CellError, Column, Kind, Value
from app.influencers.workbook.sheet_process import MEMORY_MIB

logger = logging.getLogger(__name__)

# For a line of it; longer than the process may compute, as it may have to wait for its turn.
READ_SECONDS = 120
# Above the header may stand a title and a few remarks.
HEADER_WITHIN_ROWS = 20
_ROOT = Path(__file__).resolve().parents[3]


class RefusedWorkbookError(Exception):
    """The file as a whole can't be imported; the message says why and what to do."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell, or with a whole row where `cell` is only its number."""

    cell: str
    message: str

    def __str__(self) -> str:
        return f"{self.cell}: {self.message}"


@dataclass(slots=True)
class Row:
    """A row of the sheet: its number there, its values by name of column, and what is wrong with it."""

    number: int
    values: dict[str, Value]
    problems: list[Problem]
    _raw: list[Any]
    _places: "list[_Place]"

    @property
    def cells(self) -> dict[str, Cell]:
        """By name of column, as they came."""
        return {place.column.name: _decoded(self._raw[place.at]) for place in self._places}

    def copy(self) -> "Row":
        return Row(self.number, {**self.values}, [*self.problems], self._raw, self._places)


@dataclass
class Sheet:
    """The sheet's table, once its header is known.

    Attributes:
        name: of the sheet.
        total_rows: with the header and what is empty.
        letters: of the columns it has, by name.
        notices: what is left out of account.
        rows: those with something in them, to be taken once.
    """

    name: str
    total_rows: int
    letters: dict[str, str]
    notices: list[str]
    rows: Iterator[Row]


@dataclass
class _Header:
    """Where the columns are, by index, in a row that numbers from 1."""

    row: int
    columns: dict[int, Column] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


@contextmanager
def open_sheet(path: Path) -> Iterator[Sheet]:
    """The table of a workbook, read row by row.

    Args:
        path: of the file.

    Raises:
        RefusedWorkbookError: it can't be imported, also while the rows are taken.
    """
    with _messages(path) as messages:
        about = next(messages)
        if "refused" in about:
            raise RefusedWorkbookError(about["refused"])
        yield _sheet(about, (row for batch in messages for row in batch))


def _sheet(about: dict[str, Any], rows: Iterator[list[Any]]) -> Sheet:
    numbered = _filled(enumerate(rows, start=1), about)
    header = _header(numbered, about["first_column"])
    letters = {column.name: letter(index) for index, column in header.columns.items()}
    return Sheet(
        about["sheet"], about["rows"], letters, _notices(about, header), _rows(numbered, header, about)
    )


def _notices(about: dict[str, Any], header: _Header) -> list[str]:
    notices = [f"The sheet “{about['sheet']}” is read, no other."] if about["others"] else []
    if header.unknown:
        notices.append(f"Columns that are not read: {', '.join(header.unknown)}.")
    return notices


def letter(index: int) -> str:
    """The letters of a column that is counted from 0: A, B, … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _header(rows: Iterator[tuple[int, list[Any]]], first_column: int) -> _Header:
    """The first row that names all required columns; rows above it are taken too."""
    required = [column for column in COLUMNS if column.required]
    for number, cells in rows:
        header = _header_of(number, cells, first_column)
        if all(column in header.columns.values() for column in required):
            return header
        if number >= HEADER_WITHIN_ROWS:
            break
    names = " and ".join(f"“{column.header}”" for column in required)
    raise RefusedWorkbookError(
        f"No column is named {names} in the first {HEADER_WITHIN_ROWS} rows. Download the template to see the columns."
    )


def _header_of(number: int, cells: list[Any], first_column: int) -> _Header:
    known = {column.header.casefold(): column for column in COLUMNS}
    header = _Header(number)
    for index, cell in enumerate(cells, start=first_column):
        text = normalise_text(cell).rstrip(" *") if isinstance(cell, str) else ""
        column = known.get(text.casefold())
        if column and column in header.columns.values():
            first = next(at for at, other in header.columns.items() if other == column)
            raise RefusedWorkbookError(
                f"{letter(first)}{number} and {letter(index)}{number} are both named “{column.header}”."
                " Rename or delete the column that isn't meant."
            )
        if column:
            header.columns[index] = column
        elif text and text != PROBLEM.header:
            header.unknown.append(text)
    return header


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column stands in the lists of cells."""

    at: int
    letters: str
    column: Column

    @property
    def as_tuple(self) -> tuple[int, str, Column, str, bool, Value]:
        """All that each of a million cells asks for: attributes would take twice the time."""
        is_text = self.column.kind is Kind.TEXT and not self.column.choices
        return self.at, self.letters, self.column, self.column.name, is_text, self.column.parse(None)


def _rows(numbered: Iterator[tuple[int, list[Any]]], header: _Header, about: dict[str, Any]) -> Iterator[Row]:
    first = about["first_column"]
    errors = set(about["errors"])
    places = [_Place(index - first, letter(index), column) for index, column in header.columns.items()]
    columns = [place.as_tuple for place in places]
    for number, cells in numbered:
        if any(cell != "" for cell in cells) or (errors and _has_error(number, places, errors)):
            row = Row(number, {}, [], cells, places)
            _fill(row, cells, columns)
            if errors:
                _mark_errors(row, places, errors)
            yield row


def _fill(row: Row, cells: list[Any], columns: list[tuple[int, str, Column, str, bool, Value]]) -> None:
    values = row.values
    for at, letters, column, name, is_text, empty in columns:
        cell = cells[at]
        if cell == "":
            values[name] = empty
        elif is_text and type(cell) is str and "\0" not in cell:
            values[name] = cell
        else:
            _parse(row, f"{letters}{row.number}", column, _decoded(cell))


def _has_error(number: int, places: list[_Place], errors: set[str]) -> bool:
    return any(f"{place.letters}{number}" in errors for place in places)


def _mark_errors(row: Row, places: list[_Place], errors: set[str]) -> None:
    """What is a formula's error, or one without a value, came as an empty cell."""
    for place in places:
        if (name := f"{place.letters}{row.number}") in errors:
            row.values.pop(place.column.name, None)
            row.problems.append(
                Problem(name, "a formula's error, or one never computed: mend it, or save the file in Excel")
            )


def _parse(row: Row, name: str, column: Column, cell: Cell) -> None:
    try:
        row.values[column.name] = column.parse(cell)
    except CellError as error:
        row.problems.append(Problem(name, str(error)))


def _decoded(cell: Any) -> Cell:
    """A date, with its time where that is not midnight, comes as a list; a time or duration in one stays text."""
    if type(cell) is not list:
        return cell  # type: ignore[no-any-return]  # JSON has no other types in a row
    try:
        moment = dt.datetime.fromisoformat(cell[0])
    except ValueError:
        return str(cell[0])
    return moment if moment.time() != dt.time() else moment.date()


def _filled(rows: Iterator[tuple[int, list[Any]]], about: dict[str, Any]) -> Iterator[tuple[int, list[Any]]]:
    """Rows in which each cell merged with those below stands in all of them, as it is seen."""
    first = about["first_column"]
    starts: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in about["merged"]:
        if bottom > top and left >= first:
            starts.setdefault(top + 1, []).append((left - first, bottom + 1))
    running: dict[int, tuple[int, Any]] = {}
    for number, cells in rows:
        for at, (last, value) in list(running.items()):
            if number <= last:
                cells[at] = value
            else:
                del running[at]
        for at, last in starts.get(number, ()):
            running[at] = (last, cells[at])
        yield number, cells


@contextmanager
def _messages(path: Path) -> Iterator[Iterator[Any]]:
    with tempfile.TemporaryFile() as complaints, _process(path, complaints) as process:
        try:
            yield _lines(process, lambda: _tail(complaints))
        finally:
            process.kill()


@contextmanager
def _process(path: Path, complaints: Any) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "app.influencers.workbook.sheet_process", str(path)]
    # No secret of ours, and one arena of memory: each takes address space, which is limited.
    environment = {
        # Where Lambda's own interpreter finds its library.
        "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
        "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)]),
        "MALLOC_ARENA_MAX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with subprocess.Popen(
        command, env=environment, cwd=_ROOT, stdout=subprocess.PIPE, stderr=complaints, text=True
    ) as process:
        yield process


def _lines(process: "subprocess.Popen[str]", complaint: Callable[[], str]) -> Iterator[Any]:
    assert process.stdout is not None  # noqa: S101 - for mypy: it was asked for above
    while (line := _next_line(process, process.stdout)).endswith("\n"):
        yield json.loads(line)
    if process.wait() != 0:
        logger.warning("a workbook could not be read (%s): %s", process.returncode, complaint())
        raise RefusedWorkbookError(
            f"Reading this workbook takes more than {MEMORY_MIB} MiB of memory or too long. If it holds nothing but"
            " the table, split it into several; else copy the table into a new workbook."
        )


def _next_line(process: "subprocess.Popen[str]", output: IO[str]) -> str:
    # Only the time that it takes: whoever takes the rows may need minutes to write them.
    clock = threading.Timer(READ_SECONDS, process.kill)
    clock.start()
    try:
        return output.readline()
    finally:
        clock.cancel()


def _tail(complaints: Any) -> str:
    complaints.seek(0)
    return str(complaints.read()[:500].decode(errors="replace"))
