"""Pages for what went wrong."""

import logging
import re

import pytest
from django.test import Client, RequestFactory

from app.config.api import server_error
from tests.site.html import checked, get


def test_an_unknown_address_leads_on(outsider: Client, db: None) -> None:
    page = get(outsider, "/nothing-here/", 404)
    assert page.having("a", href="/campaigns/")


def test_a_failure_has_a_number_that_the_log_has_too(
    rf: RequestFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        page = checked(server_error(rf.get("/")), 500)
    (number,) = re.findall(r"<code>([0-9a-f]{32})</code>", page.html)
    assert number in caplog.text
