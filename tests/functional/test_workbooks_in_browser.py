"""The import wizard in Chromium, by keyboard: upload, look, apply, and the refused rows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.influencers.models import Account, Influencer
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import importing, jobs
from app.influencers.workbook.exporting import Record, asked_for
from app.influencers.workbook.reading import open_sheet
from app.influencers.workbook.writing import write
from app.uploads.receiving import receive

pytestmark = pytest.mark.browser


@pytest.fixture
def signed_in(outreach_at: Callable[[str], Page]) -> Page:
    row = Influencer.objects.create(name="Bob Ross", phone="+12025550143")
    Account.objects.create(
        influencer=row, platform="youtube", handle="bob", url="https://www.youtube.com/@bob"
    )
    return outreach_at("/staff/workbooks/")


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Bob edited, Ada new, and a row with two problems."""
    path = tmp_path / "Influencers of May.xlsx"
    (bob,) = asked_for("youtube", {})
    rows: list[Record] = [
        {**bob, "status": "active", "notes": "Likes clouds 🌊"},
        {"platform": "youtube", "handle": "@ada", "name": "Ada Lovelace"},
        {"platform": "youtube", "handle": "@c c", "name": "Cleo", "phone": "12"},
    ]
    path.write_bytes(write(rows))
    return path


def test_a_workbook_is_uploaded_looked_at_and_applied(
    signed_in: Page, workbook: Path, tmp_path: Path
) -> None:
    page = signed_in
    page.get_by_role("button", name="Upload and check").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose a file first.")
    page.get_by_label("Excel workbook").set_input_files(workbook)
    page.get_by_role("button", name="Upload and check").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("What Influencers of May.xlsx would change")
    problems = page.get_by_role("region", name="Problems").get_by_role("row")
    expect(problems).to_contain_text(["Cell", "D4", "F4"])
    changes = page.get_by_role("region", name="Changes")
    expect(changes).to_contain_text("Status: New → Active")
    assert Account.objects.count() == 1
    page.get_by_role("button", name="Apply the 2 valid rows").press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Influencers of May.xlsx was applied")
    assert Account.objects.get(handle="bob").notes == "Likes clouds 🌊"
    assert Account.objects.get(handle="ada").influencer.name == "Ada Lovelace"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the refused rows").press("Enter")
    with open_sheet(download.value.path()) as sheet:
        assert [row.cells["name"] for row in sheet.rows] == ["Cleo"]


def test_a_large_workbook_is_followed_without_loading_the_page(
    signed_in: Page, workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)
    page = signed_in
    page.get_by_label("Excel workbook").set_input_files(workbook)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("status")).to_contain_text("begins within a minute")

    found = WorkbookImport.objects.get()
    WorkbookImport.objects.update(rows=4, reached=2)
    expect(page.get_by_role("status")).to_contain_text("Row 2 of 4, 50 %.")
    importing.preview(found.pk)
    expect(page.get_by_role("button", name="Apply the 2 valid rows")).to_be_visible()
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Influencers of May.xlsx was cancelled")
    assert Account.objects.count() == 1


def test_a_larger_workbook_goes_past_us_and_is_followed(
    signed_in: Page, workbook: Path, upload_folder: Path
) -> None:
    page = signed_in
    page.get_by_label("Excel workbook").evaluate("input => { input.dataset.maxBytes = 10 }")
    page.get_by_label("Excel workbook").set_input_files(workbook)
    page.get_by_role("button", name="Upload and check").press("Enter")
    assert not WorkbookImport.objects.exists(), "what is too large for the form was sent by it"

    page.get_by_role("button", name="Upload a larger workbook").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Upload a larger workbook")
    page.get_by_label("Excel workbook").set_input_files(workbook)
    page.get_by_role("button", name="Upload and check").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your workbook was sent")

    found = WorkbookImport.objects.get()
    receive(found.key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Checking Influencers of May.xlsx")
    importing.preview(found.pk)
    page.get_by_role("button", name="Apply the 2 valid rows").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Applying Influencers of May.xlsx")
    importing.apply(found.pk)
    expect(page.get_by_role("heading", level=1)).to_have_text("Influencers of May.xlsx was applied")
    assert Account.objects.get(handle="ada").influencer.name == "Ada Lovelace"


def test_a_search_is_downloaded_from_its_list(signed_in: Page) -> None:
    page = signed_in
    page.goto("/staff/accounts/youtube/?search=bob")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as Excel").press("Enter")

    with open_sheet(download.value.path()) as sheet:
        assert [row.values["handle"] for row in sheet.rows] == ["@bob"]
