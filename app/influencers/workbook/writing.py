"""Writes a workbook row by row: memory does not grow with the rows."""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.influencers.workbook.columns import COLUMNS, Column, Kind, Value, fitting
from app.influencers.workbook.sheet_process import PREFERRED_SHEET

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# How far down the lists of a template reach.
TEMPLATE_ROWS = 1000


def write(rows: Iterable[Mapping[str, Value]], columns: tuple[Column, ...] = COLUMNS) -> bytes:
    """A workbook of rows by name of column: types, lists to choose from, notes, filters, frozen header, widths.

    Text is text, whatever it looks like: no cell becomes a formula.
    """
    return _written(_records(rows, columns), columns)


def write_cells(rows: Iterable[Mapping[str, Any]], columns: tuple[Column, ...]) -> bytes:
    """As `write`, of cells as somebody else's sheet had them."""
    headed = [(column.name, column.header) for column in columns]
    records = ({header: _cell(row.get(name)) for name, header in headed} for row in rows)
    return _written(records, columns)


def _cell(cell: Any) -> Any:
    return (fitting(cell) or None) if isinstance(cell, str) else cell


def template() -> bytes:
    """An empty workbook to fill in."""
    empty: dict[str, Value] = {}
    return write(empty for _ in range(TEMPLATE_ROWS))


def _records(rows: Iterable[Mapping[str, Value]], columns: tuple[Column, ...]) -> Iterator[dict[str, Value]]:
    shown = [(column.name, column.header, column.show) for column in columns]
    for row in rows:
        # An empty text would be a cell that is not empty.
        yield {
            header: show(value) if (value := row.get(name)) not in {"", None} else None
            for name, header, show in shown
        }


def _or_nothing(records: Iterator[dict[str, Any]], columns: tuple[Column, ...]) -> Iterator[dict[str, Any]]:
    """The records, or an empty row, without which there would be no header."""
    first = next(records, None)
    yield first if first is not None else dict.fromkeys(column.header for column in columns)
    yield from records


def _written(records: Iterator[dict[str, Any]], columns: tuple[Column, ...]) -> bytes:
    # Here, because most processes never write a workbook.
    from rustpy_xlsxwriter import Format, write_worksheet

    file = io.BytesIO()
    write_worksheet(
        _or_nothing(iter(records), columns),
        file,
        sheet_name=PREFERRED_SHEET,
        freeze_row=1,
        autofilter=True,
        header_format=Format().set_bold().set_background_color("#DCE8E0"),
        column_widths={column.header: float(column.width) for column in columns},
        column_formats={column.header: Format().set_num_format(column.kind.value) for column in columns},
        notes={column.header: column.help for column in columns},
        data_validations={column.header: _validation(column) for column in columns if column.choices},
        # A telephone number is text on purpose: no green triangle.
        ignore_errors=[column.header for column in columns if column.kind is Kind.TEXT],
    )
    return file.getvalue()


def _validation(column: Column) -> dict[str, Any]:
    labels = [label for _, label in column.choices]
    return {
        "type": "list",
        "values": labels,
        "error_title": column.header,
        "error_message": f"Choose one of: {', '.join(labels)}.",
    }
