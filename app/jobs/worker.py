"""Works the queue off: in a batch (the scheduled function, `db_worker --batch`) or as long as a thread is wanted.

Every job runs at least once and, but for one case, at most once with success: a worker that dies after the deed and
before it is marked done leaves a job that is taken up again. Tasks have to bear that.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

from django.db import DataError, IntegrityError, close_old_connections, connections
from django.db import Error as DatabaseError
from django.utils.crypto import get_random_string
from django_tasks.base import DEFAULT_TASK_BACKEND_ALIAS, TaskContext
from django_tasks.utils import normalize_json
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from app.jobs.queue import fail, prune, release, succeed, take_up_orphans

logger = logging.getLogger(__name__)


class RetryingWorker(Worker):
    """django-tasks-db's worker, whose claims are safe among many; ours settles what came of a job."""

    def __init__(self, *, stop_claiming_at: float = math.inf, **options: Any) -> None:
        """Take the options of the base class.

        Args:
            stop_claiming_at: on the clock of time.monotonic(); a job that runs then is finished.
            options: the base class's.
        """
        super().__init__(**options)
        self.tally: Counter[str] = Counter()
        self._stop_claiming_at = stop_claiming_at

    def run(self) -> None:
        self._heed_the_time()
        self._tidy("taken_up", take_up_orphans)
        if not self.batch:
            # It runs until it is stopped, so there is no afterwards.
            self._tidy("pruned", prune)
        super().run()
        if self.batch:
            self._tidy("pruned", prune)

    def _tidy(self, outcome: str, step: Callable[[], int]) -> None:
        """Jobs come first: a queue that can't be tidied is still worked off."""
        try:
            self.tally[outcome] += step()
        except DatabaseError:
            logger.exception("the queue could not be tidied (%s); the next worker tries again", outcome)

    def run_task(self, db_task_result: DBTaskResult[Any, Any]) -> None:
        self.running_task = True
        try:
            self._attempt(db_task_result)
        finally:
            self.running_task = False
            self._run_tasks += 1
            self._heed_the_time()

    def _attempt(self, job: DBTaskResult[Any, Any]) -> None:
        # Nothing but the call: a job whose success can't be written down has not failed, and its mail is sent.
        try:
            value = _call(job)
        except Exception as error:  # noqa: BLE001 - whatever a task raises is its failure, and is kept and logged
            self._count(job, "failed", settled=fail(job, error))
        except BaseException:
            release(job)
            raise
        else:
            logger.info("job %s (%s) succeeded, attempt %d", job.pk, job.task_path, len(job.worker_ids))
            self._count(job, "succeeded", settled=_succeed(job, value))

    def _count(self, job: DBTaskResult[Any, Any], outcome: str, *, settled: bool) -> None:
        self.tally[outcome if settled else "overtaken"] += 1
        if not settled:
            logger.warning("job %s (%s) was taken up by another worker meanwhile", job.pk, job.task_path)

    def _heed_the_time(self) -> None:
        if time.monotonic() >= self._stop_claiming_at:
            self.running = False


def work_off(
    *, seconds: float = math.inf, queues: Sequence[str] = ("*",), except_queues: Sequence[str] = ()
) -> dict[str, int]:
    """Work until nothing is ready, and tidy the queue. Any number of these may run side by side.

    Args:
        seconds: no job is begun later than this.
        queues: whose jobs; all by default.
        except_queues: whose jobs are left to others.

    Returns:
        How many jobs `succeeded`, `failed` (once or for good), were `overtaken`, `taken_up` and `pruned`; zeros are
        left out.
    """
    # A frozen Lambda wakes up with the connection of an hour ago.
    close_old_connections()
    worker = RetryingWorker(
        stop_claiming_at=time.monotonic() + seconds,
        queue_names=list(queues),
        interval=0,
        batch=True,
        backend_name=DEFAULT_TASK_BACKEND_ALIAS,
        startup_delay=False,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=list(except_queues),
    )
    worker.run()
    return dict(+worker.tally)


def work_until(stop: Event, *, interval_seconds: float = 1.0) -> None:
    """Work the queue off again and again: the target of a thread beside a development server.

    Installs no signal handler. When `stop` is set it returns after the batch that runs.
    """
    try:
        while not stop.is_set():
            work_off()
            stop.wait(interval_seconds)
    finally:
        connections.close_all()


def _succeed(job: DBTaskResult[Any, Any], value: Any) -> bool:
    """As `succeed`; of a value that JSON or the database can't hold (an object, NaN, a zero byte), null is kept."""
    try:
        return succeed(job, normalize_json(value))
    except (TypeError, ValueError, RecursionError, DataError, IntegrityError) as error:
        logger.warning(
            "job %s (%s) succeeded, but what it returned can't be kept: %s",
            job.pk,
            job.task_path,
            type(error).__name__,
        )
        return succeed(job, None)


def _call(job: DBTaskResult[Any, Any]) -> Any:
    task = job.task
    result: Any = job.task_result  # its class here is generic in another way than TaskContext's
    if task.takes_context:
        return task.call(TaskContext(task_result=result), *result.args, **result.kwargs)
    return task.call(*result.args, **result.kwargs)
