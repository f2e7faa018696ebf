"""An export that somebody opens in LibreOffice, edits and saves comes back with that edit and no other.

LibreOffice reads the workbook into its own flat XML, in which a cell is edited, and saves that as a workbook again: what
it makes of types, dates, merged cells and texts on both ways is its own doing.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from app.accounts.models import User
from app.influencers.models import Account, DailyMetrics, Influencer
from app.influencers.services import record_metrics, tags_named
from app.influencers.workbook import jobs
from app.influencers.workbook.exporting import asked_for
from app.influencers.workbook.writing import write
from app.regions.models import Region
from ops import libreoffice
from tests.influencers.workbook.conftest import Book
from tests.influencers.workbook.sheets import NO_VALUE, opened

Save = Callable[..., bytes]

PEOPLE = [
    ("ada", '=HYPERLINK("http://evil.example","Ada")', "+12025550143", "=1+1", "007"),
    ("bob", "Bob 🌊 漢字", "+442071234567", "@SUM(A1)", "two\nlines"),
    ("cleo", "Cleo", "", "+49 30", "'quoted"),
    ("dora", "Dora", "+12025550188", "2026-03-04", "1/2"),
    ("eve", "TRUE", "+12025550199", "1e5", "  spaces  "),
]  # fmt: skip


@pytest.fixture
def people(maryland: Region) -> None:
    for number, (handle, name, phone, notes, about) in enumerate(PEOPLE):
        row = Influencer.objects.create(name=name, phone=phone, notes=about)
        row.regions.set(Region.objects.filter(geoid__in=["24", "24025", "24510"][:number]))
        account = Account(influencer=row, platform="youtube", handle=handle, notes=notes, status="active")
        account.full_clean()
        account.save()
        account.tags.set(tags_named(["food", "007"]))
        values = {"followers": 10**number, "daily_views": 0}
        day = dt.date(2024, 2, 28) + dt.timedelta(days=number)
        record_metrics(account, day, values, DailyMetrics.Source.MANUAL)


@pytest.fixture
def saved_by_libreoffice(tmp_path: Path) -> Save:
    """A workbook opened, edited by replacing texts in its cells, and saved."""

    def save(content: bytes, edits: dict[str, str] | None = None) -> bytes:
        profile = tmp_path / "profile"
        original = tmp_path / "export.xlsx"
        original.write_bytes(content)
        flat = libreoffice.convert(original, "fods", tmp_path, profile=profile)
        text = flat.read_text()
        for old, new in (edits or {}).items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        flat.write_text(text)
        saved = tmp_path / "saved"
        saved.mkdir()
        return libreoffice.convert(flat, "xlsx", saved, profile=profile).read_bytes()

    return save


def exported() -> list[Any]:
    return list(asked_for("youtube", {}))


def imported(content: bytes, by: User) -> tuple[int, int, int, int]:
    made = jobs.start_import(content, "export.xlsx", by)
    assert made.state == made.State.PREVIEWED, made.refusal
    assert made.problems == []
    jobs.confirm_import(made.pk)
    made.refresh_from_db()
    return made.created, made.updated, made.unchanged, made.refused


def test_an_export_saved_by_libreoffice_changes_what_was_edited_and_nothing_else(
    people: None, saved_by_libreoffice: Save, make_user: Callable[[str], User]
) -> None:
    before = exported()
    edits = {
        "<text:p>+12025550188</text:p>": "<text:p>+12025550177</text:p>",
        'office:value="1000"': 'office:value="1001"',
        "<text:p>Harford County, MD; MD</text:p>": "<text:p>Harford County, MD; baltimore County, md</text:p>",
    }
    content = saved_by_libreoffice(write(before), edits)

    assert imported(content, make_user("outreach")) == (0, 2, 3, 0)

    expected = [{**row} for row in before]
    expected[3] |= {"phone": "+12025550177", "followers": 1001}
    expected[2] |= {"regions": "Baltimore County, MD; Harford County, MD"}
    assert exported() == expected


def test_a_peoples_workbook_saved_by_libreoffice_is_read_as_it_looks(
    book: Book, saved_by_libreoffice: Save
) -> None:
    def shape(sheet: Worksheet) -> None:
        sheet.merge_cells("C4:C5")
        assert sheet.parent is not None
        hidden = sheet.parent.create_sheet("Hidden", 0)
        hidden.sheet_state = "hidden"
        hidden.append(["Influencer"])
        hidden.append(["Nobody"])
        sheet.parent.active = 1

    rows: list[list[Any]] = [
        ["Our people"],
        [],
        ["Platform", "Handle", "Influencer", "Telephone number", "Measured on", "Followers", "Notes"],
        ["YouTube", "@ada", "Ada", "0012025550143", dt.date(2024, 2, 29), 1200, "=1+1"],
        ["Instagram", "ada", None, "0012025550143", dt.date(1904, 1, 2), 0, "🌊"],
        [],
        ["YouTube", "@bob", "Bob", None, None, None, "#N/A"],
    ]
    content = book(rows, shape)

    with opened(saved_by_libreoffice(content)) as sheet:
        found = list(sheet.rows)
    assert [row.number for row in found] == [4, 5, 7]
    assert [row.values["name"] for row in found] == ["Ada", "Ada", "Bob"]
    assert [row.values["phone"] for row in found] == ["0012025550143", "0012025550143", ""]
    assert [row.values["measured_on"] for row in found] == [dt.date(2024, 2, 29), dt.date(1904, 1, 2), None]
    assert [row.values["followers"] for row in found] == [1200, 0, None]
    # openpyxl writes the first as a formula and the last as an error, as Excel would.
    assert [row.values.get("notes") for row in found] == ["2", "🌊", None]
    assert [str(problem) for problem in found[2].problems] == [f"G7: {NO_VALUE}"]


def test_libreoffice_sees_no_formula_in_an_export(people: None, tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    path.write_bytes(write(exported()))

    flat = libreoffice.convert(path, "fods", tmp_path, profile=tmp_path / "profile").read_text()

    assert "=HYPERLINK(" in flat
    assert "table:formula" not in flat
