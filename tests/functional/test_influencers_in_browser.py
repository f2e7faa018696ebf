"""Somebody of the outreach at a laptop: searching while typing, choosing many, looking at an account."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from app.influencers.models import Account, DailyMetrics, Influencer
from app.influencers.services import record_metrics

pytestmark = pytest.mark.browser


@pytest.fixture
def people(live_server: LiveServer) -> None:
    for number, name in enumerate(("Ada Lovelace", "Bob Ross", "Cleo Rivers")):
        row = Influencer.objects.create(name=name)
        for platform in ("youtube", "instagram"):
            account = Account(influencer=row, platform=platform, handle=name.replace(" ", "."))
            account.full_clean()
            account.save()
            for day in (1, 2, 3):
                values = {"followers": 1000 * number + day}
                record_metrics(account, dt.date(2026, 5, day), values, DailyMetrics.Source.COLLECTED)


@pytest.fixture
def signed_in(outreach_at: Callable[[str], Page], people: None) -> Page:
    return outreach_at("/staff/accounts/youtube/")


def test_the_list_follows_the_typing_and_many_are_changed_by_keyboard(signed_in: Page) -> None:
    page = signed_in
    rows = page.locator(".sheet tbody tr")
    expect(rows).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("riv")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="found")).to_contain_text("1 account found")
    expect(page).to_have_url(re.compile(r"\?search=riv&ordering=handle$"))
    for _ in "riv":
        page.keyboard.press("Backspace")
    expect(rows).to_have_count(3)
    page.get_by_label("Choose all on this page").press("Space")
    expect(page.locator("[data-chosen]")).to_have_text("(3)")
    page.get_by_label("Choose @bob.ross").uncheck()
    page.get_by_role("group", name="Change the chosen ones").get_by_label("Status").select_option("Active")
    page.get_by_role("button", name="Look and confirm").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change 2 accounts?")
    page.get_by_role("button", name="Change them").press("Enter")
    expect(page.get_by_role("status").first).to_have_text("2 accounts changed.")
    expect(page.locator(".sheet .tag.active")).to_have_count(2)


def test_an_account_leads_to_the_other_platform_and_back(signed_in: Page) -> None:
    page = signed_in
    page.get_by_role("link", name="@cleo.rivers").first.click()
    expect(page.get_by_role("img", name="Followers from 2,001 to 2,003")).to_be_visible()
    page.get_by_text("The last 3 days as a table").click()
    expect(page.get_by_role("row", name="2026-05-03 2,003")).to_be_visible()
    page.locator(".cards a").click()
    page.wait_for_url("**/staff/accounts/instagram/**")
    expect(page.locator(".cards a")).to_have_text("@cleo.rivers")
    # Nothing sticks out sideways on a telephone.
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_who_is_signed_out_while_typing_is_asked_to_sign_in(signed_in: Page) -> None:
    page = signed_in
    page.context.clear_cookies()
    page.get_by_label("Search", exact=True).press_sequentially("riv")
    page.wait_for_url("**/admin/login/**")
