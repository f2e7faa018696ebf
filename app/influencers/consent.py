"""Consent forms from the question to the shredder: asked for, received, given out, deleted; each with its row of audit."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from app.influencers.models import ConsentAccess, ConsentForm, Influencer
from app.uploads.purposes import JPEG, PDF, PNG, Awaited, Kind, Purpose, Received
from app.uploads.stores import Form, store

KEPT_YEARS = 3
MAX_MIB = 10
# Whose deed it is where nobody clicked.
CHECK = "check of uploads"
RETENTION = "retention date"
# For whoever asks for a deletion while the store is away.
NOT_DELETED = "The file could not be deleted just now. It is still there: try again in a minute."

Action, State = ConsentAccess.Action, ConsentForm.State


class ConsentForms(Purpose):
    """A scan or a photograph of what was signed."""

    name = "consent-form"
    kinds: ClassVar[tuple[Kind, ...]] = (PDF, JPEG, PNG)
    max_bytes = MAX_MIB * 1024**2

    def awaits(self, key: str) -> Awaited | None:
        found = ConsentForm.objects.awaited().select_for_update().filter(key=key).first()
        return Awaited(found.content_type, found.created_at) if found else None

    def accept(self, received: Received) -> None:
        form = ConsentForm.objects.get(key=received.key)
        changes = {
            "filename": received.filename,
            "size_bytes": received.size_bytes,
            "stored_at": timezone.now(),
        }
        _change(form, Action.STORE, CHECK, state=State.STORED, **changes)

    def refuse(self, key: str, reason: str) -> None:
        refuse(ConsentForm.objects.get(key=key), reason, CHECK)

    def awaited(self) -> Iterable[str]:
        return ConsentForm.objects.awaited().values_list("key", flat=True)


PURPOSE = ConsentForms()


def usual_retention(signed_on: dt.date) -> dt.date:
    """The day until which a form is kept if nobody says otherwise: KEPT_YEARS later."""
    in_leap_year = (signed_on.month, signed_on.day) == (2, 29)
    day = signed_on + dt.timedelta(days=in_leap_year)
    return day.replace(year=day.year + KEPT_YEARS)


@transaction.atomic
def ask_for_form(
    influencer_id: int,
    *,
    content_type: str,
    signed_on: dt.date,
    retain_until: dt.date | None = None,
    who: str,
) -> ConsentForm:
    """Make the row that a file is awaited for; `upload_form` says where to send it.

    Args:
        influencer_id: whose consent it is.
        content_type: of one of PURPOSE.kinds.
        signed_on: the day on the form.
        retain_until: the last day on which it is kept; None for the usual.
        who: asks.

    Raises:
        Influencer.DoesNotExist: it is gone.
        ValidationError: says by field what can't be.
    """
    today = timezone.now().date()
    # East of Greenwich it may be tomorrow.
    if signed_on > today + dt.timedelta(days=1):
        raise ValidationError({"signed_on": "This day is yet to come."})
    last_day = retain_until or usual_retention(signed_on)
    if last_day < today:
        raise ValidationError({"retain_until": f"The form would be deleted at once: {last_day} has passed."})
    influencer = Influencer.objects.select_for_update().get(pk=influencer_id)
    form = ConsentForm(
        influencer=influencer,
        influencer_name=influencer.name,
        key=PURPOSE.new_key(),
        content_type=content_type,
        size_bytes=0,
        signed_on=signed_on,
        retain_until=last_day,
    )
    form.validate_constraints()
    form.save()
    form.accesses.create(action=Action.UPLOAD, who=who)
    return form


def upload_form(form: ConsentForm, back_to: str) -> Form:
    """Where, and with which fields, to post an awaited form's file; may be asked for anew."""
    return PURPOSE.form(form.key, form.content_type, back_to)


def download_address(pk: int, who: str) -> str:
    """Where the form can be downloaded for the next minutes. That it was asked for is written down first.

    Raises:
        ConsentForm.DoesNotExist: there is no file.
    """
    with transaction.atomic():
        form = ConsentForm.objects.stored().select_for_update().get(pk=pk)
        form.accesses.create(action=Action.DOWNLOAD, who=who)
    return store().address(form.key, form.filename, form.content_type)


@transaction.atomic
def delete_form(pk: int, who: str) -> None:
    """Delete the file, then say so in the row. Whoever is killed between the two calls it again.

    Raises:
        ConsentForm.DoesNotExist: there is no file.
        app.uploads.stores.StoreError: the file is as it was.
    """
    _shred(ConsentForm.objects.stored().select_for_update().get(pk=pk), Action.DELETE, who)


def refuse(form: ConsentForm, reason: str, who: str) -> None:
    """Wait for the file no longer. The caller holds the row."""
    _change(form, Action.REFUSE, who, state=State.REFUSED, refusal=reason)


@task()
@transaction.atomic
def expire_form(pk: int) -> None:
    """Delete a form whose retention date has passed; one that is gone, or is kept for longer by now, is left alone."""
    expired = ConsentForm.objects.expired(timezone.now().date())
    form = expired.select_for_update().filter(pk=pk).first()
    if form is not None:
        _shred(form, Action.EXPIRE, RETENTION)


def expire_forms(event: dict[str, Any], context: Any) -> int:
    """What the -ops function runs every day: a job for each form that has been kept long enough.

    Args:
        event: the schedule's; nothing in it matters.
        context: Lambda's, likewise.

    Returns:
        How many.
    """
    del event, context
    expired = list(ConsentForm.objects.expired(timezone.now().date()).values_list("pk", flat=True))
    for pk in expired:
        expire_form.enqueue(pk)
    return len(expired)


def _shred(form: ConsentForm, action: ConsentAccess.Action, who: str) -> None:
    store().delete(form.key)
    # The file's name may be somebody's.
    _change(form, action, who, state=State.DELETED, deleted_at=timezone.now(), filename="")


def _change(form: ConsentForm, action: ConsentAccess.Action, who: str, **values: Any) -> None:
    for name, value in values.items():
        setattr(form, name, value)
    form.save(update_fields=list(values))
    form.accesses.create(action=action, who=who)
