"""Making one influencer of two rows of the same person: looked at first, then done, and on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower

from app.accounts.models import User
from app.influencers.models import Account, Influencer, InfluencerQuerySet, Merge, Platform
from app.influencers.search import any_of

KEPT, REMOVED = "kept", "removed"
SIDES = (KEPT, REMOVED)
# What can only be one of two; everything else is joined.
EXCLUSIVE = {"name": "Name", "phone": "Telephone number"}
MOST_CANDIDATES = 10


@dataclass(frozen=True)
class Conflict:
    """A column in which the two differ, so that somebody has to choose."""

    field: str
    label: str
    kept: str
    removed: str


@dataclass(frozen=True)
class Preview:
    """What a merge would do; nothing has happened yet."""

    kept: Influencer
    removed: Influencer
    conflicts: list[Conflict]


class UnresolvedError(Exception):
    """Conflicts nobody decided, or a decision that can't stand.

    Attributes:
        fields: messages by column.
    """

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__(str(fields))
        self.fields = fields


def candidates(influencer: Influencer) -> InfluencerQuerySet:
    """Who may be the same person: the same number, name, or e-mail address or handle of an account."""
    own = influencer.accounts.all()
    same = Q(key=Lower(Value(influencer.name)))
    if influencer.phone:
        # In upper case, as the e-mail addresses below: so the search's index serves it.
        same |= Q(phone__iexact=influencer.phone)
    # With each platform named, the index of platform and handle does.
    reached = Q(platform__in=Platform.values, handle__in=[account.handle for account in own])
    for email in {account.email for account in own if account.email}:
        reached |= Q(email__iexact=email)
    owners = Account.objects.filter(reached).order_by().values("influencer")
    others = Influencer.objects.annotate(key=Lower("name")).exclude(pk=influencer.pk)
    return any_of(others, same, Q(pk__in=owners)).order_by("name", "pk")[:MOST_CANDIDATES]


def preview(kept: Influencer, removed: Influencer) -> Preview:
    """What would become of the two.

    Raises:
        UnresolvedError: they are one row already.
    """
    if kept.pk == removed.pk:
        raise UnresolvedError({"other": ["An influencer can't be merged with itself."]})
    conflicts = [
        Conflict(column, label, mine, others)
        for column, label in EXCLUSIVE.items()
        if (mine := getattr(kept, column)) != (others := getattr(removed, column)) and mine and others
    ]
    return Preview(kept, removed, conflicts)


@transaction.atomic
def merge(kept_id: int, removed_id: int, choices: Mapping[str, str], by: Any) -> Merge:
    """Move everything to one influencer and delete the other, or change nothing.

    Args:
        kept_id: who stays.
        removed_id: whose row goes.
        choices: KEPT or REMOVED for each conflict of the preview, by column.
        by: the member of staff or program that asks, for the record.

    Raises:
        Influencer.DoesNotExist: one of the two is gone.
        UnresolvedError: a conflict without a choice, or a third influencer has the resulting name and number.
    """
    # In one order, so that two merges of the same rows wait for each other instead of for ever.
    rows = {
        row.pk: row
        for row in Influencer.objects.select_for_update().filter(pk__in=(kept_id, removed_id)).order_by("pk")
    }
    if kept_id not in rows or removed_id not in rows:
        raise Influencer.DoesNotExist
    kept, removed = rows[kept_id], rows[removed_id]
    _decide(preview(kept, removed), choices)
    record = Merge(
        kept=kept,
        removed_id=removed.pk,
        removed=snapshot(removed),
        merged_by=by if isinstance(by, User) else None,
        merged_by_name=by.get_username(),
    )
    _move(kept, removed)
    # First the row that goes: its name and number may be what the other one gets.
    removed.delete()
    _save(kept)
    record.save()
    return record


def snapshot(influencer: Influencer) -> dict[str, Any]:
    """All that a row says, for people to read later."""
    return {
        "name": influencer.name,
        "phone": influencer.phone,
        "notes": influencer.notes,
        "created_at": influencer.created_at.isoformat(),
        "campaigns": list(influencer.campaigns.values_list("slug", flat=True)),
        "regions": [f"{kind}:{geoid}" for kind, geoid in influencer.regions.values_list("kind", "geoid")],
        "accounts": [
            f"{platform}:{handle}"
            for platform, handle in influencer.accounts.values_list("platform", "handle")
        ],
    }


def _decide(found: Preview, choices: Mapping[str, str]) -> None:
    """Bring the kept row to what was chosen; what only one of the two has needs no choice."""
    undecided = {
        conflict.field: [
            f"{conflict.label} is {conflict.kept} here and {conflict.removed} there: choose one."
        ]
        for conflict in found.conflicts
        if choices.get(conflict.field) not in SIDES
    }
    if undecided:
        raise UnresolvedError(undecided)
    contested = {conflict.field for conflict in found.conflicts}
    for column in EXCLUSIVE:
        theirs = getattr(found.removed, column)
        takes_theirs = (
            choices.get(column) == REMOVED if column in contested else not getattr(found.kept, column)
        )
        if takes_theirs:
            setattr(found.kept, column, theirs)
    found.kept.notes = "\n".join(notes for notes in (found.kept.notes, found.removed.notes) if notes)


def _move(kept: Influencer, removed: Influencer) -> None:
    removed.accounts.update(influencer=kept)
    removed.consent_forms.update(influencer=kept)
    kept.campaigns.add(*removed.campaigns.values_list("pk", flat=True))
    kept.regions.add(*removed.regions.values_list("pk", flat=True))
    Merge.objects.filter(kept=removed).update(kept=kept)


def _save(kept: Influencer) -> None:
    try:
        kept.full_clean()
    except ValidationError as error:
        raise UnresolvedError(dict(error.message_dict)) from None
    kept.save()
