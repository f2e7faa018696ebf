"""Starting, confirming and cancelling, and the jobs behind them.

Each step is a job from the moment that its state is written, so that nothing hangs if a process dies. A small workbook is
worked off at once as well, so that nobody waits for the queue; the job then finds nothing left to do.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django_tasks import task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from app.accounts.models import User
from app.influencers.transfers import Transfer, WorkbookExport, WorkbookImport
from app.influencers.workbook import exporting, files, importing
from app.jobs.queue import rerun

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


def begin(step: Task[[int], None], found: Transfer) -> None:
    """Have a job take the next step; in the transaction that writes the state it begins with."""
    found.job_id = UUID(step.enqueue(found.pk).id)
    found.save(update_fields=["job"])


def try_again(found: Transfer) -> None:
    """Give the job of one that failed all its attempts again; any other stays as it is."""
    if found.job_id:
        rerun(DBTaskResult.objects.filter(pk=found.job_id))


def start_import(content: bytes, filename: str, by: User) -> WorkbookImport:
    """Take an upload; its preview follows."""
    with transaction.atomic():
        made = WorkbookImport.objects.create(content=content, filename=filename[-160:], made_by=by)
        begin(preview_import, made)
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
        begin(apply_import, found)
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
        begin(write_export, made)
    return made


def _locked(pk: int, *states: WorkbookImport.State) -> WorkbookImport:
    found = WorkbookImport.objects.select_for_update().get(pk=pk)
    if found.state not in states:
        raise TooLateError(f"This import is {found.get_state_display().lower()} already.")
    return found
