"""Invented endorsers, spread over the counties about as people are; the same on every machine but for the dates."""

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from app.campaigns.models import Campaign
from app.endorsements.models import Endorsement, State
from app.regions.geometry import Point
from app.regions.models import Region, RegionKind
from app.site.demo.content import (
    CAMPAIGNS,
    CHESAPEAKE,
    FIRST_NAMES,
    LAST_NAMES,
    ORGANISATIONS,
    RESIDENTS_THOUSANDS_BY_COUNTY,
    ROLES,
    DemoCampaign,
)
from app.stakeholders.models import RegionAssignment, Stakeholder, StakeholderKind

SEED = 20161108
PEOPLE = 3000
_HOME_FACTOR = 4
_CAMPAIGN_HOME_FACTOR = 12
_SHARE_LOCATED_BY_POINT = 0.2
_SHARE_OF_ORGANISATIONS = 0.12
_SHARE_WITH_ROLE = 0.3
_SHARE_WITH_STATEMENT = 0.3
_SHARE_CONSENTING = 0.88
_SHARES_BY_STATE = {
    State.APPROVED: 0.87,
    State.CONFIRMED: 0.07,
    State.REJECTED: 0.03,
    State.SUBMITTED: 0.02,
    State.WITHDRAWN: 0.01,
}


@dataclass(frozen=True)
class Endorser:
    """A stakeholder who is not saved yet, and where they are.

    Attributes:
        county: its newest vintage.
        regions: everything they are assigned to, one of each kind and vintage.
    """

    stakeholder: Stakeholder
    county: Region
    regions: Sequence[Region]

    def assignments(self) -> Iterator[RegionAssignment]:
        by_point = self.stakeholder.location is not None
        basis = RegionAssignment.Basis.POINT if by_point else RegionAssignment.Basis.CHOICE
        for region in self.regions:
            yield RegionAssignment(
                stakeholder=self.stakeholder,
                region=region,
                kind=region.kind,
                vintage=region.vintage,
                basis=basis,
            )


class Population:
    """The counties, and people drawn from them."""

    def __init__(self, randomness: random.Random) -> None:
        self.random = randomness
        counties = Region.objects.of(RegionKind.COUNTY).select_related("parent").without_shapes()
        self.vintages_by_geoid: dict[str, list[Region]] = {}
        for county in counties.order_by("geoid", "-vintage"):
            self.vintages_by_geoid.setdefault(county.geoid, []).append(county)
        self.geoids = list(self.vintages_by_geoid)
        self.weights = [self._weight(geoid) for geoid in self.geoids]

    def draw(self, count: int) -> list[Endorser]:
        drawn = self.random.choices(self.geoids, self.weights, k=count)
        return [self._endorser(number, self.vintages_by_geoid[geoid]) for number, geoid in enumerate(drawn)]

    def _weight(self, geoid: str) -> float:
        # The middle county of the United States has about 26,000 residents; the spread is that of a lognormal.
        residents = RESIDENTS_THOUSANDS_BY_COUNTY.get(geoid) or self.random.lognormvariate(3.25, 1.1)
        return residents * (_HOME_FACTOR if geoid[:2] in CHESAPEAKE else 1)

    def _endorser(self, number: int, vintages: list[Region]) -> Endorser:
        stakeholder = self._stakeholder(number, vintages[0])
        if self.random.random() < _SHARE_LOCATED_BY_POINT and (found := self._point_in(vintages[0])):
            stakeholder.location, regions = found
            return Endorser(stakeholder, vintages[0], regions)
        stakeholder.county_geoid = vintages[0].geoid
        states = {county.parent for county in vintages if county.parent}
        return Endorser(stakeholder, vintages[0], [*vintages, *states])

    def _stakeholder(self, number: int, county: Region) -> Stakeholder:
        first, last = self.random.choice(FIRST_NAMES), self.random.choice(LAST_NAMES)
        organisation = self.random.choice(ORGANISATIONS).format(place=county.name)
        speaks_for_one = self.random.random() < _SHARE_WITH_ROLE
        email = f"endorser{number:04}@example.org"
        if self.random.random() < _SHARE_OF_ORGANISATIONS:
            return Stakeholder(kind=StakeholderKind.ORGANISATION, name=organisation, email=email)
        return Stakeholder(
            kind=StakeholderKind.PERSON,
            name=f"{first} {last}",
            organisation=organisation if speaks_for_one else "",
            role=self.random.choice(ROLES) if speaks_for_one else "",
            email=email,
        )

    def _point_in(self, county: Region) -> tuple[Point, list[Region]] | None:
        """A point of the county and what covers it, as stakeholders.services.locate decides; None after ten misses."""
        for _ in range(10):
            point = Point(
                round(self.random.uniform(county.west, county.east), 5),
                round(self.random.uniform(county.south, county.north), 5),
            )
            chosen: dict[tuple[str, int], Region] = {}
            for region in Region.objects.covering(point).order_by("geoid"):
                chosen.setdefault((region.kind, region.vintage), region)
            if any(region.pk == county.pk for region in chosen.values()):
                return point, list(chosen.values())
        return None


