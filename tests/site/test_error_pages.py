"""Pages for what went wrong."""

import re

from django.test import Client, RequestFactory

from app.accounts.models import User
from app.config import request_id
from app.config.api import server_error
from tests.site.html import checked, get


def test_an_unknown_address_leads_on(outsider: Client, db: None) -> None:
    page = get(outsider, "/nothing-here/", 404)
    assert page.having("a", href="/campaigns/")


def test_a_host_that_is_not_ours_is_told_so_in_the_sites_look(outsider: Client, db: None) -> None:
    page = checked(outsider.get("/", headers={"host": "elsewhere.example"}), 400)
    assert page.having("a", href="/campaigns/")


def test_staff_without_the_role_are_told_who_can_give_it(viewer: User) -> None:
    client = Client()
    client.force_login(viewer)
    page = get(client, "/admin/campaigns/campaign/add/", 403)
    assert "An administrator of this site" in page.text


def test_a_failure_says_the_requests_number(rf: RequestFactory) -> None:
    token = request_id.current.set("a" * 32)
    page = checked(server_error(rf.get("/")), 500)
    request_id.current.reset(token)
    assert re.findall(r"<code>([0-9a-f]{32})</code>", page.html) == ["a" * 32]
