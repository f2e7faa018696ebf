"""Several workers, workers that are killed, and transactions: on the real database."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings
from django.db import connection, transaction
from django_tasks_db.models import DBTaskResult

from app.jobs.queue import LEASE_SECONDS
from app.jobs.worker import work_off, work_until
from tests.jobs import tasks

ROOT = Path(__file__).resolve().parents[2]

Advance = Callable[[float], None]

pytestmark = pytest.mark.django_db(transaction=True)


def work_off_in_a_thread(_: int) -> dict[str, int]:
    try:
        return work_off()
    finally:
        connection.close()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "did not happen within 30 s"
        time.sleep(0.02)


def start_worker() -> "subprocess.Popen[bytes]":
    """`manage.py db_worker --batch` on the tests' database."""
    database = settings.DATABASES["default"]
    url = f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "db_worker", "--batch", "--queue-name=*", "--no-startup-delay"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
    )


def test_workers_side_by_side_run_no_job_twice(notes: Path) -> None:
    for number in range(60):
        tasks.note.enqueue(str(notes), str(number))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work_off_in_a_thread, range(4)))
    assert sum(tally.get("succeeded", 0) for tally in done) == 60
    assert Counter(notes.read_text().split()) == Counter(str(number) for number in range(60))


def test_what_is_rolled_back_never_runs(notes: Path) -> None:
    with transaction.atomic():
        tasks.note.enqueue(str(notes), "hello")
        transaction.set_rollback(True)
    assert work_off() == {}
    assert not notes.exists()


def test_what_is_not_committed_yet_does_not_run(notes: Path) -> None:
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        tasks.note.enqueue(str(notes), "hello")
        assert pool.submit(work_off_in_a_thread, 0).result() == {}
    assert work_off() == {"succeeded": 1}


def test_the_job_of_a_killed_worker_is_taken_up_after_the_lease(notes: Path, advance: Advance) -> None:
    tasks.block_once.enqueue(str(notes))
    worker_process = start_worker()
    wait_until(notes.exists)
    worker_process.send_signal(signal.SIGKILL)
    worker_process.wait()
    assert DBTaskResult.objects.get().status == "RUNNING"
    advance(LEASE_SECONDS - 60)
    assert work_off() == {}
    advance(120)
    assert work_off() == {"taken_up": 1, "succeeded": 1}
    assert notes.read_text() == "tried\n" * 2


def test_a_job_that_kills_every_worker_fails_in_the_end(notes: Path, advance: Advance) -> None:
    tasks.note.enqueue(str(notes), "hello")
    for attempt in range(5):
        job = DBTaskResult.objects.get()
        job.claim(f"worker {attempt}")
        advance(LEASE_SECONDS)
        if attempt < 4:
            # Put back, and nothing else: the next claim is ours.
            assert work_off(seconds=0) == {"taken_up": 1}
    assert work_off() == {}
    job = DBTaskResult.objects.get()
    assert (job.status, job.exception_class_path) == ("FAILED", "app.jobs.queue.WorkerDiedError")
    assert not notes.exists()


def test_a_thread_works_the_queue_off_until_it_is_told_to_stop(notes: Path) -> None:
    stop = Event()
    thread = Thread(target=work_until, args=(stop,), kwargs={"interval_seconds": 0.02})
    thread.start()
    for line in ("one", "two"):
        tasks.note.enqueue(str(notes), line)
        wait_until(lambda line=line: notes.exists() and line in notes.read_text())  # type: ignore[misc]
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_connection_that_the_job_lost_is_made_anew(notes: Path) -> None:
    tasks.lose_the_connection.enqueue(str(notes))
    assert work_off() == {"succeeded": 1}
    assert notes.read_text() == "tried\n"


def test_the_command_retries_as_the_schedule_does(notes: Path) -> None:
    tasks.fail_always.enqueue(str(notes))
    assert start_worker().wait(30) == 0
    job = DBTaskResult.objects.get()
    assert (job.status, len(job.worker_ids)) == ("READY", 1)


def test_a_connection_that_died_between_two_batches_is_noticed(notes: Path) -> None:
    tasks.note.enqueue(str(notes), "hello")
    tasks.end_connection()
    assert work_off() == {"succeeded": 1}
