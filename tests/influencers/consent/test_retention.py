"""How long a consent form is kept, and the job that ends it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from app.influencers import consent
from app.influencers.consent import (
    expire_form,
    expire_forms,
)
from app.influencers.models import ConsentForm
from app.uploads.stores import KEPT
from tests.influencers.consent.forms import TODAY, Ask, record, stored


@pytest.mark.parametrize(
    ("signed_on", "expected"),
    [
        (dt.date(2026, 11, 21), dt.date(2029, 11, 21)),
        (dt.date(2024, 2, 29), dt.date(2027, 3, 1)),
        (dt.date(2025, 2, 28), dt.date(2028, 2, 28)),
    ],
)
def test_a_form_is_usually_kept_for_three_years(signed_on: dt.date, expected: dt.date) -> None:
    assert consent.usual_retention(signed_on) == expected


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"signed_on": TODAY + dt.timedelta(days=2)}, "signed_on"),
        ({"signed_on": dt.date.max}, "signed_on"),
        ({"signed_on": dt.date(1900, 1, 1)}, "retain_until"),
        ({"retain_until": TODAY - dt.timedelta(days=1)}, "retain_until"),
        ({"signed_on": TODAY + dt.timedelta(days=1), "retain_until": TODAY}, "__all__"),
    ],
)
def test_a_form_with_impossible_days_is_not_asked_for(ask: Ask, options: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ask(**options)
    assert list(raised.value.message_dict) == [field]
    assert not ConsentForm.objects.exists()


def past(form: ConsentForm, days: int) -> ConsentForm:
    """As if it had been kept until so many days ago."""
    last = TODAY - dt.timedelta(days=days)
    ConsentForm.objects.filter(pk=form.pk).update(signed_on=last, retain_until=last)
    return form


def test_what_is_past_its_day_is_deleted_by_a_job_and_nothing_else(
    ask: Ask, upload_folder: Path, work_off_jobs: Callable[[], object]
) -> None:
    over, last_day, young = past(stored(ask()), 1), past(stored(ask()), 0), stored(ask())
    refused = past(ask(), 1)
    consent.refuse(refused, "no", "olga")
    assert expire_forms({}, None) == 1
    work_off_jobs()
    states = {form.pk: form.state for form in ConsentForm.objects.all()}
    assert states == {over.pk: "deleted", last_day.pk: "stored", young.pk: "stored", refused.pk: "refused"}
    assert record(over)[2:] == [("expire", "retention date")]
    assert not (upload_folder / KEPT / over.key).exists()
    assert (upload_folder / KEPT / young.key).exists()


def test_an_expiry_that_repeats_itself_or_comes_too_soon_does_nothing(ask: Ask) -> None:
    over, young = past(stored(ask()), 1), stored(ask())
    for _ in range(2):
        expire_form.call(over.pk)
        expire_form.call(young.pk)
    assert record(over)[2:] == [("expire", "retention date")]
    assert record(young)[2:] == []
