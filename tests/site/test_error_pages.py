"""Pages for what went wrong."""

import re

from django.test import Client, RequestFactory

from app.config import request_id
from app.config.api import server_error
from tests.site.html import checked, get


def test_an_unknown_address_leads_on(outsider: Client, db: None) -> None:
    page = get(outsider, "/nothing-here/", 404)
    assert page.having("a", href="/campaigns/")


def test_a_failure_says_the_requests_number(rf: RequestFactory) -> None:
    token = request_id.current.set("a" * 32)
    page = checked(server_error(rf.get("/")), 500)
    request_id.current.reset(token)
    assert re.findall(r"<code>([0-9a-f]{32})</code>", page.html) == ["a" * 32]
