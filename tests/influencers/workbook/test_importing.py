"""From an upload to rows: looked at first, applied when confirmed, and every problem named by its cell."""

import datetime as dt
from typing import Any

import pytest

from app.influencers.models import Account, Influencer
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import importing
from app.influencers.workbook.columns import BY_NAME
from app.influencers.workbook.writing import write
from tests.influencers.workbook.conftest import HEADERS, Book, Upload
from tests.influencers.workbook.sheets import opened
from tests.influencers.workbook.uploads import State, applied, contents, counts, exported

NEW = [
    [*HEADERS, "Telephone number", "E-mail", "Tags", "Followers", "Measured on"],
    ["YouTube", "@Grace", "Grace Hopper", "202 555 0188", "Grace@Example.org", "Food, food , navy", 12, dt.date(2026, 3, 4)],
    ["Instagram", "https://instagram.com/grace.h", "Grace Hopper", "+1 202 555 0188", "", "", None, None],
    ["", "", "Mary", "", "", "", None, None],
]  # fmt: skip


def test_nothing_is_written_before_it_is_confirmed(upload: Upload, book: Book) -> None:
    before = contents()

    previewed = upload(book(NEW))

    assert (previewed.state, counts(previewed)) == (State.PREVIEWED, (3, 0, 0, 0))
    assert contents() == before


def test_new_accounts_come_with_their_influencer_tags_and_metrics(upload: Upload, book: Book) -> None:
    done = applied(upload(book(NEW)))

    assert counts(done) == (3, 0, 0, 0)
    grace = Influencer.objects.get(name="Grace Hopper", phone="+12025550188")
    youtube, instagram = grace.accounts.order_by("-platform")
    assert (youtube.handle, youtube.email, youtube.status) == ("grace", "grace@example.org", "new")
    assert youtube.url == "https://www.youtube.com/@grace"
    assert [tag.name for tag in youtube.tags.all()] == ["food", "navy"]
    assert (youtube.followers, youtube.measured_on) == (12, dt.date(2026, 3, 4))
    assert [(day.followers, day.source) for day in youtube.metrics.all()] == [(12, "import")]
    assert instagram.handle == "grace.h"
    assert Influencer.objects.filter(name="Mary", phone="").count() == 1
    assert done.content == b""


def test_the_same_workbook_once_more_changes_nothing(upload: Upload, book: Book) -> None:
    applied(upload(book(NEW)))
    before = contents()

    assert counts(applied(upload(book(NEW)))) == (0, 0, 3, 0)
    assert contents() == before


def test_an_export_imported_unchanged_changes_nothing(ada: Account, upload: Upload) -> None:
    before = contents()

    assert counts(applied(upload(write(exported())))) == (0, 0, 1, 0)
    assert contents() == before


