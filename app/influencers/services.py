"""Writes that cross tables: a day's metrics, tags, campaigns."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from app.influencers.models import Account, DailyMetrics, Tag
from app.influencers.names import normalise_tag


@transaction.atomic
def record_metrics(
    account: Account, day: dt.date, values: dict[str, int], source: DailyMetrics.Source
) -> DailyMetrics:
    """Keep what was measured on a day; values of that day that are not given stay as they were.

    Said twice it changes nothing. The account repeats the newest day's values.

    Args:
        account: whose they are.
        day: in UTC.
        values: by the names in DailyMetrics.VALUES.
        source: who says so.
    """
    metrics, _ = account.metrics.update_or_create(day=day, defaults={**values, "source": source})
    newest = Q(measured_on=None) | Q(measured_on__lte=day)
    Account.objects.filter(newest, pk=account.pk).update(
        followers=metrics.followers, daily_views=metrics.daily_views, posts=metrics.posts, measured_on=day
    )
    return metrics


def tags_named(names: Iterable[str]) -> list[Tag]:
    """The tags of these names, made where they are new.

    Raises:
        ValidationError: a name can't be one.
    """
    wanted = sorted({name for name in map(normalise_tag, names) if name})
    for name in wanted:
        Tag(name=name).clean_fields()
    Tag.objects.bulk_create((Tag(name=name) for name in wanted), ignore_conflicts=True)
    return list(Tag.objects.filter(name__in=wanted))
