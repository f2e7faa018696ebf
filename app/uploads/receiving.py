"""Looking at what arrived, and moving it to where it stays."""

import datetime as dt
import logging

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from app.uploads.purposes import Awaited, Kind, Purpose, Received, clean_filename, purpose_of
from app.uploads.stores import Arrived, store

logger = logging.getLogger(__name__)

# After that the store has deleted it from quarantine too (terraform/modules/storage).
GIVEN_UP_AFTER = dt.timedelta(days=1)
NEVER_CAME = "No file came within a day. Begin again."


@task()
def delete_upload(key: str) -> None:
    """Delete what was kept, if anything was; to be enqueued in the transaction after which nobody waits for it."""
    store().delete(key)


@task()
def receive_upload(key: str) -> None:
    """As `receive`, for a page that the browser comes back to."""
    receive(key)


def receive(key: str) -> None:
    """See whether a file has arrived, and take or refuse it. As often as you like, by as many as you like.

    Killed between the copy and the deletion it leaves a copy in quarantine, which the store deletes after a day; killed
    before the row is written, the next call does everything anew.

    Args:
        key: of any kind; of another stage or purpose it is left alone, as is what nobody waits for.

    Raises:
        app.uploads.stores.StoreError: to be called again.
    """
    purpose = purpose_of(key)
    if purpose is None:
        logger.warning("an upload of another stage or purpose was left alone")
        return
    with transaction.atomic():
        awaited = purpose.awaits(key)
        arrived = store().arrived(key) if awaited else None
        if awaited is None or (arrived is None and timezone.now() - awaited.since < GIVEN_UP_AFTER):
            return
        refusal = _settle(purpose, key, awaited, arrived)
        if refusal:
            # Of somebody who was killed between the copy and the row.
            delete_upload.enqueue(key)
    if refusal:
        logger.info("upload %s was refused: %s", key, refusal)
    store().discard(key)


def _settle(purpose: Purpose, key: str, awaited: Awaited, arrived: Arrived | None) -> str:
    """Take the file or refuse it.

    Returns:
        Why it was refused; empty if it was taken.
    """
    kind = purpose.kind(awaited.content_type)
    refusal = NEVER_CAME if arrived is None else flaw(arrived, kind, purpose)
    if refusal or arrived is None or kind is None:
        purpose.refuse(key, refusal)
        return refusal
    store().keep(key, arrived, kind.content_type)
    purpose.accept(Received(key, clean_filename(arrived.filename, kind), kind, arrived.size_bytes))
    return ""


def flaw(arrived: Arrived, kind: Kind | None, purpose: Purpose) -> str:
    """What is wrong with a file; empty if nothing is. The form allows no other size or declared type: this trusts nobody."""
    if kind is None or arrived.content_type != kind.content_type:
        return "The file was declared to be of another type than was agreed. Begin again."
    if not 1 <= arrived.size_bytes <= purpose.max_bytes:
        return f"The file has {arrived.size_bytes:,} bytes; 1 to {purpose.max_bytes:,} are taken."
    if arrived.beginning.startswith(kind.signature):
        return ""
    really = next((one for one in purpose.kinds if arrived.beginning.startswith(one.signature)), None)
    if really:
        return f"The file is a {really.label}, not a {kind.label}. Add it again as that."
    return f"The file is no {kind.label}, whatever its name says. Open it, save or scan it as one, and add it again."
