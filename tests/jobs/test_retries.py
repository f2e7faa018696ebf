"""A job that fails is tried again, later and later, and in the end is failed for all to see."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from app.jobs.queue import KEEP_FAILED_DAYS, KEEP_SUCCESSFUL_DAYS, fail, retry_delay, succeed
from app.jobs.schedule import work_off_queue
from app.jobs.worker import work_off
from tests.jobs import tasks

pytestmark = pytest.mark.usefixtures("one_connection")

Advance = Callable[[float], None]


def only_job() -> "DBTaskResult[..., object]":
    return DBTaskResult.objects.get()


class Lambda:
    """What Lambda hands to a function besides the event."""

    def __init__(self, remaining_seconds: float) -> None:
        self._remaining_seconds = remaining_seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._remaining_seconds * 1000)


def test_a_job_runs_once(notes: Path) -> None:
    tasks.note.enqueue(str(notes), "hello")
    assert work_off() == {"succeeded": 1}
    assert work_off() == {}
    assert notes.read_text() == "hello\n"


def test_the_delays_grow_fourfold_within_a_quarter_of_chance() -> None:
    for attempts, seconds in ((1, 60), (2, 240), (3, 960), (4, 3840), (9, 6 * 3600)):
        delays = {retry_delay(attempts).total_seconds() for _ in range(50)}
        assert min(delays) >= 0.75 * seconds
        assert max(delays) <= 1.25 * seconds
        assert len(delays) > 1


def test_a_failed_job_waits_for_its_time(notes: Path, advance: Advance) -> None:
    tasks.fail_until.enqueue(str(notes), 2)
    assert work_off() == {"failed": 1}
    assert only_job().status == "READY"
    wait = (only_job().run_after - timezone.now()).total_seconds()
    assert 45 <= wait <= 75
    advance(wait - 1)
    assert work_off() == {}
    advance(1)
    assert work_off() == {"succeeded": 1}
    assert notes.read_text() == "tried\n" * 2
    assert only_job().return_value == "done"
    assert only_job().traceback == ""


def test_after_the_last_attempt_it_is_failed_and_says_why(
    notes: Path, advance: Advance, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.fail_always.enqueue(str(notes))
    for _ in range(10):
        work_off()
        advance(7 * 3600)
    assert notes.read_text() == "tried\n" * 5
    assert only_job().status == "FAILED"
    assert only_job().exception_class_path == "builtins.OSError"
    assert "the mail server does not answer" in only_job().traceback
    assert [record.levelname for record in caplog.records if "for good" in record.message] == ["ERROR"]


def test_the_number_of_attempts_is_a_setting(notes: Path, settings: object) -> None:
    settings.JOB_MAX_ATTEMPTS = 1  # type: ignore[attr-defined]
    tasks.fail_always.enqueue(str(notes))
    work_off()
    assert only_job().status == "FAILED"


def test_a_task_that_is_gone_is_a_failure_and_holds_up_no_other(notes: Path) -> None:
    tasks.note.enqueue(str(notes), "left behind")
    DBTaskResult.objects.update(task_path="app.mail.tasks.send_pigeon")
    tasks.note.enqueue(str(notes), "hello")
    assert work_off() == {"failed": 1, "succeeded": 1}
    assert notes.read_text() == "hello\n"


def test_an_interrupted_job_is_as_if_it_had_not_been_tried() -> None:
    tasks.interrupt.enqueue()
    with pytest.raises(KeyboardInterrupt):
        work_off()
    assert (only_job().status, only_job().worker_ids) == ("READY", [])


def test_a_done_job_forgets_its_arguments(notes: Path) -> None:
    tasks.note.enqueue(str(notes), "ada@example.org")
    work_off()
    assert only_job().args_kwargs == {"args": [], "kwargs": {}}


def test_an_attempt_that_was_overtaken_settles_nothing(notes: Path, advance: Advance) -> None:
    tasks.note.enqueue(str(notes), "hello")
    slow = only_job()
    slow.claim("slow")
    advance(1)
    only_job().claim("quick")
    assert not succeed(slow, "slow was here")
    assert not fail(slow, OSError("slow was here"))
    assert (only_job().status, only_job().worker_ids) == ("RUNNING", ["slow", "quick"])


def test_no_job_is_begun_when_the_time_runs_out(notes: Path) -> None:
    tasks.note.enqueue(str(notes), "hello")
    assert work_off_queue({}, Lambda(remaining_seconds=119)) == {}
    assert only_job().status == "READY"
    assert work_off_queue({}, Lambda(remaining_seconds=900)) == {"succeeded": 1}


def test_old_jobs_are_deleted_and_failed_ones_kept_longer(
    notes: Path, advance: Advance, settings: object
) -> None:
    settings.JOB_MAX_ATTEMPTS = 1  # type: ignore[attr-defined]
    tasks.note.enqueue(str(notes), "hello")
    tasks.fail_always.enqueue(str(notes))
    work_off()
    advance(dt.timedelta(days=KEEP_SUCCESSFUL_DAYS).total_seconds() - 1)
    assert work_off() == {}
    advance(1)
    assert work_off() == {"pruned": 1}
    assert only_job().status == "FAILED"
    advance(dt.timedelta(days=KEEP_FAILED_DAYS - KEEP_SUCCESSFUL_DAYS).total_seconds())
    assert work_off() == {"pruned": 1}
