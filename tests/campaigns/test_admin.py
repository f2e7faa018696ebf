"""What an editor reads when a campaign or a bill can't be."""

from typing import Any

import pytest
from django.db import models
from django.test import Client

from app.accounts.models import User
from app.campaigns.models import Bill, Campaign
from app.stakeholders.models import RegionAssignment, Stakeholder

TIMES = {
    "opens_at_0": "2026-11-02",
    "opens_at_1": "00:00",
    "closes_at_0": "2026-11-01",
    "closes_at_1": "00:00",
}
BILL = {"level": "state", "jurisdiction": "MD", "number": "SB 27", "session": "2026", "title": "t"}


def typed(*bills: dict[str, str], **columns: str) -> dict[str, str]:
    """The form of a campaign with its bills as a browser sends it."""
    form = {
        "slug": "s", "title": "t", "summary": "s", "description": "d", "endorsement_statement": "e",
        "status": "active", "bills-TOTAL_FORMS": str(len(bills)), "bills-INITIAL_FORMS": "0",
    }  # fmt: skip
    for number, bill in enumerate(bills):
        form |= {f"bills-{number}-{key}": value for key, value in {"status": "introduced", **bill}.items()}
    return {**form, **columns}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (typed(**TIMES), "A campaign closes after it opens"),
        (typed({**BILL, "level": "federal"}), "The jurisdiction of a federal bill is US"),
        (typed({**BILL, "jurisdiction": "md"}), "the state&#x27;s postal code in capitals, as MD"),
    ],
)
def test_a_mistake_is_told_in_words(editor: User, form: dict[str, str], message: str) -> None:
    client = Client()
    client.force_login(editor)
    page = client.post("/admin/campaigns/campaign/add/", form).content.decode()
    assert message in page
    assert "Constraint" not in page
    assert not Campaign.objects.exists()


def test_a_bill_named_twice_is_told_in_words(campaign: Campaign) -> None:
    Bill.objects.create(campaign=campaign, **BILL)
    with pytest.raises(Exception, match="has a bill of that jurisdiction, session and number already"):
        Bill(campaign=campaign, **BILL).full_clean()


@pytest.mark.parametrize("model", [Campaign, Bill, Stakeholder, RegionAssignment])
def test_every_constraint_has_a_message_of_its_own(model: type[models.Model]) -> None:
    unsaid: list[Any] = [
        constraint.name
        for constraint in model._meta.constraints
        if constraint.violation_error_message == constraint.default_violation_error_message
    ]
    assert unsaid == []
