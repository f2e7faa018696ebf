"""Headless Chromium in front of a server of our own."""

import threading
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from app.accounts.models import User
from ops.processes import wait_until
from tests.browser import PATIENCE_MS, launched
from tests.staff import PASSWORD, member

expect.set_options(timeout=PATIENCE_MS)


def answering() -> set[threading.Thread]:
    """The threads of servers that have a request or a connection."""
    return {thread for thread in threading.enumerate() if "process_request_thread" in thread.name}


@pytest.fixture
def browser(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright's synchronous interface runs an event loop in this thread, so Django takes every query of the test
    # for one that blocks a loop. Nothing else runs on this loop.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    others = answering()
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()
        # A page that asks again by itself may have just asked: its answer reads the tables that are emptied next. It came
        # before us, so its thread runs when we are answered.
        urllib.request.urlopen(f"{live_server.url}/healthz").close()
        wait_until(
            lambda: answering() <= others, "The live server's end of the last request", PATIENCE_MS / 1000
        )
        # Inside a running loop Django keeps connections of its own (asgiref's Local), which nobody else would close.
        connections.close_all()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page that fails the test when a script fails or another host is asked."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("request", lambda sent: None if sent.url.startswith(live_server.url) else wrong.append(sent.url))
    yield page
    context.close()
    assert wrong == []


@pytest.fixture
def outreach_at(page: Page, live_server: LiveServer) -> Callable[[str], Page]:
    """Go to a page of the staff as somebody of the outreach, who has to sign in on the way."""

    def go(address: str) -> Page:
        member("outreach")
        page.goto(address)
        page.get_by_label("Username").fill("outreach")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        # Until it is loaded whole, so that its script is at work.
        page.wait_for_url(f"{live_server.url}{address}")
        return page

    return go


@pytest.fixture
def moderator(live_server: LiveServer) -> User:
    return member("moderator")
