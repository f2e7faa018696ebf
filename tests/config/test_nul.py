"""Whoever sends a NUL, which PostgreSQL takes in no text, is at fault; we are not."""

import pytest
from django.test import Client

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.regions.models import Region


@pytest.mark.parametrize(
    "address",
    [
        "/api/regions/county/%00/",
        "/api/regions/c%00/24510/boundary/",
        "/api/regions/maps/%00",
        "/api/campaigns/%00/",
        "/campaigns/clean-water/map/%00/",
        "/set-password/%00/%00/",
        "/%00",
    ],
)
def test_nothing_is_at_an_address_with_a_nul(outsider: Client, maryland: Region, address: str) -> None:
    response = outsider.get(address)
    assert response.status_code == 404
    if address.startswith("/api/"):
        assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("address", ["/", "/staff/", "/admin/", "/api/campaigns/", "/api/influencers/"])
def test_a_cookie_with_a_nul_signs_nobody_in(outsider: Client, db: None, address: str) -> None:
    # As cookies spell it: an octal number in quotation marks.
    cookie = r'sessionid="abcdefgh\000"; csrftoken="\000"'
    response = outsider.get(address, headers={"cookie": cookie})
    assert response.status_code == outsider.get(address).status_code < 500


def test_the_other_cookies_stay(administrator: User) -> None:
    client = Client()
    client.force_login(administrator)
    client.cookies["other"] = "\0"
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "campaigns/campaign/?status__exact=%00",
        "endorsements/endorsement/?state=a%00",
        "regions/region/?kind=%00",
    ],
)
def test_no_filter_of_the_staff_area_is_a_nul(administrator: User, campaign: Campaign, query: str) -> None:
    client = Client()
    client.force_login(administrator)
    assert client.get(f"/admin/{query}").status_code == 404
    assert client.get(f"/admin/{query.partition('?')[0]}").status_code == 200
