"""An import by its jobs: killed, cancelled, overtaken, waiting, forgotten."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from app.accounts.models import User
from app.influencers.models import Account, Influencer
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import importing, jobs, schedule
from app.influencers.workbook.planning import Planner
from app.influencers.workbook.reading import RefusedWorkbookError
from tests.influencers.workbook.conftest import Book, Upload
from tests.influencers.workbook.uploads import State, applied, counts, five, too_old


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BLOCK_ROWS", 2)


def test_an_application_that_is_killed_goes_on_where_it_was(
    small_blocks: None,
    upload: Upload,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    work_off_jobs: Callable[[], object],
) -> None:
    previewed = upload(five(book))
    real, calls = importing.write, []

    def killed(plans: list[Any]) -> None:
        calls.append(len(plans))
        real(plans)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(importing, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.confirm_import(previewed.pk)
    # What the second block wrote went with its transaction.
    assert Account.objects.count() == 2

    work_off_jobs()
    previewed.refresh_from_db()
    assert (previewed.state, counts(previewed)) == (State.DONE, (5, 0, 0, 0))
    assert Account.objects.count() == 5
    assert Influencer.objects.count() == 3


def test_a_cancelled_application_stops_before_its_next_block(
    small_blocks: None, upload: Upload, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    previewed = upload(five(book))
    real = importing.write

    def cancel(plans: list[Any]) -> None:
        real(plans)
        monkeypatch.setattr(importing, "write", real)
        WorkbookImport.objects.update(state=State.CANCELLED)

    monkeypatch.setattr(importing, "write", cancel)
    jobs.confirm_import(previewed.pk)

    previewed.refresh_from_db()
    assert (previewed.state, previewed.created) == (State.CANCELLED, 2)
    assert Account.objects.count() == 2


def test_what_another_wrote_meanwhile_is_planned_again(
    upload: Upload, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    previewed = upload(five(book))
    real = importing.write

    def overtaken(plans: list[Any]) -> None:
        monkeypatch.setattr(importing, "write", real)
        real(plans)
        raise IntegrityError

    monkeypatch.setattr(importing, "write", overtaken)
    assert counts(applied(previewed)) == (5, 0, 0, 0)


def test_a_cancelled_preview_says_that_nothing_happened(upload: Upload, book: Book) -> None:
    previewed = upload(five(book))

    jobs.cancel_import(previewed.pk)

    previewed.refresh_from_db()
    assert (previewed.state, counts(previewed)) == (State.CANCELLED, (0, 0, 0, 0))
    with pytest.raises(jobs.TooLateError, match="cancelled already"):
        jobs.confirm_import(previewed.pk)


def test_a_large_workbook_waits_for_the_queue(
    upload: Upload, book: Book, monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE_BYTES", 0)
    waiting = upload(five(book))
    assert waiting.state == State.READING

    work_off_jobs()
    waiting.refresh_from_db()
    assert waiting.state == State.PREVIEWED

    jobs.confirm_import(waiting.pk)
    assert Account.objects.count() == 0
    work_off_jobs()
    waiting.refresh_from_db()
    assert (waiting.state, counts(waiting)) == (State.DONE, (5, 0, 0, 0))


def test_files_nobody_needs_any_more_are_forgotten(
    upload: Upload, book: Book, ada: Account, work_off_jobs: Callable[[], object]
) -> None:
    old = upload(five(book))
    made = jobs.start_export("youtube", {}, 1, User.objects.get(username="outreach"))
    long_ago = too_old(old.made_at)
    WorkbookImport.objects.update(made_at=long_ago)
    type(made).objects.update(made_at=long_ago)

    schedule.forget_old({}, None)

    old.refresh_from_db()
    assert (old.state, bytes(old.content), counts(old)) == (State.CANCELLED, b"", (0, 0, 0, 0))
    assert (old.rows, old.changes, old.problems, bytes(old.refused_rows)) == (6, [], [], b"")
    assert not type(made).objects.exists()


@pytest.mark.parametrize("state", [State.READING, State.APPLYING])
def test_an_import_whose_job_failed_for_good_is_forgotten_too(
    upload: Upload, book: Book, state: WorkbookImport.State
) -> None:
    stuck = upload(five(book))
    WorkbookImport.objects.update(made_at=too_old(stuck.made_at), state=state)
    schedule.forget_old({}, None)
    stuck.refresh_from_db()
    assert (stuck.state, bytes(stuck.content)) == (State.CANCELLED, b"")


def test_an_import_of_this_week_keeps_what_it_found(upload: Upload, book: Book) -> None:
    fresh = upload(five(book))
    schedule.forget_old({}, None)
    fresh.refresh_from_db()
    assert (fresh.state, len(fresh.changes)) == (State.PREVIEWED, 5)


def test_a_file_that_breaks_while_it_is_applied_ends_the_import_with_what_is_done(
    small_blocks: None, upload: Upload, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    previewed = upload(five(book))
    real, calls = importing.write, []

    def breaks(plans: list[Any]) -> None:
        calls.append(len(plans))
        if len(calls) == 2:
            raise RefusedWorkbookError("It takes more memory than there is.")
        real(plans)

    monkeypatch.setattr(importing, "write", breaks)
    jobs.confirm_import(previewed.pk)
    previewed.refresh_from_db()
    assert (previewed.state, bytes(previewed.content)) == (State.CANCELLED, b"")
    assert previewed.refusal == "It takes more memory than there is."
    assert (previewed.reached, counts(previewed)) == (3, (2, 0, 0, 0))
    assert Account.objects.count() == 2


def test_a_preview_that_ends_after_another_has_is_not_taken_for_an_application(
    small_blocks: None, upload: Upload, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's own preview and the job's may overlap; `reached` is what an application goes on from."""
    real = Planner.plan
    begun: list[bool] = []

    def overtaken(planner: Planner, block: list[Any]) -> Any:
        if not begun:
            begun.append(True)
            importing.preview(WorkbookImport.objects.get().pk)
        return real(planner, block)

    monkeypatch.setattr(Planner, "plan", overtaken)
    found = upload(five(book))
    assert (found.state, found.reached) == (State.PREVIEWED, 0)
    jobs.confirm_import(found.pk)
    found.refresh_from_db()
    assert (found.state, counts(found)) == (State.DONE, (5, 0, 0, 0))
    assert Account.objects.count() == 5
