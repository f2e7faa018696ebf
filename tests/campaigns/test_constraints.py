"""The database itself refuses what can't be."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError

from app.campaigns.models import Bill, Campaign

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("campaign_status_known", {"status": "lost"}),
        ("campaign_closes_after_it_opens", {"opens_at": NOW, "closes_at": NOW}),
        ("campaign_closes_after_it_opens", {"opens_at": NOW, "closes_at": NOW - dt.timedelta(days=1)}),
        ("campaign_has_texts", {"slug": ""}),
        ("campaign_has_texts", {"title": ""}),
        ("campaign_has_texts", {"endorsement_statement": ""}),
    ],
)
@pytest.mark.django_db
def test_it_refuses_a_campaign_that_breaks(constraint: str, columns: dict[str, Any]) -> None:
    good = {"slug": "s", "title": "t", "summary": "s", "description": "d", "endorsement_statement": "e"}
    with pytest.raises(IntegrityError, match=constraint):
        Campaign.objects.create(**{**good, **columns})


def test_no_two_campaigns_share_an_address(campaign: Campaign) -> None:
    with pytest.raises(IntegrityError, match="slug"):
        Campaign.objects.create(slug=campaign.slug, title="t", endorsement_statement="e")


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("bill_level_fits_jurisdiction", {"level": "federal", "jurisdiction": "MD"}),
        ("bill_level_fits_jurisdiction", {"level": "state", "jurisdiction": "US"}),
        ("bill_level_fits_jurisdiction", {"level": "state", "jurisdiction": "md"}),
        ("bill_level_fits_jurisdiction", {"level": "county", "jurisdiction": "MD"}),
        ("bill_status_known", {"status": "lost"}),
        ("bill_identified", {"number": ""}),
        ("bill_identified", {"session": ""}),
    ],
)
def test_it_refuses_a_bill_that_breaks(campaign: Campaign, constraint: str, columns: dict[str, Any]) -> None:
    good = {"level": "federal", "jurisdiction": "US", "number": "H.R. 1", "session": "119th", "title": "t"}
    with pytest.raises(IntegrityError, match=constraint):
        Bill.objects.create(campaign=campaign, **{**good, **columns})


def test_a_campaign_names_a_bill_once(campaign: Campaign) -> None:
    bill = {"level": "state", "jurisdiction": "MD", "number": "SB 27", "session": "2026", "title": "t"}
    Bill.objects.create(campaign=campaign, **bill)
    with pytest.raises(IntegrityError, match="bill_once_per_campaign"):
        Bill.objects.create(campaign=campaign, **bill)


@pytest.mark.parametrize(
    ("status", "opens", "closes", "is_open"),
    [
        ("active", None, None, True),
        ("active", NOW, None, True),
        ("active", NOW + dt.timedelta(seconds=1), None, False),
        ("active", None, NOW + dt.timedelta(seconds=1), True),
        ("active", None, NOW, False),
        ("draft", None, None, False),
        ("closed", None, None, False),
    ],
)
def test_it_is_open_from_its_first_moment_to_before_its_last(
    status: str,
    opens: dt.datetime | None,
    closes: dt.datetime | None,
    is_open: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert Campaign(status=status, opens_at=opens, closes_at=closes).is_open(NOW) is is_open
