"""What can be asked of the lists: one vocabulary for the API, the pages and the export."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Coalesce, Lower
from rest_framework import serializers

from app.influencers.models import Account, AccountQuerySet, AccountStatus, Influencer, InfluencerQuerySet
from app.influencers.names import normalise_tag

SEARCH_LENGTH = 100
# Of what PostgreSQL keeps in eight bytes.
MAX_METRIC = 2**63 - 1


def _known(column: str) -> Coalesce:
    """What is not known comes last, below 0: of a type that has room for it, else a comparison with it is left out."""
    return Coalesce(column, Value(-1), output_field=BigIntegerField())


# By what a list can be ordered, each a value that is never null.
ACCOUNT_SORTS: dict[str, Any] = {
    "handle": F("handle"),
    "name": Lower("influencer__name"),
    "status": F("status"),
    "followers": _known("followers"),
    "daily_views": _known("daily_views"),
    "posts": _known("posts"),
    "created": F("created_at"),
}
INFLUENCER_SORTS: dict[str, Any] = {"name": F("name"), "created": F("created_at"), "changed": F("updated_at")}
METRICS_SORTS: dict[str, Any] = {"day": F("day")}


@dataclass(frozen=True)
class Sort:
    """An order of a list; equal ones follow their primary key."""

    text: str
    expression: Any
    descending: bool

    @classmethod
    def parse(cls, text: str, sorts: dict[str, Any]) -> "Sort":
        return cls(text, sorts[text.removeprefix("-")], descending=text.startswith("-"))


def _orderings(sorts: dict[str, Any]) -> list[str]:
    return [*sorts, *(f"-{name}" for name in sorts)]


class InfluencerQuery(serializers.Serializer[Any]):
    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=SEARCH_LENGTH,
        help_text="Part of a name, telephone number, handle or e-mail address.",
    )
    campaign = serializers.SlugField(required=False, allow_blank=True, help_text="A campaign they carry.")
    ordering = serializers.ChoiceField(
        choices=_orderings(INFLUENCER_SORTS),
        required=False,
        default="name",
        help_text="With - the other way.",
    )


class AccountQuery(serializers.Serializer[Any]):
    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=SEARCH_LENGTH,
        help_text="Part of a handle, e-mail address, name or telephone number.",
    )
    status = serializers.ChoiceField(choices=AccountStatus.choices, required=False, allow_blank=True)
    tags = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=400,
        help_text="Tags that all have to be there: food,rivers.",
    )
    campaign = serializers.SlugField(
        required=False, allow_blank=True, help_text="A campaign that the influencer carries."
    )
    followers_min = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MAX_METRIC
    )
    followers_max = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MAX_METRIC
    )
    daily_views_min = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MAX_METRIC
    )
    daily_views_max = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MAX_METRIC
    )
    ordering = serializers.ChoiceField(
        choices=_orderings(ACCOUNT_SORTS), required=False, default="handle", help_text="With - the other way."
    )


_BOUNDS = {
    "followers_min": "followers__gte",
    "followers_max": "followers__lte",
    "daily_views_min": "daily_views__gte",
    "daily_views_max": "daily_views__lte",
}


def found_accounts(platform: str, query: dict[str, Any]) -> AccountQuerySet:
    """The accounts of a platform that a validated AccountQuery asks for, in no order yet."""
    accounts = Account.objects.on(platform)
    if search := query.get("search"):
        accounts = accounts.search(search)
    if status := query.get("status"):
        accounts = accounts.filter(status=status)
    if campaign := query.get("campaign"):
        accounts = accounts.filter(influencer__campaigns__slug=campaign)
    bounds = {lookup: query[name] for name, lookup in _BOUNDS.items() if query.get(name) is not None}
    return accounts.filter(**bounds).tagged(tags_asked_for(query))


def tags_asked_for(query: dict[str, Any]) -> list[str]:
    names = (normalise_tag(name) for name in query.get("tags", "").split(","))
    return sorted({name for name in names if name})


def found_influencers(query: dict[str, Any]) -> InfluencerQuerySet:
    """The influencers that a validated InfluencerQuery asks for, in no order yet."""
    influencers = Influencer.objects.all()
    if search := query.get("search"):
        influencers = influencers.search(search)
    if campaign := query.get("campaign"):
        influencers = influencers.filter(campaigns__slug=campaign)
    return influencers


def accounts_asked_for(platform: str, query: dict[str, Any]) -> AccountQuerySet:
    """What a validated AccountQuery finds, in its order."""
    sort = Sort.parse(query.get("ordering", "handle"), ACCOUNT_SORTS)
    found: AccountQuerySet = in_order(found_accounts(platform, query), sort)
    return found


def influencers_asked_for(query: dict[str, Any]) -> InfluencerQuerySet:
    """What a validated InfluencerQuery finds, in its order."""
    sort = Sort.parse(query.get("ordering", "name"), INFLUENCER_SORTS)
    found: InfluencerQuerySet = in_order(found_influencers(query), sort)
    return found


def in_order(rows: Any, sort: Sort) -> Any:
    """Rows by `sort_key`, which each of them then has, and by primary key where that is equal."""
    sign = "-" if sort.descending else ""
    return rows.annotate(sort_key=sort.expression).order_by(f"{sign}sort_key", f"{sign}pk")
