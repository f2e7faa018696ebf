"""The database itself refuses what can't be."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from app.campaigns.models import Campaign
from app.endorsements.models import EmailLink, Endorsement
from app.stakeholders.models import Stakeholder

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture
def ada(db: None) -> Stakeholder:
    return Stakeholder.objects.create(name="Ada", email="ada@example.org")


def endorse(campaign: Campaign, **columns: Any) -> Endorsement:
    complete = {"name": "Ada", "email": "ada@example.org", "county_geoid": "24510", "terms_version": "1"}
    return Endorsement.objects.create(campaign=campaign, **{**complete, **columns})


def confirmed(ada: Stakeholder) -> dict[str, Any]:
    return {"state": "confirmed", "stakeholder": ada, "confirmed_at": NOW}


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("endorsement_", {"state": "lost"}),
        ("endorsement_kind_known", {"kind": "robot"}),
        ("endorsement_complete", {"name": ""}),
        ("endorsement_complete", {"terms_version": ""}),
        ("endorsement_complete", {"email": "Ada@example.org"}),
        ("endorsement_complete", {"email": " ada@example.org"}),
        ("endorsement_has_one_location", {"county_geoid": ""}),
        ("endorsement_has_one_location", {"county_geoid": "MD510"}),
        ("endorsement_has_one_location", {"latitude": 39.0, "longitude": -76.0}),
        ("endorsement_has_one_location", {"county_geoid": "", "latitude": 39.0}),
        ("endorsement_has_one_location", {"county_geoid": "", "latitude": 91.0, "longitude": 0.0}),
        ("endorsement_has_one_location", {"county_geoid": "", "latitude": 0.0, "longitude": -181.0}),
        ("endorsement_confirmed_has_stakeholder", {"state": "confirmed", "confirmed_at": NOW}),
        ("endorsement_confirmed_has_stakeholder", {"confirmed_at": NOW}),
        ("endorsement_moderation_dated", {"moderated_at": NOW}),
        ("endorsement_withdrawal_dated", {"withdrawn_at": NOW}),
        ("endorsement_withdrawal_dated", {"state": "withdrawn"}),
    ],
)
def test_it_refuses_a_row_that_breaks(campaign: Campaign, constraint: str, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        endorse(campaign, **columns)


def test_it_refuses_an_approval_without_a_date(campaign: Campaign, ada: Stakeholder) -> None:
    with pytest.raises(IntegrityError, match="endorsement_moderation_dated"):
        endorse(campaign, **confirmed(ada) | {"state": "approved"})


def test_it_refuses_a_confirmation_without_a_date(campaign: Campaign, ada: Stakeholder) -> None:
    with pytest.raises(IntegrityError, match="endorsement_confirmed_has_stakeholder"):
        endorse(campaign, state="confirmed", stakeholder=ada)


@pytest.mark.parametrize("second", ["confirmed", "approved", "rejected"])
def test_a_person_endorses_a_campaign_once(campaign: Campaign, ada: Stakeholder, second: str) -> None:
    endorse(campaign, **confirmed(ada))
    moderated_at = None if second == "confirmed" else NOW
    with pytest.raises(IntegrityError, match="endorsement_one_per_person_and_campaign"):
        endorse(campaign, **confirmed(ada) | {"state": second, "moderated_at": moderated_at})


def test_a_person_may_endorse_again_after_withdrawing(campaign: Campaign, ada: Stakeholder) -> None:
    endorse(campaign, **confirmed(ada) | {"state": "withdrawn", "withdrawn_at": NOW})
    endorse(campaign, **confirmed(ada))
    assert Endorsement.objects.count() == 2


def test_any_number_of_submissions_may_wait_for_one_address(campaign: Campaign) -> None:
    endorse(campaign)
    endorse(campaign)
    assert Endorsement.objects.count() == 2


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("email_link_purpose_known", {"purpose": "enter"}),
        ("email_link_digest_is_sha256", {"digest": "short"}),
    ],
)
def test_it_refuses_a_link_that_breaks(campaign: Campaign, constraint: str, columns: dict[str, Any]) -> None:
    good = {"purpose": "confirm", "digest": "0" * 64, "expires_at": timezone.now()}
    with pytest.raises(IntegrityError, match=constraint):
        EmailLink.objects.create(endorsement=endorse(campaign), **{**good, **columns})


def test_no_two_links_share_a_token(campaign: Campaign) -> None:
    link = {"endorsement": endorse(campaign), "digest": "0" * 64, "expires_at": timezone.now()}
    EmailLink.objects.create(purpose="confirm", **link)
    with pytest.raises(IntegrityError, match="digest"):
        EmailLink.objects.create(purpose="withdraw", **link)
