"""From an upload to rows: looked at first, applied when confirmed, and safe to be killed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.influencers.models import Account, DailyMetrics, Influencer, Tag
from app.influencers.services import record_metrics, tags_named
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import exporting, importing, jobs
from app.influencers.workbook.columns import BY_NAME
from app.influencers.workbook.reading import open_sheet
from app.influencers.workbook.writing import write
from tests.influencers.workbook.conftest import HEADERS, Book

Upload = Callable[[bytes], WorkbookImport]
State = WorkbookImport.State


@pytest.fixture
def upload(make_user: Callable[[str], User]) -> Upload:
    by = make_user("outreach")

    def upload(content: bytes) -> WorkbookImport:
        return jobs.start_import(content, "list.xlsx", by)

    return upload


@pytest.fixture
def ada(db: None) -> Account:
    """Ada with an account that has a value in every column."""
    person = Influencer.objects.create(name="Ada Lovelace", phone="+12025550143", notes="Met in June")
    person.campaigns.add(
        Campaign.objects.create(
            title="Clean rivers", slug="clean-rivers", endorsement_statement="Clean the rivers."
        )
    )
    account = Account(
        influencer=person,
        platform="youtube",
        handle="ada",
        email="ada@example.org",
        notes="=1+1 🌊",
        status="active",
    )
    account.full_clean()
    account.save()
    account.tags.set(tags_named(["food", "rivers"]))
    values = {"followers": 1200, "daily_views": 30, "posts": 4}
    record_metrics(account, dt.date(2026, 3, 4), values, DailyMetrics.Source.MANUAL)
    account.refresh_from_db()
    return account


def exported() -> list[dict[str, Any]]:
    return list(exporting.records(exporting.accounts_asked_for("youtube", {})))


def applied(done: WorkbookImport) -> WorkbookImport:
    jobs.confirm_import(done.pk)
    done.refresh_from_db()
    assert done.state == State.DONE
    return done


def counts(done: WorkbookImport) -> tuple[int, int, int, int]:
    return done.created, done.updated, done.unchanged, done.refused


def contents() -> list[Any]:
    """All that an import may write."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (
            Influencer,
            Account,
            DailyMetrics,
            Tag,
            Account.tags.through,
            Influencer.campaigns.through,
        )
    ]


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
        ["YouTube", "@abc", "Bob", "=1"],
        ["TikTok", "@abd", "007", "=2"],
    ]

    previewed = upload(book(rows, lambda sheet: setattr(sheet["D3"], "data_type", "s")))
    assert counts(applied(previewed)) == (1, 0, 0, 1)

    with open_sheet(bytes(previewed.refused_rows)) as sheet:
        (row,) = sheet.rows
    assert row.cells == {"platform": "TikTok", "handle": "@abd", "name": "007", "notes": "=2"}
    assert "TikTok" in str(row.problems[0])
    assert b"xl/" in bytes(previewed.refused_rows)


def test_rows_of_one_influencer_have_to_agree(upload: Upload, book: Book) -> None:
    rows = [
        [*HEADERS, "About the influencer"],
        ["YouTube", "@abc", "Bob", "tall"],
        ["Instagram", "abc", "Bob", "small"],
    ]

    done = upload(book(rows))
    assert done.problems == [["D3", "row 2 says something else of the same influencer"]]


def test_a_refused_row_leaves_no_name_for_another_row_to_write(
    ada: Account, upload: Upload, book: Book
) -> None:
    rows = [
        ["Influencer ID", *HEADERS, "Telephone number", "Address", "About the influencer"],
        [ada.influencer_id, "Instagram", "ada.r", "Ada King", "+12025550143", "no address", "Met in June"],
        [None, "YouTube", "@ada", "Ada Lovelace", "+12025550143", None, "Met in July"],
    ]

    assert counts(applied(upload(book(rows)))) == (0, 1, 0, 1)
    person = Influencer.objects.get()
    assert (person.name, person.notes) == ("Ada Lovelace", "Met in July")


def test_a_refused_row_leaves_no_number_for_another_row_to_take(upload: Upload, book: Book) -> None:
    rows = [
        [*HEADERS, "Telephone number", "Address"],
        ["YouTube", "@bob", "Bob", "+12025550143", "no address"],
        ["Instagram", "bob", "Bob", None, None],
    ]

    assert counts(applied(upload(book(rows)))) == (1, 0, 0, 1)
    assert [(row.name, row.phone) for row in Influencer.objects.all()] == [("Bob", "")]


def test_a_refused_row_leaves_an_account_as_it_was(ada: Account, upload: Upload, book: Book) -> None:
    rows = [
        ["Account ID", *HEADERS, "Telephone number", "Tags", "Status", "E-mail"],
        [ada.pk, "YouTube", "@ada2", "Ada Lovelace", "+12025550143", "x" * 41, "Paused", "a@example.org"],
        [None, "YouTube", "@ada", "Ada Lovelace", "+12025550143", "sea", None, "b@example.org"],
    ]

    assert counts(applied(upload(book(rows)))) == (0, 1, 0, 1)
    ada.refresh_from_db()
    assert (ada.handle, ada.status, ada.email) == ("ada", "active", "b@example.org")


def test_rows_of_one_identifier_have_to_agree_on_the_name(ada: Account, upload: Upload, book: Book) -> None:
    rows = [
        ["Influencer ID", *HEADERS, "Telephone number"],
        [ada.influencer_id, "YouTube", "@ada", "Ada King", "+12025550143"],
        [ada.influencer_id, "Instagram", "ada.r", "Ada Byron", "+12025550143"],
    ]

    done = applied(upload(book(rows)))
    assert done.problems == [["D3", "row 2 says something else of the same influencer"]]
    assert Influencer.objects.get().name == "Ada King"


