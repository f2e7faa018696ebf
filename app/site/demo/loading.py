"""Fills an empty database with the demo: shapes, campaigns, endorsements."""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

from django.db import reset_queries, transaction
from django.utils import timezone

from app.campaigns.models import Bill, Campaign
from app.endorsements.models import Endorsement
from app.influencers.models import Account, Influencer
from app.regions.files import MapFile, publish
from app.regions.layers import import_layer
from app.regions.models import Region, RegionKind, RegionOutline
from app.regions.outlines import draw_layer
from app.site.demo.content import CAMPAIGNS, DemoCampaign
from app.site.demo.influencers import make_influencers
from app.site.demo.people import PEOPLE, SEED, Population, endorsements, pick_endorsers
from app.stakeholders.assignment import assign_layer
from app.stakeholders.models import RegionAssignment, Stakeholder

VINTAGE = 2016
ARCHIVES = {
    RegionKind.STATE: "cb_2016_us_state_simplified.zip",
    RegionKind.COUNTY: "cb_2016_us_county_simplified.zip",
}
_BATCH_ROWS = 500


def load_demo(tell: Callable[[str], object]) -> None:
    """Load what is missing; a database that has campaigns, or these layers, keeps its own.

    Args:
        tell: takes a line about each step.

    Raises:
        SourceError: an archive of the demo is damaged.
    """
    drawn: list[list[MapFile]] = []
    with transaction.atomic():
        for kind, archive in ARCHIVES.items():
            if not Region.objects.of(kind).filter(vintage=VINTAGE).exists():
                summary = import_layer(str(Path(__file__).parent / archive), kind, VINTAGE)
                assign_layer(kind, VINTAGE)
                tell(f"Imported {summary.inserted} regions of kind {kind}.")
            # Missing too where the database is of before there were any.
            if not RegionOutline.objects.filter(region__kind=kind, region__vintage=VINTAGE).exists():
                drawn.append(draw_layer(kind, VINTAGE))
        if not Campaign.objects.exists():
            _load_campaigns(timezone.now())
            tell(
                f"Made {Campaign.objects.count()} campaigns with {Endorsement.objects.count()} endorsements."
            )
        if not Influencer.objects.exists():
            made = make_influencers(random.Random(SEED), timezone.now().date())  # noqa: S311 - a demo, not a secret
            tell(f"Made {made} influencers with {Account.objects.count()} accounts.")
    for files in drawn:
        publish(files)
    reset_queries()


def _load_campaigns(now: dt.datetime) -> None:
    randomness = random.Random(SEED)  # noqa: S311 - a demo, not a secret
    # Lists show the newest first, and this content begins with what should come first.
    campaigns = {content.slug: _make_campaign(content, now) for content in reversed(CAMPAIGNS)}
    people = Population(randomness).draw(PEOPLE)
    endorsers = pick_endorsers(randomness, people)
    taken = {id(endorser): endorser for chosen in endorsers.values() for endorser in chosen}.values()
    Stakeholder.objects.bulk_create((endorser.stakeholder for endorser in taken), batch_size=_BATCH_ROWS)
    assignments = (assignment for endorser in taken for assignment in endorser.assignments())
    RegionAssignment.objects.bulk_create(assignments, batch_size=_BATCH_ROWS)
    made = endorsements(randomness, now, campaigns, endorsers)
    Endorsement.objects.bulk_create(made, batch_size=_BATCH_ROWS)


def _make_campaign(content: DemoCampaign, now: dt.datetime) -> Campaign:
    def days_ago(days: int) -> dt.datetime:
        return now - dt.timedelta(days=days)

    campaign = Campaign.objects.create(
        slug=content.slug,
        title=content.title,
        summary=content.summary,
        description=content.description,
        endorsement_statement=content.endorsement_statement,
        status=content.status,
        opens_at=days_ago(content.opened_days_ago),
        closes_at=None if content.closed_days_ago is None else days_ago(content.closed_days_ago),
    )
    Bill.objects.bulk_create(
        Bill(
            campaign=campaign,
            level=bill.level,
            jurisdiction=bill.jurisdiction,
            number=bill.number,
            session=bill.session,
            title=bill.title,
            status=bill.status,
        )
        for bill in content.bills
    )
    return campaign
