"""The demo's invented people, on PostGIS; test_serve_demo.py loads them on SQLite."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from app.campaigns.models import Bill, Campaign
from app.endorsements.models import Endorsement
from app.influencers.models import Account, Influencer
from app.regions.models import Region
from app.site.demo.loading import load_demo
from app.stakeholders.models import RegionAssignment, Stakeholder
from app.stakeholders.places import Place
from app.stakeholders.services import locate

# Inside the module's transaction, each test's own is a savepoint.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def told(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[str]]:
    """What the first load said; taken back when the module ends."""
    del django_db_setup
    lines: list[str] = []
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(lines.append)
        yield lines
        transaction.set_rollback(True)


def test_it_tells_what_it_made(told: list[str]) -> None:
    assert told == [
        "Imported 56 regions of kind state.",
        "Imported 3233 regions of kind county.",
        "Made 4 campaigns with 4000 endorsements.",
        "Made 60 influencers with 117 accounts.",
    ]


def test_an_account_repeats_its_newest_day_and_most_influencers_are_on_both_platforms() -> None:
    for account in Account.objects.prefetch_related("metrics")[:20]:
        newest = account.metrics.first()
        assert newest
        assert account.metrics.count() == 90
        assert (account.measured_on, account.followers) == (newest.day, newest.followers)
        account.full_clean()
    both = Influencer.objects.filter(accounts__platform="youtube").filter(accounts__platform="instagram")
    assert both.distinct().count() > 30


def test_a_second_load_keeps_everything() -> None:
    before = (
        list(Endorsement.objects.values_list("pk", "state")),
        list(Region.objects.values_list("updated_at")),
    )
    told: list[str] = []
    load_demo(told.append)
    assert told == []
    after = (
        list(Endorsement.objects.values_list("pk", "state")),
        list(Region.objects.values_list("updated_at")),
    )
    assert after == before


def test_campaigns_come_with_bills_of_both_levels_and_one_is_closed() -> None:
    assert Counter(Campaign.objects.values_list("status", flat=True)) == {"active": 3, "closed": 1}
    assert all(campaign.is_open() for campaign in Campaign.objects.filter(status="active"))
    assert set(Bill.objects.values_list("level", flat=True)) == {"federal", "state"}
    assert not Bill.objects.exclude(title__contains="illustrative").exists()
    assert not Campaign.objects.filter(bills=None).exists()


def test_most_endorsements_are_approved_and_some_await_a_moderator() -> None:
    states = Counter(Endorsement.objects.values_list("state", flat=True))
    assert set(states) == {"submitted", "confirmed", "approved", "rejected", "withdrawn"}
    assert 0.8 < states["approved"] / states.total() < 0.95
    assert states["confirmed"] > 100


def test_endorsements_lie_in_the_time_of_their_campaign() -> None:
    now = timezone.now()
    for endorsement in Endorsement.objects.select_related("campaign"):
        campaign = endorsement.campaign
        assert campaign.opens_at
        assert campaign.opens_at <= endorsement.submitted_at <= (campaign.closes_at or now)


def test_nobody_waits_for_a_mail_of_a_closed_campaign() -> None:
    assert not Endorsement.objects.filter(campaign__status="closed", state="submitted").exists()


def test_they_are_spread_as_people_are() -> None:
    newest = RegionAssignment.objects.filter(kind="county").values_list("region__geoid", flat=True)
    counties = Counter(newest)
    assert len(counties) > 500
    assert counties["06037"] > 10 * counties.total() / 3233
    assert len(set(RegionAssignment.objects.filter(kind="state").values_list("region", flat=True))) > 45


@pytest.mark.parametrize("by_point", [True, False], ids=["by coordinates", "by county"])
def test_assignments_are_what_locating_again_gives(*, by_point: bool) -> None:
    people = Stakeholder.objects.filter(location__isnull=not by_point).order_by("pk")[:40]
    assert len(people) == 40
    for person in people:
        before = set(person.assignments.values_list("region", "kind", "vintage", "basis"))
        assert len(before) == 2
        endorsement = person.endorsements.exclude(state="submitted").first() or Endorsement.objects.get(
            email=person.email
        )
        locate(person, Place.at(endorsement.latitude, endorsement.longitude, endorsement.county_geoid))
        assert set(person.assignments.values_list("region", "kind", "vintage", "basis")) == before


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_a_deployed_stage_gets_no_demo(settings: Any, stage: str) -> None:
    settings.STAGE = stage
    for command in ("load_demo", "serve_demo"):
        with pytest.raises(CommandError, match=stage):
            call_command(command)
