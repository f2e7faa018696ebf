"""Endorsements by the dozen, and what a page is held to."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from app.campaigns.models import Campaign
from app.endorsements.models import Endorsement, State
from app.regions.models import Region
from app.stakeholders.models import RegionAssignment, Stakeholder
from tests.shapes import make_region, square
from tests.staff import signed_in

Endorse = Callable[..., list[Endorsement]]


@pytest.fixture
def endorsed(campaign: Campaign) -> Endorse:
    """Give the campaign approved endorsements from a county: `endorsed(3, county)`."""

    def make(count: int, county: Region | None = None, **columns: object) -> list[Endorsement]:
        made = []
        for _ in range(count):
            number = Stakeholder.objects.count() + 1
            person = Stakeholder.objects.create(name=f"Person {number}", email=f"person{number}@example.org")
            for region in (county, county.parent) if county else ():
                assert region
                RegionAssignment.objects.create(
                    stakeholder=person,
                    region=region,
                    kind=region.kind,
                    vintage=region.vintage,
                    basis=RegionAssignment.Basis.CHOICE,
                )
            values = {
                "campaign": campaign,
                "stakeholder": person,
                "state": State.APPROVED,
                "name": person.name,
                "email": person.email,
                "county_geoid": county.geoid if county else "24510",
                "consent_to_publish": True,
                "terms_version": "1",
                "confirmed_at": timezone.now(),
                "moderated_at": timezone.now(),
            }
            made.append(Endorsement.objects.create(**(values | columns)))
        return made

    return make


@pytest.fixture
def outreach(db: None) -> Client:
    """Somebody of the outreach, signed in."""
    return signed_in("outreach")


@pytest.fixture
def baltimore(maryland: Region) -> Region:
    return Region.objects.select_related("parent").get(geoid="24510")


@pytest.fixture
def alaska(db: None) -> Region:
    """A square each side of the 180th meridian."""
    return make_region("state", "02", "Alaska", square(-160, 60, -150, 65), usps="AK")
