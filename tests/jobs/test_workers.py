"""Several workers, workers that are killed, and transactions: on the real database."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from app.jobs import queue
from app.jobs.queue import KEEP_SUCCESSFUL_DAYS, LEASE_SECONDS
from app.jobs.worker import work_off, work_until
from tests.jobs import tasks

ROOT = Path(__file__).resolve().parents[2]
# Less than what the killed worker's job sleeps.
PATIENCE_SECONDS = 120

Advance = Callable[[float], None]

pytestmark = pytest.mark.django_db(transaction=True)


def work_off_in_a_thread(_: int) -> dict[str, int]:
    try:
        return work_off()
    finally:
        connection.close()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {PATIENCE_SECONDS} s"
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
    # The file is there a moment before its line.
    wait_until(lambda: notes.exists() and notes.read_text() == "tried\n")
    worker_process.send_signal(signal.SIGKILL)
    worker_process.wait()
    job = DBTaskResult.objects.get()
    assert job.status == "RUNNING"
    assert job.started_at
    # By the worker's own clock, which went on while it started.
    advance((job.started_at - timezone.now()).total_seconds() + LEASE_SECONDS - 60)
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
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_a_connection_that_the_job_lost_is_made_anew(notes: Path) -> None:
    tasks.lose_the_connection.enqueue(str(notes))
    assert work_off() == {"succeeded": 1}
    assert notes.read_text() == "tried\n"


def test_the_command_retries_as_the_schedule_does(notes: Path) -> None:
    tasks.fail_always.enqueue(str(notes))
    assert start_worker().wait(PATIENCE_SECONDS) == 0
    job = DBTaskResult.objects.get()
    assert (job.status, len(job.worker_ids)) == ("READY", 1)


@pytest.fixture
def make_old() -> Callable[[str, int], None]:
    """Leave jobs in the queue that were done long ago."""

    def make(path: str, count: int) -> None:
        for number in range(count):
            tasks.note.enqueue(path, f"old {number}")
        long_ago = timezone.now() - dt.timedelta(days=KEEP_SUCCESSFUL_DAYS)
        DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=long_ago)

    return make


@pytest.mark.parametrize("kind", tasks.UNKEPT)
def test_a_result_that_cannot_be_kept_is_lost_and_the_job_is_done(
    notes: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    # As a failure it would be tried again, and what it did (a mail, say) be done twice.
    tasks.return_what_cannot_be_kept.enqueue(str(notes), kind)
    assert work_off() == {"succeeded": 1}
    job = DBTaskResult.objects.get()
    assert (job.status, job.return_value) == ("SUCCESSFUL", None)
    assert notes.read_text() == "tried\n"
    assert [r.message for r in caplog.records if r.levelname == "WARNING" and "can't be kept" in r.message]


@pytest.fixture
def refuse_to_settle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """The database ends the connection so many times when a running job is to become anything else."""
    monkeypatch.setattr(queue, "SETTLING_DELAYS_SECONDS", (0.0, 0.01, 0.02, 0.03))
    table = DBTaskResult._meta.db_table

    def refuse(times: int) -> None:
        with connection.cursor() as cursor:
            # A sequence counts on when its transaction is undone.
            cursor.execute(f"""
                CREATE SEQUENCE refusals;
                CREATE FUNCTION refuse_early() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('refusals') <= {times} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                RETURN NEW; END $$;
                CREATE TRIGGER refuse_early BEFORE UPDATE ON {table} FOR EACH ROW
                WHEN (OLD.status = 'RUNNING') EXECUTE FUNCTION refuse_early()
            """)

    yield refuse
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse_early CASCADE; DROP SEQUENCE refusals")


def test_a_done_job_is_marked_so_when_the_database_is_back(
    notes: Path, refuse_to_settle: Callable[[int], None]
) -> None:
    tasks.note.enqueue(str(notes), "hello")
    refuse_to_settle(4)
    assert work_off() == {"succeeded": 1}
    assert notes.read_text() == "hello\n"


def test_a_done_job_that_cannot_be_marked_is_not_taken_for_failed(
    notes: Path, refuse_to_settle: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    tasks.note.enqueue(str(notes), "hello")
    refuse_to_settle(5)
    with pytest.raises(OperationalError):
        work_off()
    connection.close()
    assert DBTaskResult.objects.get().status == "RUNNING"
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "could not be marked SUCCESSFUL" in errors[0]


def test_an_old_job_that_somebody_holds_is_left_and_holds_up_nothing(
    notes: Path, make_old: Callable[[str, int], None]
) -> None:
    make_old(str(notes), 2)
    tasks.note.enqueue(str(notes), "hello")
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        DBTaskResult.objects.select_for_update().filter(status="SUCCESSFUL").first()
        assert pool.submit(work_off_in_a_thread, 0).result(PATIENCE_SECONDS) == {"succeeded": 1, "pruned": 1}
    assert work_off() == {"pruned": 1}


def test_old_jobs_are_deleted_so_many_at_a_time(
    notes: Path, make_old: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_PRUNED", 2)
    make_old(str(notes), 5)
    assert [work_off() for _ in range(4)] == [{"pruned": 2}, {"pruned": 2}, {"pruned": 1}, {}]


@pytest.fixture
def untidy() -> Iterator[None]:
    """A database that refuses to delete jobs, and to put back one whose worker died."""
    table = DBTaskResult._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE lock_not_available USING MESSAGE = 'canceling statement due to lock timeout'; END $$;
            CREATE TRIGGER no_delete BEFORE DELETE ON {table} EXECUTE FUNCTION refuse();
            CREATE TRIGGER no_return BEFORE UPDATE ON {table} FOR EACH ROW
            WHEN (OLD.status = 'RUNNING' AND NEW.status = 'READY') EXECUTE FUNCTION refuse()
        """)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse CASCADE")


@pytest.mark.parametrize("by", ["schedule", "command"])
def test_a_queue_that_cannot_be_tidied_is_worked_off(
    notes: Path,
    make_old: Callable[[str, int], None],
    untidy: None,
    by: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_old(str(notes), 1)
    tasks.note.enqueue(str(notes), "orphan")
    orphan = DBTaskResult.objects.get(status="READY")
    orphan.claim("dead")
    DBTaskResult.objects.filter(pk=orphan.pk).update(
        started_at=timezone.now() - dt.timedelta(seconds=LEASE_SECONDS)
    )
    tasks.note.enqueue(str(notes), "hello")
    if by == "schedule":
        assert work_off() == {"succeeded": 1}
        assert [record.message for record in caplog.records if record.exc_info] == [
            "the queue could not be tidied (taken_up); the next worker tries again",
            "the queue could not be tidied (pruned); the next worker tries again",
        ]
    else:
        assert start_worker().wait(PATIENCE_SECONDS) == 0
    assert notes.read_text() == "hello\n"


def test_a_connection_that_died_between_two_batches_is_noticed(notes: Path) -> None:
    tasks.note.enqueue(str(notes), "hello")
    tasks.end_connection()
    assert work_off() == {"succeeded": 1}
