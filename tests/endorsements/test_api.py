"""Endorsing over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.endorsements.models import Endorsement, State
from app.endorsements.services import confirm, moderate
from app.regions.models import Region
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place
from app.stakeholders.services import locate

URL = "/api/campaigns/clean-water/endorsements/"
Body = dict[str, Any]
Token = Callable[[str], str]


def post(client: Client, body: object, url: str = URL) -> Any:
    return client.post(url, body, content_type="application/json")


def test_it_is_accepted_and_shown_after_confirmation_and_approval(
    campaign: Campaign,
    maryland: Region,
    moderator: User,
    outsider: Client,
    submission: Body,
    token_mailed_to: Token,
) -> None:
    assert post(outsider, submission).status_code == 202
    assert outsider.get(URL).json()["results"] == []
    confirm(token_mailed_to("ada@example.org"))
    assert outsider.get(URL).json()["results"] == []
    moderate(Endorsement.objects.all(), State.APPROVED, moderator)
    [shown] = outsider.get(URL).json()["results"]
    assert shown["name"] == "Ada Lovelace"
    assert shown["county"] == {"geoid": "24510", "name": "Baltimore city", "state": "MD"}
    assert "email" not in shown
    counts = Endorsement.objects.count_by_region("county")
    assert counts == {Region.objects.get(geoid="24510").pk: 1}


def test_the_answer_does_not_tell_whether_the_address_is_known(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body, token_mailed_to: Token
) -> None:
    unknown = post(outsider, submission)
    confirm(token_mailed_to("ada@example.org"))
    known = post(outsider, submission)
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert known.headers == unknown.headers


def test_a_county_by_name_counts_there(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body, token_mailed_to: Token
) -> None:
    del submission["latitude"], submission["longitude"]
    assert post(outsider, submission | {"state": "MD", "county": "Harford County"}).status_code == 202
    confirm(token_mailed_to("ada@example.org"))
    assert Stakeholder.objects.get().assignments.filter(region__geoid="24025").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 161),
        ("name", None),
        ("email", "nobody"),
        ("email", ""),
        ("terms_accepted", False),
        ("kind", "robot"),
        ("statement", "x" * 2001),
        ("name", "there\n\nYour account is locked."),
        ("organisation", "Open http://evil.example/now"),
        ("role", "Mayor\u2028of"),
        # Overrides turn what stands behind them round, the reader's own name or ours.
        ("name", "Ada \u202egro.elpmaxe"),
        ("organisation", "\u2067Rivers"),
        # Nothing to see: a space of no width, and the joiner of emoji alone.
        ("name", "\u200b \u200d"),
        ("role", "\u00ad"),
        ("latitude", 91),
        ("latitude", "north"),
        ("longitude", 76.6),
        ("state", "MD"),
    ],
)
def test_it_names_the_field_that_is_wrong(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body, field: str, value: object
) -> None:
    expected = "latitude" if field == "state" else field
    response = post(outsider, submission | {field: value})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == "invalid"
    assert list(error["fields"]) == [expected]
    assert not Endorsement.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "עדה לאבלייס",
        "آدا لاولیس",
        "علی‌رضا",
        "Ada 👩🏽‍🔬 Lovelace",
        "O'Brien-Łukasiewicz",
        "孙中山",
        "X Æ A-12",
    ],
)
def test_a_name_may_be_of_any_script(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body, name: str
) -> None:
    assert post(outsider, submission | {"name": name}).status_code == 202
    assert Endorsement.objects.get().name == name


def test_null_and_empty_are_as_good_as_absent(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body
) -> None:
    by_county = {"latitude": None, "longitude": None, "state": "MD", "county": "Harford"}
    for place in ({"state": "", "county": None}, by_county):
        assert post(outsider, submission | place).status_code == 202
    places = Endorsement.objects.order_by("pk").values_list("latitude", "county_geoid")
    assert list(places) == [(submission["latitude"], ""), (None, "24025")]


@pytest.mark.parametrize("missing", ["name", "email", "terms_accepted", "latitude"])
def test_it_names_the_field_that_is_missing(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body, missing: str
) -> None:
    del submission[missing]
    response = post(outsider, submission)
    assert response.status_code == 400
    assert len(response.json()["error"]["fields"]) == 1


@pytest.mark.parametrize("body", ["{", "[]", '"text"', "null", b"\xff"])
def test_what_is_no_object_is_refused(campaign: Campaign, outsider: Client, body: Any) -> None:
    response = post(outsider, body)
    assert response.status_code == 400
    assert set(response.json()["error"]) == {"code", "message", "fields"}


def test_another_content_type_is_refused(campaign: Campaign, outsider: Client) -> None:
    response = outsider.post(URL, {"name": "Ada"})
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "unsupported_media_type"


@pytest.mark.parametrize("status", ["closed", "active"])
def test_a_campaign_that_is_not_open_takes_none(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body, status: str
) -> None:
    campaign.status = status
    campaign.closes_at = timezone.now()
    campaign.save()
    response = post(outsider, submission)
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "campaign_not_open"
    assert not Endorsement.objects.exists()


def test_a_draft_is_not_there(campaign: Campaign, outsider: Client, submission: Body) -> None:
    Campaign.objects.update(status="draft")
    assert post(outsider, submission).status_code == 404
    assert outsider.get(URL).status_code == 404
    assert mail.outbox == []


def approved(campaign: Campaign, number: int, **columns: Any) -> None:
    now = timezone.now()
    for index in range(number):
        person = Stakeholder.objects.create(name=f"Person {index}", email=f"person{index}@example.org")
        locate(person, Place(county_geoid="24510"))
        campaign.endorsements.create(
            **{
                "name": person.name,
                "email": person.email,
                "county_geoid": "24510",
                "terms_version": "1",
                "state": State.APPROVED,
                "stakeholder": person,
                "confirmed_at": now,
                "moderated_at": now,
                "consent_to_publish": True,
                **columns,
            }
        )


def test_who_did_not_consent_is_counted_and_not_shown(
    campaign: Campaign, maryland: Region, outsider: Client
) -> None:
    approved(campaign, 1, consent_to_publish=False)
    assert outsider.get(URL).json()["results"] == []
    assert sum(Endorsement.objects.count_by_region("state").values()) == 1


def test_a_page_costs_the_same_whatever_it_holds(
    campaign: Campaign, maryland: Region, outsider: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    approved(campaign, 30)
    for size in (1, 30):
        with django_assert_num_queries(3):
            assert len(outsider.get(URL, {"page_size": size}).json()["results"]) == size


def test_the_pages_hold_everybody_once(campaign: Campaign, maryland: Region, outsider: Client) -> None:
    approved(campaign, 7)
    names: list[str] = []
    url = f"{URL}?page_size=3"
    while url is not None:
        page = outsider.get(url).json()
        assert set(page) == {"results", "next", "previous"}
        names += [row["name"] for row in page["results"]]
        url = page["next"]
    assert names == [f"Person {index}" for index in reversed(range(7))]


@pytest.mark.parametrize("typed", ['"ada"@example.org', '"\\ada"@example.org'])
def test_a_second_spelling_of_a_mailbox_is_refused(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body, typed: str
) -> None:
    response = post(outsider, submission | {"email": typed})
    assert response.status_code == 400
    assert "without quotation marks" in str(response.json()["error"])
    assert not Endorsement.objects.exists()


def test_two_spellings_of_a_domain_are_one_stakeholder(
    campaign: Campaign, maryland: Region, outsider: Client, submission: Body, token_mailed_to: Token
) -> None:
    assert post(outsider, submission | {"email": "ada@\uff45xample.org"}).status_code == 202
    confirm(token_mailed_to("ada@example.org"))
    assert Stakeholder.objects.get().email == "ada@example.org"
