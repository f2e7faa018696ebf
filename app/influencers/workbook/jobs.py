"""Starting, confirming and cancelling, and the jobs behind them.

Each step is a job from the moment that its state is written, so that nothing hangs if a process dies. A small workbook is
worked off at once as well, so that nobody waits for the queue; the job then finds nothing left to do.
"""

from typing import Any

from django.db import transaction
from django_tasks import task

from app.accounts.models import User
from app.influencers.transfers import WorkbookExport, WorkbookImport
from app.influencers.workbook import exporting, files, importing

# About a thousand rows.
AT_ONCE_BYTES = 100_000

State = WorkbookImport.State


class TooLateError(Exception):
    """The import is no longer where the step begins; the message says where it is."""


@task()
def preview_import(import_id: int) -> None:
    """Read an upload and say what it would do."""
    importing.preview(import_id)


@task()
def apply_import(import_id: int) -> None:
    """Write a confirmed import."""
    importing.apply(import_id)


@task()
def write_export(export_id: int) -> None:
    """Write the parts of an export."""
    exporting.export(export_id)


def start_import(content: bytes, filename: str, by: User) -> WorkbookImport:
    """Take an upload; its preview follows."""
    with transaction.atomic():
        made = WorkbookImport.objects.create(content=content, filename=filename[-160:], made_by=by)
        preview_import.enqueue(made.pk)
    if files.is_small(made, AT_ONCE_BYTES):
        importing.preview(made.pk)
        made.refresh_from_db()
    return made


def confirm_import(pk: int) -> None:
    """Apply what was previewed: all rows, or the valid ones.

    Raises:
        TooLateError: somebody else confirmed or cancelled it.
    """
    with transaction.atomic():
        found = _locked(pk, State.PREVIEWED)
        WorkbookImport.objects.filter(pk=pk).take_back_promises()
        found.state = State.APPLYING
        found.save(update_fields=["state"])
        apply_import.enqueue(pk)
    if files.is_small(found, AT_ONCE_BYTES):
        importing.apply(pk)


@transaction.atomic
def cancel_import(pk: int) -> None:
    """End an import. What was applied so far stays, and is counted.

    Raises:
        TooLateError: it is over.
    """
    found = _locked(pk, State.AWAITED, State.READING, State.PREVIEWED, State.APPLYING)
    WorkbookImport.objects.filter(pk=pk).take_back_promises()
    found.state, found.content = State.CANCELLED, b""
    found.save(update_fields=["state", "content"])
    files.forget(found)


def start_export(platform: str, query: dict[str, Any], rows: int, by: User) -> WorkbookExport:
    """Have a search's result written as a job; `platform` and `query` as in `exporting.asked_for`."""
    with transaction.atomic():
        made = WorkbookExport.objects.create(platform=platform, query=query, rows=rows, made_by=by)
        write_export.enqueue(made.pk)
    return made


def _locked(pk: int, *states: WorkbookImport.State) -> WorkbookImport:
    found = WorkbookImport.objects.select_for_update().get(pk=pk)
    if found.state not in states:
        raise TooLateError(f"This import is {found.get_state_display().lower()} already.")
    return found
