"""What people's sheets look like, and what is made of them."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from app.influencers.workbook.columns import COLUMNS
from app.influencers.workbook.reading import RefusedWorkbookError, Row, letter
from app.influencers.workbook.writing import template, write
from tests.influencers.workbook.conftest import HEADERS, Book, raw_book, saved
from tests.influencers.workbook.sheets import NO_VALUE, opened


def rows_of(content: bytes) -> list[Row]:
    with opened(content) as sheet:
        return list(sheet.rows)


def problems_of(content: bytes) -> list[str]:
    return [str(problem) for row in rows_of(content) for problem in row.problems]


AWKWARD: list[dict[str, Any]] = [
    {"name": '=HYPERLINK("http://evil.example","Ada")', "phone": "0049 30 123"},
    {"name": "@SUM(A1)", "notes": "+1 -2 'quoted"},
    {"name": "Ada 🌊 é 漢字", "phone": "00123", "notes": "two\nlines\r\nthree _x0041_ \x01"},
    {"name": "Ada", "followers": 2**53, "measured_on": dt.date(2024, 2, 29), "status": "paused"},
    {"name": "Ada", "handle": "@ada", "platform": "youtube", "id": 7, "followers": 0},
]


@pytest.mark.parametrize("values", AWKWARD)
def test_what_is_written_is_read_back_unchanged(values: dict[str, Any]) -> None:
    (row,) = rows_of(write([values]))

    assert row.problems == []
    assert {name: value for name, value in row.values.items() if value not in ("", None)} == values


def test_a_text_that_looks_like_a_formula_is_none_for_another_reader() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(write(AWKWARD))).active
    assert sheet is not None

    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n", "d"}
    assert sheet["E2"].value == '=HYPERLINK("http://evil.example","Ada")'
    assert sheet["E2"].number_format == "@"


def test_an_export_has_types_filters_widths_notes_lists_and_a_frozen_header() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(write(AWKWARD))).active
    assert isinstance(sheet, Worksheet)

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{letter(len(COLUMNS) - 1)}{len(AWKWARD) + 1}"
    widths = {
        number: group.width
        for group in sheet.column_dimensions.values()
        for number in range(group.min, group.max + 1)
    }
    for index, column in enumerate(COLUMNS):
        head = sheet.cell(1, index + 1)
        assert head.value == column.header
        assert head.comment is not None
        assert column.help in head.comment.text
        assert widths[index + 1] == pytest.approx(column.width, abs=1)
    assert sheet["F4"].value == "00123"
    assert sheet["O5"].value == 2**53
    assert sheet["R5"].value == dt.datetime(2024, 2, 29)  # noqa: DTZ001 - Excel knows no time zones
    lists = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["C2:C6"] == '"YouTube,Instagram"'


def test_the_template_has_lists_to_choose_from_and_no_row() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(template())).active
    assert isinstance(sheet, Worksheet)

    assert {str(rule.sqref) for rule in sheet.data_validations.dataValidation} == {"C2:C1001", "I2:I1001"}
    # A number that is typed there keeps its zeros and its plus.
    assert sheet.column_dimensions["F"].number_format == "@"
    assert rows_of(template()) == []


def test_an_export_of_nothing_has_a_header() -> None:
    assert rows_of(write([])) == []


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    (row,) = rows_of(write([{"name": "Ada", "notes": "🌊" * 20_000}]))

    assert str(row.values["notes"]).endswith("an import leaves the whole text as it is]")


def test_every_problem_is_named_by_its_cell(book: Book) -> None:
    content = book(
        [
            [*HEADERS, "Followers", "Measured on"],
            ["TikTok", "@ada", "Ada", "many", "yesterday"],
            ["YouTube", "@bob", "Bob", -1, 45000],
            ["YouTube", "@eve", "Eve", 1.5, True],
        ]
    )

    assert problems_of(content) == [
        "A2: “TikTok” is none of YouTube, Instagram",
        "D2: not a whole number of 0 or more: “many”",
        "E2: not a date: “yesterday”; write it as 2026-03-31",
        "D3: not a whole number of 0 or more: “-1”",
        "E3: the number 45000, not a date: format the cell as a date",
        "D4: not a whole number of 0 or more: “1.5”",
        "E4: not a date: “TRUE”; write it as 2026-03-31",
    ]


def test_an_error_of_a_formula_is_no_empty_cell(book: Book) -> None:
    rows = [[*HEADERS, "Notes"], ["YouTube", "@ada", "Ada", "#N/A"], ["YouTube", "@bob", "Bob", "fine"]]

    def mark(sheet: Worksheet) -> None:
        sheet["D2"].data_type = "e"

    assert problems_of(book(rows, mark)) == [f"D2: {NO_VALUE}"]


def test_a_formula_that_was_never_computed_is_no_empty_cell(book: Book) -> None:
    """As programs write it, which leave its value to Excel; an empty text that Excel computed is one."""
    rows = [
        [*HEADERS, "Notes", "Followers"],
        ["YouTube", "@ada", "Ada", '="a" & IF(B2<>"", "x", "")', None],
        ["YouTube", "@bob", "Bob", "fine", "=" + "+".join(["1"] * 4000)],
    ]

    assert problems_of(book(rows)) == [f"D2: {NO_VALUE}", f"E3: {NO_VALUE}"]


@pytest.mark.parametrize(
    ("cell", "problems"),
    [
        (b'<c r="B2" t="str"><f>IF(1,"")</f><v></v></c>', []),
        (b'<c r="B2" t="str"><f>IF(1,"")</f><v xml:space="preserve"> </v></c>', []),
        (b'<c r="B2" t="str"><f>IF(1,"")</f></c>', [f"B2: {NO_VALUE}"]),
        (b'<c r="B2"><f>C2</f><v xml:space="preserve"></v></c>', [f"B2: {NO_VALUE}"]),
        (b'<x:c s="1" r="B2"> <x:f ref="B2:B9" t="shared"/> <x:v /> </x:c>', [f"B2: {NO_VALUE}"]),
    ],
)
def test_an_empty_text_that_a_formula_computed_is_an_empty_cell_and_a_missing_one_is_not(
    tmp_path: Path, cell: bytes, problems: list[str]
) -> None:
    sheet = (
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>Influencer</t></is></c><c r="B1" t="inlineStr"><is><t>Notes</t></is></c></row>'
        b'<row r="2"><c r="A2" t="inlineStr"><is><t>Ada</t></is></c>' + cell + b"</row>"
    )
    path = raw_book(tmp_path / "a.xlsx", [sheet])

    assert problems_of(path.read_bytes()) == problems


def test_a_row_of_nothing_but_formulas_without_a_value_is_no_empty_row_not_even_the_last(book: Book) -> None:
    formulas = ["=Source!A2", "=Source!B2", "=Source!C2"]
    rows = [HEADERS, formulas, ["YouTube", "@bob", "Bob"], [None] * 3, formulas]

    assert problems_of(book(rows)) == [f"{letter}{row}: {NO_VALUE}" for row in (2, 5) for letter in "ABC"]
    with opened(book(rows)) as sheet:
        assert sheet.total_rows == 5


def test_a_formula_beside_the_table_makes_no_row(book: Book) -> None:
    with opened(book([HEADERS, ["YouTube", "@ada", "Ada"], [None, None, None, "=1+1"]])) as sheet:
        assert [row.number for row in sheet.rows] == [2]


def with_errors(book: Book, count: int) -> bytes:
    def mark(sheet: Worksheet) -> None:
        for (cell,) in sheet.iter_rows(min_row=2, min_col=4, max_col=4):
            cell.data_type = "e"

    rows = [["YouTube", f"@person{number}", f"Person {number}", "#N/A"] for number in range(count)]
    return book([[*HEADERS, "Notes"], *rows], mark)


def test_as_many_errors_of_formulas_as_can_be_kept_are_all_named(book: Book) -> None:
    assert len(problems_of(with_errors(book, 1000))) == 1000


def test_a_sheet_of_more_errors_is_refused_because_the_last_would_pass_for_empty_cells(book: Book) -> None:
    with pytest.raises(RefusedWorkbookError, match="More than 1,000 cells hold a formula's error"):
        problems_of(with_errors(book, 1001))


def test_a_sheet_that_is_too_large_is_not_looked_through_for_errors(book: Book) -> None:
    def mark(sheet: Worksheet) -> None:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                cell.data_type = "e"

    too_wide = book([["Notes"] * 201, *[["#N/A"] * 201] * 5], mark)

    with pytest.raises(RefusedWorkbookError, match="201 columns; 200 is the limit"):
        problems_of(too_wide)


def test_numbers_are_read_as_people_type_them(book: Book) -> None:
    content = book([[*HEADERS, "Followers", "Telephone number"], ["", "", "Ada", "1,234 567", 12025550143]])

    (row,) = rows_of(content)
    assert (row.values["followers"], row.values["phone"]) == (1_234_567, "12025550143")


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_dates_are_read_in_both_of_excels_calendars(epoch: dt.datetime | None, book: Book) -> None:
    def count_from(sheet: Worksheet) -> None:
        if epoch:
            assert sheet.parent is not None
            sheet.parent.epoch = epoch

    rows = [[*HEADERS, "Measured on"], ["", "", "Ada", dt.date(2026, 3, 4)], ["", "", "Bob", "2026-03-05"]]
    content = book(rows, count_from)

    assert [row.values["measured_on"] for row in rows_of(content)] == [
        dt.date(2026, 3, 4),
        dt.date(2026, 3, 5),
    ]


def test_cells_merged_downwards_count_for_each_of_their_rows(book: Book) -> None:
    rows = [HEADERS, ["YouTube", "@ada", "Ada"], ["Instagram", "ada", None], ["YouTube", "@bob", "Bob"]]
    content = book(rows, lambda sheet: sheet.merge_cells("C2:C3"))

    assert [row.values["name"] for row in rows_of(content)] == ["Ada", "Ada", "Bob"]


def test_a_title_above_and_empty_rows_between_move_nothing(book: Book) -> None:
    rows = [["Our influencers"], [], [None, *HEADERS], [], [None, "TikTok", "@ada", "Ada"]]
    content = book(rows, lambda sheet: sheet.merge_cells("A1:D1"))

    assert problems_of(content) == ["B5: “TikTok” is none of YouTube, Instagram"]


def test_a_hidden_sheet_is_not_read() -> None:
    workbook = openpyxl.Workbook()
    hidden = workbook.create_sheet("Accounts", 0)
    hidden.sheet_state = "hidden"
    hidden.append(["Influencer"])
    hidden.append(["Nobody"])
    shown = workbook["Sheet"]
    shown.append(["Influencer"])
    shown.append(["Ada"])
    workbook.active = 1

    with opened(saved(workbook)) as sheet:
        assert [row.values["name"] for row in sheet.rows] == ["Ada"]
        assert sheet.notices == []


def test_other_sheets_and_unknown_columns_are_named(book: Book) -> None:
    def add(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.create_sheet("Ideas")

    with opened(book([[*HEADERS, "Shoe size", "Problem"], ["", "", "Ada", 41, "old"]], add)) as sheet:
        assert sheet.notices == [
            "The sheet “Accounts” is read, no other.",
            "Columns that are not read: Shoe size.",
        ]


def test_headers_may_differ_in_case_and_spaces(book: Book) -> None:
    (row,) = rows_of(book([["  INFLUENCER *", "e-MAIL"], ["Ada", "ada@example.org"]]))

    assert row.values == {"name": "Ada", "email": "ada@example.org"}


def test_two_columns_of_one_name_are_refused_by_cell(book: Book) -> None:
    with pytest.raises(RefusedWorkbookError, match="C1 and D1 are both named “Influencer”"):
        rows_of(book([[*HEADERS, "influencer"]]))


def test_a_sheet_without_the_columns_it_needs_is_refused(book: Book) -> None:
    with pytest.raises(RefusedWorkbookError, match="No column is named “Influencer”"):
        rows_of(book([["Name", "Handle"], ["Ada", "@ada"]]))


def test_an_empty_sheet_is_refused(book: Book) -> None:
    with pytest.raises(RefusedWorkbookError, match="No column is named"):
        rows_of(book([]))


def test_columns_are_lettered_as_excel_does() -> None:
    assert [letter(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
