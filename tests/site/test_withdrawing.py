"""Asking for a link to withdraw, on any campaign that the public can read."""

from collections.abc import Callable

import pytest
from django.test import Client

from app.campaigns.models import Campaign
from app.endorsements.models import Endorsement, State
from app.endorsements.services import Submission, confirm, submit
from app.regions.models import Region
from app.stakeholders.places import Place
from tests.site.html import checked, get

ADDRESS = "/campaigns/clean-water/withdraw/"
ADA = Submission(name="Ada Lovelace", email="ada@example.org", place=Place(county_geoid="24510"))
Token = Callable[[str], str]


@pytest.fixture
def closed(campaign: Campaign, maryland: Region, token_mailed_to: Token) -> Campaign:
    """A campaign that Ada endorsed before it closed."""
    submit(campaign, ADA)
    confirm(token_mailed_to(ADA.email))
    campaign.status = Campaign.Status.CLOSED
    campaign.save()
    Endorsement.objects.update(state=State.APPROVED, moderated_at="2026-11-01T00:00Z")
    return campaign


def test_a_closed_campaign_leads_to_it(closed: Campaign, outsider: Client) -> None:
    assert get(outsider, "/campaigns/clean-water/").having("a", href=ADDRESS)


def test_the_link_withdraws(closed: Campaign, outsider: Client, token_mailed_to: Token) -> None:
    get(outsider, ADDRESS)
    response = outsider.post(ADDRESS, {"email": "Ada@example.org"})
    assert response.headers["Location"] == f"{ADDRESS}sent/"
    get(outsider, response.headers["Location"])
    checked(outsider.post(f"/withdraw/{token_mailed_to(ADA.email)}/"))
    assert Endorsement.objects.get().state == State.WITHDRAWN


def test_an_unknown_address_looks_the_same(closed: Campaign, outsider: Client) -> None:
    known, unknown = (outsider.post(ADDRESS, {"email": email}) for email in (ADA.email, "nobody@example.org"))
    assert (known.status_code, known.content, known.headers["Location"]) == (
        unknown.status_code,
        unknown.content,
        unknown.headers["Location"],
    )


@pytest.mark.parametrize("email", ["", "ada@"])
def test_what_is_no_address_is_said_so(closed: Campaign, outsider: Client, email: str) -> None:
    page = checked(outsider.post(ADDRESS, {"email": email}))
    assert page.having("a", href="#id_email")


def test_a_draft_is_not_there(campaign: Campaign, outsider: Client) -> None:
    Campaign.objects.update(status="draft")
    get(outsider, ADDRESS, 404)


def test_a_quoted_address_is_refused_with_the_reason(closed: Campaign, outsider: Client) -> None:
    response = outsider.post(ADDRESS, {"email": '"ada"@example.org'})
    assert "without quotation marks" in response.content.decode()