def pick_endorsers(randomness: random.Random, people: Sequence[Endorser]) -> dict[str, list[Endorser]]:
    """Who endorses which campaign, by its slug; people of its home states come first."""

    def pick(campaign: DemoCampaign) -> list[Endorser]:
        # Weighted drawing without replacement: Efraimidis and Spirakis, 2006.
        def key(endorser: Endorser) -> float:
            at_home = endorser.county.state_fips in campaign.home_states
            return float(randomness.random() ** (1 / (_CAMPAIGN_HOME_FACTOR if at_home else 1)))

        return [
            person
            for _, person in sorted(((key(person), person) for person in people), key=_first, reverse=True)
        ][: campaign.endorsements]

    return {campaign.slug: pick(campaign) for campaign in CAMPAIGNS}


def _first(pair: tuple[float, Endorser]) -> float:
    return pair[0]


def endorsements(
    randomness: random.Random,
    now: dt.datetime,
    campaigns: Mapping[str, Campaign],
    endorsers: Mapping[str, Sequence[Endorser]],
) -> Iterator[Endorsement]:
    """The endorsements of every campaign, none saved yet."""
    states, shares = zip(*_SHARES_BY_STATE.items(), strict=True)
    for content in CAMPAIGNS:
        for endorser in endorsers[content.slug]:
            state = randomness.choices(states, shares)[0]
            statement = (
                randomness.choice(content.statements) if randomness.random() < _SHARE_WITH_STATEMENT else ""
            )
            # More come in the first days than later.
            length = content.opened_days_ago - (content.closed_days_ago or 0)
            days_ago = content.opened_days_ago - length * randomness.random() ** 1.5
            if state == State.SUBMITTED and content.closed_days_ago is not None:
                state = State.APPROVED
            yield _endorsement(
                campaigns[content.slug],
                endorser,
                state,
                now - dt.timedelta(days=days_ago),
                statement=statement,
                consent_to_publish=randomness.random() < _SHARE_CONSENTING,
            )


def _endorsement(
    campaign: Campaign, endorser: Endorser, state: State, submitted_at: dt.datetime, **columns: object
) -> Endorsement:
    person, point = endorser.stakeholder, endorser.stakeholder.location
    confirmed_at = submitted_at + dt.timedelta(minutes=7)
    return Endorsement(
        campaign=campaign,
        stakeholder=None if state == State.SUBMITTED else person,
        state=state,
        kind=person.kind,
        name=person.name,
        email=person.email,
        organisation=person.organisation,
        role=person.role,
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
        county_geoid="" if point else endorser.county.geoid,
        terms_version=settings.TERMS_VERSION,
        submitted_at=submitted_at,
        confirmed_at=None if state == State.SUBMITTED else confirmed_at,
        moderated_at=confirmed_at if state in (State.APPROVED, State.REJECTED) else None,
        withdrawn_at=confirmed_at if state == State.WITHDRAWN else None,
        **columns,
    )
