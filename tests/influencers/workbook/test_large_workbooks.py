"""A workbook that is too large for a form of ours: past us into the store, read by the job, deleted when the import is over."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.influencers.models import Account
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import exporting, jobs, uploads
from app.uploads.receiving import NEVER_CAME, receive
from app.uploads.schedule import look_again
from app.uploads.stores import FORM_SECONDS, StoreError, store
from tests.influencers.workbook.conftest import HEADERS, Book
from tests.influencers.workbook.uploads import State, counts, five, too_old
from tests.uploads.conftest import BACK, Send

pytestmark = pytest.mark.usefixtures("kept_in")

Work = Callable[[], object]


@pytest.fixture
def awaited(make_user: Callable[[str], User]) -> WorkbookImport:
    return uploads.await_upload(make_user("outreach"))


@pytest.fixture
def sent(awaited: WorkbookImport, send: Send) -> Callable[[bytes], WorkbookImport]:
    """The import whose file lies in quarantine."""

    def post(content: bytes, filename: str = "Large list.xlsx") -> WorkbookImport:
        assert send(uploads.upload_form(awaited, BACK), content, filename=filename).status == 303
        return awaited

    return post


Sent = Callable[[bytes], WorkbookImport]


def received(found: WorkbookImport) -> str:
    """The key of the file that came for it."""
    receive(found.key)
    return found.key


def after(work_off_jobs: Work, found: WorkbookImport) -> WorkbookImport:
    work_off_jobs()
    found.refresh_from_db()
    return found


def previewed(sent: Sent, book: Book, work_off_jobs: Work) -> WorkbookImport:
    found = sent(five(book))
    received(found)
    return after(work_off_jobs, found)


def is_kept(key: str) -> bool:
    with Path(os.devnull).open("wb") as nowhere:
        try:
            store().fetch(key, nowhere)
        except StoreError:
            return False
    return True


def test_it_is_previewed_and_applied_by_jobs_and_then_deleted(
    sent: Sent, book: Book, work_off_jobs: Work
) -> None:
    found = sent(five(book))
    key = found.key
    assert found.state == State.AWAITED

    receive(found.key)
    found.refresh_from_db()
    assert (found.state, found.filename, bytes(found.content)) == (State.READING, "Large list.xlsx", b"")
    after(work_off_jobs, found)
    assert (found.state, counts(found)) == (State.PREVIEWED, (5, 0, 0, 0))
    assert is_kept(key)

    jobs.confirm_import(found.pk)
    assert not Account.objects.exists()
    after(work_off_jobs, found)
    assert (found.state, counts(found), Account.objects.count()) == (State.DONE, (5, 0, 0, 0), 5)
    # Its deletion is a job that the end of the import made.
    work_off_jobs()
    assert not is_kept(key)


def test_one_that_is_cancelled_is_deleted(sent: Sent, book: Book, work_off_jobs: Work) -> None:
    found = previewed(sent, book, work_off_jobs)
    key = found.key

    jobs.cancel_import(found.pk)

    assert after(work_off_jobs, found).state == State.CANCELLED
    assert not is_kept(key)


def test_one_that_is_refused_when_it_is_read_is_deleted(sent: Sent, work_off_jobs: Work) -> None:
    found = sent(b"PK\x03\x04 and then nothing")
    key = received(found)

    after(work_off_jobs, found)
    assert (found.state, "damaged" in found.refusal) == (State.REFUSED, True)
    work_off_jobs()
    assert not is_kept(key)


def test_one_that_nobody_confirms_is_deleted_after_a_week(
    sent: Sent, book: Book, work_off_jobs: Work
) -> None:
    found = previewed(sent, book, work_off_jobs)
    key = found.key
    WorkbookImport.objects.update(made_at=too_old(found.made_at))

    exporting.forget_old()

    assert after(work_off_jobs, found).state == State.CANCELLED
    assert not is_kept(key)


def test_one_that_could_not_be_deleted_at_its_end_is_deleted_later(
    sent: Sent, book: Book, work_off_jobs: Work
) -> None:
    found = previewed(sent, book, work_off_jobs)
    key = found.key
    # As an older release ends it, which knows of no upload.
    WorkbookImport.objects.update(state=State.REFUSED, made_at=too_old(found.made_at))
    for _ in range(2):
        exporting.forget_old()
        assert after(work_off_jobs, found).key == ""
    assert not is_kept(key)


def test_what_is_no_workbook_is_refused_before_it_is_read(sent: Sent, work_off_jobs: Work) -> None:
    found = sent(b"Platform,Handle\n")
    key = received(found)

    after(work_off_jobs, found)
    assert found.state == State.REFUSED
    assert "no Excel workbook (.xlsx)" in found.refusal
    assert not is_kept(key)


def test_a_file_that_comes_after_its_import_was_cancelled_is_left_alone(
    sent: Sent, book: Book, work_off_jobs: Work
) -> None:
    found = sent(five(book))
    key = found.key
    jobs.cancel_import(found.pk)

    receive(found.key)

    assert after(work_off_jobs, found).state == State.CANCELLED
    assert not is_kept(key)


def test_the_sweep_finds_what_nobody_told_of(sent: Sent, book: Book, work_off_jobs: Work) -> None:
    found = sent(five(book))

    assert look_again({}, None) == 1

    assert after(work_off_jobs, found).state == State.PREVIEWED
    assert look_again({}, None) == 0


def test_a_file_that_never_comes_is_given_up(awaited: WorkbookImport, work_off_jobs: Work) -> None:
    WorkbookImport.objects.update(made_at=awaited.made_at - dt.timedelta(days=1, seconds=1))
    look_again({}, None)

    after(work_off_jobs, awaited)
    assert (awaited.state, awaited.refusal) == (State.REFUSED, NEVER_CAME)


def test_a_store_that_fails_while_it_is_read_loses_nothing(
    sent: Sent, book: Book, work_off_jobs: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sent(five(book))
    receive(found.key)
    real = type(store()).fetch

    def fail(*args: Any) -> None:
        raise StoreError("the network is down")

    monkeypatch.setattr(type(store()), "fetch", fail)
    assert after(work_off_jobs, found).state == State.READING
    monkeypatch.setattr(type(store()), "fetch", real)

    jobs.preview_import.call(found.pk)
    found.refresh_from_db()
    assert found.state == State.PREVIEWED


def test_one_whose_file_is_gone_ends_and_says_to_upload_it_again(
    sent: Sent, book: Book, work_off_jobs: Work
) -> None:
    found = sent(five(book))
    receive(found.key)
    store().delete(found.key)

    after(work_off_jobs, found)
    assert found.state == State.REFUSED
    assert "upload it again" in found.refusal


def test_one_whose_file_is_gone_when_it_is_applied_ends_too(
    sent: Sent, book: Book, work_off_jobs: Work
) -> None:
    found = sent(five(book))
    receive(found.key)
    after(work_off_jobs, found)
    jobs.confirm_import(found.pk)
    store().delete(found.key)

    after(work_off_jobs, found)
    assert (found.state, counts(found)) == (State.CANCELLED, (0, 0, 0, 0))
    assert "upload it again" in found.refusal
    assert not Account.objects.exists()


def test_a_form_takes_no_more_than_the_limit(
    awaited: WorkbookImport, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads.Workbooks, "max_bytes", 1000)
    before = timezone.now()
    form = uploads.upload_form(awaited, BACK)
    assert before <= form.expires_at - dt.timedelta(seconds=FORM_SECONDS) <= timezone.now()
    assert send(form, b"PK\x03\x04" + b"x" * 1000, filename="a.xlsx").status >= 400


def test_its_rows_go_by_the_same_limits(sent: Sent, book: Book, work_off_jobs: Work) -> None:
    found = sent(book([[*HEADERS, "Telephone number"], ["YouTube", "@ada", "Ada", "12"]]))
    receive(found.key)

    assert counts(after(work_off_jobs, found)) == (0, 0, 0, 1)
    assert found.problems[0][0] == "D2"
    assert bytes(found.refused_rows)
