"""What may become of a job: tried again, failed for good, taken up again, run anew, forgotten.

A job is a row of django-tasks-db. How often it was tried is the length of its list of workers, and when it is tried
next is its `run_after`, so no table of our own is needed. Every change names the state it starts from: of two workers
that settle one job the later one changes nothing.
"""

import datetime as dt
import logging
import random
from traceback import format_exception
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

logger = logging.getLogger(__name__)

FIRST_DELAY_SECONDS = 60
# 1, 4, 16 and 64 minutes: a mail server that is down for an hour loses nothing.
DELAY_GROWTH = 4
LONGEST_DELAY_SECONDS = 6 * 3600
JITTER = 0.25
# Lambda ends a worker after 15 minutes, so one that claimed a job longer ago is dead.
LEASE_SECONDS = 16 * 60
KEEP_SUCCESSFUL_DAYS = 7
KEEP_FAILED_DAYS = 90

_NO_ARGUMENTS: dict[str, Any] = {"args": [], "kwargs": {}}
_WORKER_DIED = "app.jobs.queue.WorkerDiedError"


def retry_delay(attempts: int) -> dt.timedelta:
    """How long to wait after so many attempts, spread by chance so that jobs that failed together come apart."""
    seconds = min(FIRST_DELAY_SECONDS * DELAY_GROWTH ** (attempts - 1), LONGEST_DELAY_SECONDS)
    return dt.timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret


def succeed(job: DBTaskResult[Any, Any], return_value: Any) -> bool:
    """Mark a claimed job done and forget its arguments: a sent mail's text holds an address and a link.

    Returns:
        False if another worker has the job by now.
    """
    return _settle(
        job,
        status=TaskResultStatus.SUCCESSFUL,
        finished_at=timezone.now(),
        return_value=return_value,
        args_kwargs=_NO_ARGUMENTS,
        exception_class_path="",
        traceback="",
    )


def fail(job: DBTaskResult[Any, Any], error: Exception) -> bool:
    """Put a claimed job back for a later attempt, or, after the last one, mark it failed.

    An error whose `is_permanent` is true ends the attempts: the next one would meet it again.

    Returns:
        False if another worker has the job by now.
    """
    kind = type(error)
    cause = {
        "exception_class_path": f"{kind.__module__}.{kind.__qualname__}",
        "traceback": "".join(format_exception(error)),
    }
    attempts = len(job.worker_ids)
    if attempts < settings.JOB_MAX_ATTEMPTS and not getattr(error, "is_permanent", False):
        delay = retry_delay(attempts)
        logger.warning(
            "job %s (%s) failed, attempt %d; again in %d s",
            job.pk,
            job.task_path,
            attempts,
            delay.total_seconds(),
            exc_info=error,
        )
        return _settle(job, status=TaskResultStatus.READY, run_after=timezone.now() + delay, **cause)
    logger.error("job %s (%s) failed for good, attempt %d", job.pk, job.task_path, attempts, exc_info=error)
    return _settle(job, status=TaskResultStatus.FAILED, finished_at=timezone.now(), **cause)


def release(job: DBTaskResult[Any, Any]) -> bool:
    """Put a claimed job back as if it had not been tried, because its worker is told to stop."""
    return _settle(
        job, status=TaskResultStatus.READY, run_after=get_date_max(), worker_ids=job.worker_ids[:-1]
    )


def take_up_orphans() -> int:
    """Put back the jobs whose worker died, or fail them if that was their last attempt.

    A job that kills its worker each time (out of memory, say) so ends as failed instead of going on for ever.

    Returns:
        How many were put back.
    """
    taken_up = 0
    expired = timezone.now() - dt.timedelta(seconds=LEASE_SECONDS)
    for job in DBTaskResult.objects.running().filter(started_at__lte=expired):
        taken_up += _take_up(job)
    return taken_up


def _take_up(job: DBTaskResult[Any, Any]) -> bool:
    attempts = len(job.worker_ids)
    cause = {
        "exception_class_path": _WORKER_DIED,
        "traceback": f"The worker of attempt {attempts} ended without a word; it had started at {job.started_at}.",
    }
    if attempts < settings.JOB_MAX_ATTEMPTS:
        logger.warning("job %s (%s) is taken up again: its worker died", job.pk, job.task_path)
        return _settle(job, status=TaskResultStatus.READY, run_after=get_date_max(), **cause)
    logger.error("job %s (%s) failed for good: its worker died, attempt %d", job.pk, job.task_path, attempts)
    _settle(job, status=TaskResultStatus.FAILED, finished_at=timezone.now(), **cause)
    return False


def rerun(failed: QuerySet[DBTaskResult[Any, Any]]) -> list[UUID]:
    """Give failed jobs all their attempts again.

    Returns:
        Which were failed and are now ready; the others stay as they are.
    """
    chosen = list(failed.filter(status=TaskResultStatus.FAILED).values_list("pk", flat=True))
    return [pk for pk in chosen if _make_ready(pk)]


def _make_ready(pk: UUID) -> bool:
    return bool(
        DBTaskResult.objects.filter(pk=pk, status=TaskResultStatus.FAILED).update(
            status=TaskResultStatus.READY,
            run_after=get_date_max(),
            started_at=None,
            finished_at=None,
            worker_ids=[],
            exception_class_path="",
            traceback="",
        )
    )


def prune() -> int:
    """Delete finished jobs nobody will ask for; failed ones stay long enough to be noticed.

    Returns:
        How many were deleted.
    """
    now = timezone.now()
    old = Q(
        status=TaskResultStatus.SUCCESSFUL, finished_at__lte=now - dt.timedelta(days=KEEP_SUCCESSFUL_DAYS)
    ) | Q(status=TaskResultStatus.FAILED, finished_at__lte=now - dt.timedelta(days=KEEP_FAILED_DAYS))
    deleted, _ = DBTaskResult.objects.filter(old).delete()
    return deleted


def _settle(job: DBTaskResult[Any, Any], **changes: Any) -> bool:
    """Change a job that is still claimed by the attempt we know; a lost connection is made anew once."""
    ours = DBTaskResult.objects.filter(pk=job.pk, status=TaskResultStatus.RUNNING, started_at=job.started_at)
    try:
        return bool(ours.update(**changes))
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return bool(ours.update(**changes))
