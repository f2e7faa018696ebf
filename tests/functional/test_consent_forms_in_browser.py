"""A consent form in Chromium: asked for, uploaded by a plain form, checked, downloaded, deleted; by keyboard, wide and narrow."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from app.influencers.models import ConsentForm, Influencer
from app.uploads.receiving import receive

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("upload_folder")]

A_PDF = b"%PDF-1.7\nsigned"


@pytest.fixture
def at_ada(outreach_at: Callable[[str], Page]) -> Page:
    ada = Influencer.objects.create(name="Ada Lovelace", phone="+12025550143")
    return outreach_at(f"/staff/influencers/{ada.pk}/")


@pytest.fixture
def asked_for(at_ada: Page) -> Page:
    at_ada.get_by_role("link", name="Add a consent form").press("Enter")
    at_ada.get_by_label("Signed on").fill(f"{timezone.now():%Y-%m-%d}")
    at_ada.get_by_role("button", name="Go on").press("Enter")
    expect(at_ada.get_by_role("heading", level=1)).to_have_text("Consent form of Ada Lovelace")
    # The script comes after the heading.
    at_ada.wait_for_load_state()
    return at_ada


def file_of(tmp_path: Path, content: bytes, name: str = "Ada's form.pdf") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def look() -> None:
    """What the job does."""
    receive(ConsentForm.objects.get().key)


def test_a_consent_form_is_uploaded_downloaded_and_deleted(asked_for: Page, tmp_path: Path) -> None:
    page = asked_for
    page.get_by_label("PDF document").set_input_files(file_of(tmp_path, A_PDF))
    page.get_by_role("button", name="Upload").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is being checked")
    look()
    # The page asks again by itself.
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download").press("Enter")
    assert begun.value.suggested_filename == "Ada's form.pdf"
    assert Path(begun.value.path()).read_bytes() == A_PDF
    page.reload()
    expect(page.get_by_role("region", name="Who did what").get_by_role("row")).to_have_count(4)
    page.get_by_role("link", name="Delete…").press("Enter")
    page.get_by_role("button", name="Delete it").press("Enter")
    expect(page.get_by_role("status")).to_have_text("The consent form was deleted.")
    assert ConsentForm.objects.get().state == "deleted"


def test_a_wrong_file_is_refused_and_says_what_to_do(asked_for: Page, tmp_path: Path) -> None:
    page = asked_for
    page.get_by_label("PDF document").set_input_files(file_of(tmp_path, b"<h1>no</h1>"))
    page.get_by_role("button", name="Upload").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is being checked")
    look()
    expect(page.get_by_role("alert")).to_contain_text("The file is no PDF document")
    expect(page.get_by_role("link", name="Add it again")).to_be_visible()


def test_a_file_that_is_too_large_is_named_before_it_is_sent(asked_for: Page, tmp_path: Path) -> None:
    page = asked_for
    address = page.url
    choice = page.get_by_label("PDF document")
    choice.set_input_files(file_of(tmp_path, b"%PDF-" + b"x" * 10 * 1024**2))
    page.get_by_role("button", name="Upload").press("Enter")
    assert "larger than 10 MB" in choice.evaluate("input => input.validationMessage")
    assert page.url == address
    choice.set_input_files(file_of(tmp_path, A_PDF, "smaller.pdf"))
    assert choice.evaluate("input => input.validationMessage") == ""


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_a_form_is_wider_than_its_window(asked_for: Page, tmp_path: Path, width: int) -> None:
    page = asked_for
    page.set_viewport_size({"width": width, "height": 860})
    page.reload()
    _shoot(page, tmp_path / f"choose-{width}.png")
    page.get_by_label("PDF document").set_input_files(
        file_of(tmp_path, A_PDF, "a-rather-long-name-" * 8 + ".pdf")
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("status")).to_contain_text("is being checked")
    _shoot(page, tmp_path / f"checking-{width}.png")
    look()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    _shoot(page, tmp_path / f"stored-{width}.png")
    page.get_by_role("link", name="Ada Lovelace").click()
    expect(page.get_by_role("heading", name="Consent forms")).to_be_visible()
    _shoot(page, tmp_path / f"influencer-{width}.png")


def _shoot(page: Page, path: Path) -> None:
    page.screenshot(path=path, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