EDITS: dict[str, Any] = {
    "handle": "@ada2",
    "name": "Ada King",
    "phone": "+442071234567",
    "email": "king@example.org",
    "url": "https://example.org/ada",
    "status": "paused",
    "tags": "rivers, sea",
    "notes": "",
    "about": "Met in July",
    "campaigns": "",
    "regions": "Baltimore city, MD; MD",
    "followers": 1300,
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_cell_changes_what_it_says_and_nothing_else(
    name: str, ada: Account, upload: Upload
) -> None:
    before = exported()
    (row,) = exported()

    previewed = upload(write([{**row, name: EDITS[name]}]))
    done = applied(previewed)

    assert counts(done) == (0, 1, 0, 0)
    follows = {"url": "https://www.youtube.com/@ada2"} if name == "handle" else {}
    assert exported() == [{**before[0], name: EDITS[name], **follows}]
    assert {header for header, *_ in done.changes[0]["changes"]} >= {BY_NAME[name].header}


def test_a_column_that_is_absent_leaves_what_is_there(ada: Account, upload: Upload, book: Book) -> None:
    before = exported()

    done = applied(upload(book([[*HEADERS, "Status"], ["YouTube", "@ada", "Ada Lovelace", "Paused"]])))

    assert counts(done) == (0, 1, 0, 0)
    assert exported() == [{**before[0], "status": "paused"}]


def test_every_kind_of_problem_names_its_cell(ada: Account, upload: Upload, book: Book) -> None:
    Influencer.objects.create(name="Ada Lovelace", phone="+442071234567")
    headers = [
        "Account ID", "Influencer ID", *HEADERS, "Telephone number", "E-mail", "Tags", "Campaigns", "Followers", "Address",
    ]  # fmt: skip
    rows = [
        [999, None, "YouTube", "@abc", "Bob", None, None, None, None, None, None],
        [None, 999, "YouTube", "@abd", "Bob", None, None, None, None, None, None],
        [ada.pk, None, "Instagram", "@abe", "Ada Lovelace", None, None, None, None, None, None],
        [None, None, "YouTube", "@a b", "Bob", None, None, None, None, None, None],
        [None, None, "", "@abf", "Bob", None, None, None, None, None, None],
        [None, None, "YouTube", "", "Bob2", None, None, None, None, None, None],
        [None, None, "YouTube", "@abg", "", None, None, None, None, None, None],
        [None, None, "YouTube", "@abh", "Bob", "12", "nobody", "x" * 41, None, None, None],
        [None, None, "YouTube", "@abi", "Cleo", None, "nobody", "x" * 41, "dirty", 5, "not an address"],
        [None, None, "YouTube", "@abj", "Ada Lovelace", None, None, None, None, None, None],
        [None, None, "YouTube", "@ABI", "Dora", None, None, None, None, None, None],
        [
            None,
            ada.influencer_id,
            "YouTube",
            "@ada",
            "Ada Lovelace",
            "+44 20 7123 4567",
            None,
            None,
            None,
            None,
            None,
        ],
    ]

    done = upload(book([headers, *rows]))

    assert counts(done) == (0, 0, 0, 12)
    cells: dict[str, list[str]] = {}
    for cell, message in done.problems:
        cells.setdefault(cell, []).append(message)
    assert cells.keys() == {
        "A2", "B3", "C4", "D5", "C6", "D7", "E8", "F9", "G10", "H10", "I10", "10", "K10", "F11", "D12", "E13",
    }  # fmt: skip
    assert cells["A2"] == ["there is no account 999; leave the cell empty for a new one"]
    assert cells["F11"] == ["2 influencers have this name: give the telephone number"]
    assert cells["D12"] == ["this account is in row 10 already"]
    assert "not an e-mail address" in cells["G10"][0].lower() or "valid email" in cells["G10"][0].lower()


def test_the_valid_rows_are_applied_and_the_refused_ones_can_be_fetched(upload: Upload, book: Book) -> None:
    rows = [
        ["Platform", "Handle", "Influencer", "Notes"],
        ["YouTube", "@abc", "Bob", "1"],
        ["TikTok", "@abd", "007", "=2"],
    ]

    previewed = upload(book(rows, lambda sheet: setattr(sheet["D3"], "data_type", "s")))
    assert counts(applied(previewed)) == (1, 0, 0, 1)

    with opened(bytes(previewed.refused_rows)) as sheet:
        (row,) = sheet.rows
    assert row.cells == {"platform": "TikTok", "handle": "@abd", "name": "007", "notes": "=2"}
    assert "TikTok" in str(row.problems[0])
    assert b"xl/" in bytes(previewed.refused_rows)


def test_a_file_that_is_none_is_refused_as_a_whole(upload: Upload) -> None:
    done = upload(b"Platform,Handle")

    assert done.state == State.REFUSED
    assert "no Excel workbook" in done.refusal


def test_reading_a_thousand_rows_asks_the_database_a_few_times(
    upload: Upload, book: Book, django_assert_max_num_queries: Any
) -> None:
    rows = [["YouTube", f"@person{number}", f"Person {number}"] for number in range(1000)]
    found = WorkbookImport.objects.create(content=book([HEADERS, *rows]), filename="x")

    # Two blocks, six questions and a note of progress for each.
    with django_assert_max_num_queries(20):
        importing.preview(found.pk)