def test_a_file_that_is_none_is_refused_as_a_whole(upload: Upload) -> None:
    done = upload(b"Platform,Handle")

    assert done.state == State.REFUSED
    assert "no Excel workbook" in done.refusal


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BLOCK_ROWS", 2)


def five(book: Book) -> bytes:
    return book([HEADERS, *(["YouTube", f"@person{number}", f"Person {number // 2}"] for number in range(5))])


def test_an_application_that_is_killed_goes_on_where_it_was(
    small_blocks: None,
    upload: Upload,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    work_off_jobs: Callable[[], object],
) -> None:
    previewed = upload(five(book))
    real, calls = importing.write, []

    def killed(plans: list[Any]) -> None:
        calls.append(len(plans))
        real(plans)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(importing, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.confirm_import(previewed.pk)
    # What the second block wrote went with its transaction.
    assert Account.objects.count() == 2

    work_off_jobs()
    previewed.refresh_from_db()
    assert (previewed.state, counts(previewed)) == (State.DONE, (5, 0, 0, 0))
    assert Account.objects.count() == 5
    assert Influencer.objects.count() == 3


def test_a_cancelled_application_stops_before_its_next_block(
    small_blocks: None, upload: Upload, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    previewed = upload(five(book))
    real = importing.write

    def cancel(plans: list[Any]) -> None:
        real(plans)
        monkeypatch.setattr(importing, "write", real)
        WorkbookImport.objects.update(state=State.CANCELLED)

    monkeypatch.setattr(importing, "write", cancel)
    jobs.confirm_import(previewed.pk)

    previewed.refresh_from_db()
    assert (previewed.state, previewed.created) == (State.CANCELLED, 2)
    assert Account.objects.count() == 2


def test_what_another_wrote_meanwhile_is_planned_again(
    upload: Upload, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    previewed = upload(five(book))
    real = importing.write

    def overtaken(plans: list[Any]) -> None:
        monkeypatch.setattr(importing, "write", real)
        real(plans)
        raise IntegrityError

    monkeypatch.setattr(importing, "write", overtaken)
    assert counts(applied(previewed)) == (5, 0, 0, 0)


def test_a_cancelled_preview_says_that_nothing_happened(upload: Upload, book: Book) -> None:
    previewed = upload(five(book))

    jobs.cancel_import(previewed.pk)

    previewed.refresh_from_db()
    assert (previewed.state, counts(previewed)) == (State.CANCELLED, (0, 0, 0, 0))
    with pytest.raises(jobs.TooLateError, match="cancelled already"):
        jobs.confirm_import(previewed.pk)


def test_a_large_workbook_waits_for_the_queue(
    upload: Upload, book: Book, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)
    waiting = upload(five(book))
    assert waiting.state == State.READING

    work_off_jobs()
    waiting.refresh_from_db()
    assert waiting.state == State.PREVIEWED

    jobs.confirm_import(waiting.pk)
    assert Account.objects.count() == 0
    work_off_jobs()
    waiting.refresh_from_db()
    assert (waiting.state, counts(waiting)) == (State.DONE, (5, 0, 0, 0))


def test_reading_a_thousand_rows_asks_the_database_a_few_times(
    upload: Upload, book: Book, django_assert_max_num_queries: Any
) -> None:
    rows = [["YouTube", f"@person{number}", f"Person {number}"] for number in range(1000)]
    found = WorkbookImport.objects.create(content=book([HEADERS, *rows]), filename="x")

    # Two blocks, six questions and a note of progress for each.
    with django_assert_max_num_queries(20):
        importing.preview(found.pk)


def test_an_export_is_cut_into_parts_and_begins_anew_when_killed(
    ada: Account,
    upload: Upload,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    work_off_jobs: Callable[[], object],
) -> None:
    applied(upload(five(book)))
    monkeypatch.setattr(exporting, "PART_ROWS", 4)
    made = jobs.start_export("youtube", {"ordering": "handle"}, 6, User.objects.get(username="outreach"))
    real = write
    calls: list[int] = []

    def killed(rows: Any) -> bytes:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(rows)

    monkeypatch.setattr(exporting, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        exporting.export(made.pk)
    work_off_jobs()

    made.refresh_from_db()
    assert (made.is_done, made.rows) == (True, 6)
    assert [(part.number, part.rows) for part in made.parts.all()] == [(1, 4), (2, 2)]


def test_a_part_that_the_gateway_could_not_answer_with_is_halved(
    ada: Account,
    upload: Upload,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    work_off_jobs: Callable[[], object],
) -> None:
    applied(upload(five(book)))
    monkeypatch.setattr(exporting, "MAX_PART_BYTES", 1)
    made = jobs.start_export("youtube", {}, 6, User.objects.get(username="outreach"))
    work_off_jobs()

    assert [part.rows for part in made.parts.all()] == [1] * 6


def test_files_nobody_needs_any_more_are_forgotten(
    upload: Upload, book: Book, ada: Account, work_off_jobs: Callable[[], object]
) -> None:
    old = upload(five(book))
    made = jobs.start_export("youtube", {}, 1, User.objects.get(username="outreach"))
    long_ago = old.made_at - dt.timedelta(days=exporting.KEEP_DAYS + 1)
    WorkbookImport.objects.update(made_at=long_ago)
    type(made).objects.update(made_at=long_ago)

    exporting.forget_old()

    old.refresh_from_db()
    assert (old.state, bytes(old.content)) == (State.CANCELLED, b"")
    assert not type(made).objects.exists()
