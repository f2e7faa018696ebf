"""The icon of pages that name none."""

from django.contrib.staticfiles import finders
from django.test import Client


def test_a_browser_that_looks_for_an_icon_is_sent_to_the_sites(outsider: Client) -> None:
    response = outsider.get("/favicon.ico")
    assert response.status_code == 302
    assert finders.find(response["Location"].removeprefix("/static/"))
    assert not response.cookies
