"""What the entry point is told to run by name."""

from typing import Any

from app.campaigns.models import Campaign
from app.endorsements.models import Endorsement

kept: list[dict[str, Any]] = []


def keep_event(event: dict[str, Any], context: Any) -> None:
    del context
    kept.append(event)


def endorse_without_consent(event: dict[str, Any], context: Any) -> None:
    """Fail with an error of the database that repeats the row."""
    del event, context
    Endorsement.objects.create(campaign=Campaign.objects.get(), name="Ada Lovelace", email="ada@example.org")
