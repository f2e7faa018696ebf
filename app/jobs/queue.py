"""What may become of a job: tried again, failed for good, taken up again, run anew, forgotten.

A job is a row of django-tasks-db. How often it was tried is the length of its list of workers, and when it is tried
next is its `run_after`, so no table of our own is needed. Every change names the state it starts from: of two workers
that settle one job the later one changes nothing.
"""

import datetime as dt
import logging
import random
import time
from traceback import format_exception
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
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
# A failover of the database takes longer than these, a restarted proxy does not.
SETTLING_DELAYS_SECONDS = (0.0, 1.0, 4.0, 10.0)
KEEP_SUCCESSFUL_DAYS = 7
KEEP_FAILED_DAYS = 90
# A batch; the next one comes a minute later.
MOST_PRUNED = 1000

_NO_ARGUMENTS: dict[str, Any] = {"args": [], "kwargs": {}}
_WORKER_DIED = "app.jobs.queue.WorkerDiedError"


def retry_delay(attempts: int) -> dt.timedelta:
    """How long to wait after so many attempts, spread by chance so that jobs that failed together come apart."""
    seconds = min(FIRST_DELAY_SECONDS * DELAY_GROWTH ** (attempts - 1), LONGEST_DELAY_SECONDS)
    return dt.timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret


def next_attempt_at(job: DBTaskResult[Any, Any]) -> dt.datetime | None:
    """When a job is tried again after an attempt that failed; None if none failed, or none follows."""
    is_put_off = job.status == TaskResultStatus.READY and job.run_after != get_date_max()
    return job.run_after if is_put_off else None


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
        return _change(job, status=TaskResultStatus.READY, run_after=get_date_max(), **cause)
    logger.error("job %s (%s) failed for good: its worker died, attempt %d", job.pk, job.task_path, attempts)
    _change(job, status=TaskResultStatus.FAILED, finished_at=timezone.now(), **cause)
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


@transaction.atomic
def prune() -> int:
    """Delete finished jobs nobody will ask for, at most MOST_PRUNED; failed ones stay long enough to be noticed.

    Waits for no other: what somebody else holds is left for the next time.

    Returns:
        How many were deleted.
    """
    now = timezone.now()
    old = Q(
        status=TaskResultStatus.SUCCESSFUL, finished_at__lte=now - dt.timedelta(days=KEEP_SUCCESSFUL_DAYS)
    ) | Q(status=TaskResultStatus.FAILED, finished_at__lte=now - dt.timedelta(days=KEEP_FAILED_DAYS))
    # In no order: the model's own would sort all that is old to find the first thousand.
    free = DBTaskResult.objects.filter(old).order_by().select_for_update(skip_locked=True)
    chosen = list(free.values_list("pk", flat=True)[:MOST_PRUNED])
    deleted, _ = DBTaskResult.objects.filter(pk__in=chosen).delete()
    return deleted


def _settle(job: DBTaskResult[Any, Any], **changes: Any) -> bool:
    """As _change, tried again on a new connection: what is not settled is run a second time.

    Raises:
        OperationalError, InterfaceError: the database was away for longer.
    """
    for delay_seconds in SETTLING_DELAYS_SECONDS:
        try:
            return _change(job, **changes)
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            logger.warning("job %s (%s) could not be marked %s yet: %s", *_named(job, changes), error)
            connection.close()
            time.sleep(delay_seconds)
    try:
        return _change(job, **changes)
    except (OperationalError, InterfaceError):
        logger.exception("job %s (%s) could not be marked %s; it will be taken up", *_named(job, changes))
        raise


def _named(job: DBTaskResult[Any, Any], changes: dict[str, Any]) -> tuple[UUID, str, str]:
    return job.pk, job.task_path, changes["status"]


def _change(job: DBTaskResult[Any, Any], **changes: Any) -> bool:
    """Change a job that is still claimed by the attempt we know."""
    ours = DBTaskResult.objects.filter(pk=job.pk, status=TaskResultStatus.RUNNING, started_at=job.started_at)
    return bool(ours.update(**changes))
