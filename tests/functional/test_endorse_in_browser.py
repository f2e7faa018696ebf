"""The whole way in a browser: from the home page to an endorsement that is shown and counted."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.regions.models import Region

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _links_lead_to_the_live_server(live_server: LiveServer, settings: object) -> None:
    settings.PUBLIC_URL = live_server.url  # type: ignore[attr-defined]


def fill_in(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("Ada@Example.org")
    page.get_by_label("State or territory").select_option("Maryland")
    page.get_by_label("County", exact=True).fill("Baltimore")
    page.get_by_label("In your own words").fill("Swimming is good for thinking.")
    page.get_by_label("Show my name").check()


def test_a_visitor_endorses_confirms_and_is_counted_once_a_moderator_approves(
    page: Page, campaign: Campaign, maryland: Region, moderator: User, work_off_jobs: Callable[[], None]
) -> None:
    page.goto("/")
    page.get_by_role("link", name="Clean water").click()
    expect(page.get_by_text("Nobody has endorsed yet.")).to_be_visible()
    page.get_by_role("link", name="Endorse this campaign").click()

    fill_in(page)
    page.get_by_role("button", name="Send my endorsement").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Baltimore can be Baltimore County (24005) or Baltimore city (24510)")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    summary.get_by_role("link", name="Baltimore can be").click()
    county = page.get_by_label("County", exact=True)
    expect(county).to_be_focused()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ada Lovelace")
    county.fill("Baltimore city")
    page.get_by_label("I accept the terms").check()
    page.get_by_role("button", name="Send my endorsement").click()
    expect(page.get_by_role("heading", name="Now check your mail")).to_be_visible()

    work_off_jobs()
    (message,) = mail.outbox
    assert message.to == ["ada@example.org"]
    (link,) = re.findall(r"http\S+", str(message.body))
    page.goto(link)
    expect(page.get_by_text("Ada Lovelace endorses Clean water")).to_be_visible()
    page.get_by_role("button", name="Yes, I endorse this").click()
    expect(page.get_by_role("heading", name="Thank you, Ada Lovelace")).to_be_visible()
    page.get_by_role("link", name="Back to the campaign").click()
    expect(page.get_by_text("Nobody has endorsed yet.")).to_be_visible()

    page.goto("/admin/endorsements/endorsement/")
    page.get_by_label("Username").fill(moderator.username)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    # The box that selects all is a script's, and the script comes after the box.
    page.wait_for_url(re.compile("^[^?]*/admin/endorsements/"))
    page.get_by_role("checkbox", name="Select all objects on this page").check()
    expect(page.get_by_text("1 of 1 selected")).to_be_visible()
    page.get_by_label("Action:").select_option("Approve the selected endorsements")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("1 endorsement is now approved.")).to_be_visible()

    page.goto(campaign.get_absolute_url())
    # The browser may keep a public page for a minute; a reload asks the server.
    page.reload()
    expect(page.get_by_role("region", name="Who endorses")).to_contain_text("Ada Lovelace")
    expect(page.get_by_role("region", name="Who endorses")).to_contain_text("Baltimore city, MD")
    page.get_by_role("link", name="Maryland: 1 endorsement").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Maryland, by county")
    expect(page.get_by_role("row", name="Baltimore city 1")).to_be_visible()
    expect(page.locator(".map path", has_text="Baltimore city: 1 endorsement")).to_have_count(1)


def test_the_counties_of_the_chosen_state_are_offered(
    page: Page, campaign: Campaign, maryland: Region
) -> None:
    page.goto("/campaigns/clean-water/endorse/")
    page.get_by_label("State or territory").select_option("Maryland")
    offered = page.locator("#counties option")
    expect(offered).to_have_count(3)
    values = [option.get_attribute("value") for option in offered.all()]
    assert values == ["Baltimore County", "Baltimore city", "Harford County"]


def test_the_device_tells_where_it_is(page: Page, maryland: Region) -> None:
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 39.3, "longitude": -76.6})
    page.goto("/find-my-district/")
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_label("Latitude")).to_have_value("39.30000")
    page.get_by_role("button", name="Show my regions").click()
    expect(page.get_by_role("region", name="Your regions")).to_contain_text("Baltimore city")
    expect(page.get_by_role("img", name="Baltimore city in Maryland")).to_be_visible()
    assert page.url.endswith("/find-my-district/")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_device_that_does_not_tell_is_no_dead_end(page: Page, maryland: Region) -> None:
    page.goto("/find-my-district/")
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_text("Your device did not tell.")).to_be_visible()


def test_the_first_stop_of_the_keyboard_skips_to_the_content(page: Page, campaign: Campaign) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_phone_scrolls_in_one_direction_only(page: Page, campaign: Campaign, maryland: Region) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for address in (
        "/",
        "/campaigns/",
        "/campaigns/clean-water/",
        "/campaigns/clean-water/map/MD/",
        "/campaigns/clean-water/endorse/",
        "/campaigns/clean-water/endorse/sent/",
        "/find-my-district/",
        "/confirm/nonsense/",
        "/terms/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 320, address
