"""Every page lives with the content policy: nothing inline, nothing from elsewhere."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.config.csp import HEADER, policy
from tests.browser import PATIENCE_MS, launched

Visit = Callable[[str], Page]


def test_files_may_come_from_the_cdn_and_calls_go_only_to_ourselves() -> None:
    directives = policy("https://static.example.org/files/")
    assert directives["script-src"] == ["'self'", "https://static.example.org"]
    assert directives["connect-src"] == ["'self'"]
    assert directives["default-src"] == ["'none'"]


def test_nothing_inline_is_allowed() -> None:
    assert "unsafe" not in repr(policy("static/"))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/api/docs/", "/admin/login/", "/api/nothing/"])
def test_every_answer_carries_the_policy(path: str) -> None:
    header = Client().get(path).headers[HEADER]
    assert header.startswith("default-src 'none'; script-src 'self';")


def test_developers_pages_are_left_alone(settings: object) -> None:
    settings.DEBUG = True  # type: ignore[attr-defined]
    assert HEADER not in Client().get("/nothing/at/all/").headers


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser said on its console or could not load."""
    return []


@pytest.fixture
def visit(chromium: Browser, complaints: list[str]) -> Iterator[Visit]:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} {message.location['url']}")

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))

    def go(address: str) -> Page:
        page.goto(address, wait_until="networkidle")
        return page

    yield go
    context.close()


@pytest.mark.browser
def test_the_api_documentation_renders(live_server: LiveServer, visit: Visit, complaints: list[str]) -> None:
    page = visit(f"{live_server.url}/api/docs/")
    page.wait_for_selector(".info .title")
    assert "Coalition Builder" in page.inner_text(".info .title")
    page.click("#operations-campaigns-campaigns_list .opblock-summary")
    page.wait_for_selector("#operations-campaigns-campaigns_list .opblock-body")
    assert complaints == []


@pytest.mark.browser
def test_an_editor_works_in_the_staff_area(
    live_server: LiveServer, visit: Visit, complaints: list[str], editor: User, campaign: Campaign
) -> None:
    change = f"{live_server.url}/admin/campaigns/campaign/{campaign.pk}/change/"
    page = visit(f"{live_server.url}/admin/login/?next=/admin/campaigns/campaign/")
    page.fill("#id_username", editor.username)
    page.fill("#id_password", "correct horse battery")
    page.click("input[type=submit]")
    page.wait_for_selector("#result_list")
    # What is still being fetched when somebody leaves a page counts as failed.
    page.wait_for_load_state("networkidle")
    visit(change)
    # Scripts run: the date picker and the further rows are made by them.
    expect(page.locator(".datetimeshortcuts").first).to_be_visible(timeout=PATIENCE_MS)
    page.click("text=Add another Bill")
    assert complaints == []


def test_the_policy_is_the_setting() -> None:
    assert policy(settings.STATIC_URL) == settings.SECURE_CSP
