"""Writes that cross tables or may meet another's: a row of either kind, a day's metrics, tags, deletion."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Greatest

from app.influencers.consent import refuse
from app.influencers.models import Account, ConsentForm, DailyMetrics, Influencer, Tag
from app.influencers.names import normalise_tag
from app.uploads.receiving import delete_upload

# The columns of a day that an account has too.
REPEATED_BY_ACCOUNT = ("followers", "daily_views", "posts")


class ConsentFormKeptError(Exception):
    """The influencer has consent forms in store; the message says until when. Nothing was deleted."""


def save_checked(row: Account | Influencer, given: Iterable[str]) -> None:
    """Save a row in its one spelling.

    Args:
        row: new, or as it was read, with what was given assigned.
        given: the columns that were assigned. The others stay as they are in the database: a job or an import
            may have written them since the row was read.

    Raises:
        ValidationError: says by field what can't be accepted, also where another request was faster.
    """
    before = _columns(row)
    row.full_clean()
    changed = {name for name, value in _columns(row).items() if before[name] != value}
    try:
        with transaction.atomic():
            _save(row, {*given, *changed, "updated_at"})
    except IntegrityError:
        row.full_clean()
        raise


def _columns(row: Account | Influencer) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def _save(row: Account | Influencer, columns: set[str]) -> None:
    if row.pk is None:
        row.save()
        return
    if not type(row).objects.select_for_update().filter(pk=row.pk).exists():
        raise ValidationError({NON_FIELD_ERRORS: "Somebody has deleted this meanwhile."})
    row.save(update_fields=columns)


@transaction.atomic
def delete_influencer(influencer: Influencer, who: str) -> None:
    """Delete an influencer with accounts, metrics and what merges kept of them; one who is gone already stays so.

    A consent form that is on its way is no longer awaited.

    Args:
        influencer: who goes.
        who: deletes, for the record of a consent form.

    Raises:
        ConsentFormKeptError: a consent form is in store.
    """
    # Waits for whoever is about to give them a consent form.
    Influencer.objects.select_for_update().filter(pk=influencer.pk).first()
    # A file that is being taken in has its row locked, so this waits until it is in store, or refused.
    forms = list(ConsentForm.objects.select_for_update().filter(influencer=influencer))
    kept = [form.retain_until for form in forms if form.state == ConsentForm.State.STORED]
    if kept:
        raise ConsentFormKeptError(
            f"{influencer.name} has a consent form that is kept until {max(kept)}. Delete the form first."
        )
    for form in forms:
        if form.state == ConsentForm.State.AWAITED:
            refuse(form, "The influencer was deleted.", who)
            # Somebody may have been killed between the copy and the row.
            delete_upload.enqueue(form.key)
    influencer.merges.all().delete()
    influencer.delete()


@transaction.atomic
def record_metrics(
    account: Account, day: dt.date, values: dict[str, int], source: DailyMetrics.Source
) -> DailyMetrics:
    """Keep what was measured on a day; values of that day that are not given stay as they were.

    Said twice it changes nothing. The account repeats the newest of each.

    Args:
        account: whose they are.
        day: in UTC.
        values: by the names in DailyMetrics.VALUES.
        source: who says so.
    """
    # Two days recorded at once would not see each other.
    Account.objects.select_for_update().get(pk=account.pk)
    metrics, _ = account.metrics.update_or_create(day=day, defaults={**values, "source": source})
    later = account.metrics.filter(day__gt=day)
    # A day may leave one open that an earlier day knows.
    repeated = {
        name: values[name]
        for name in REPEATED_BY_ACCOUNT
        if name in values and not later.exclude(**{name: None}).exists()
    }
    Account.objects.filter(pk=account.pk).update(measured_on=Greatest("measured_on", Value(day)), **repeated)
    return metrics


def tags_named(names: Iterable[str]) -> list[Tag]:
    """The tags of these names, made where they are new.

    Raises:
        ValidationError: a name can't be one.
    """
    wanted = sorted({name for name in map(normalise_tag, names) if name})
    for name in wanted:
        Tag(name=name).full_clean(validate_unique=False)
    Tag.objects.bulk_create((Tag(name=name) for name in wanted), ignore_conflicts=True)
    return list(Tag.objects.filter(name__in=wanted))
