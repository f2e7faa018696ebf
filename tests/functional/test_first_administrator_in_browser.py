"""The first administrator's link in a browser, whose headers the check against forgery goes by."""

import io
import re

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.browser


def test_an_operator_makes_an_administrator_who_signs_in(
    page: Page, live_server: LiveServer, settings: object
) -> None:
    settings.PUBLIC_URL = live_server.url  # type: ignore[attr-defined]
    Group.objects.get_or_create(name="administrator")
    said = io.StringIO()
    call_command("create_admin", "ada@example.org", stdout=said)
    (link,) = re.findall(r"http\S+", said.getvalue())
    page.goto(link)
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    page.get_by_label("New password").fill("correct horse battery")
    page.get_by_label("The same again").fill("correct horse")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("The two passwords differ.")
    page.get_by_label("New password").fill("correct horse battery")
    page.get_by_label("The same again").fill("correct horse battery")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("link", name="Sign in to the staff area").click()
    page.get_by_label("Username").fill("ada@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Staff area")).to_be_visible()
