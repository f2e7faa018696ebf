"""Files on their way: sent by a form, looked at, moved once, whatever repeats itself, fails or is made up."""

import datetime as dt
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from app.uploads import receiving, schedule
from app.uploads.bucket import Bucket
from app.uploads.folder import Folder
from app.uploads.purposes import JPEG, MAX_FILENAME, PDF, PNG, clean_filename, purpose_of
from app.uploads.receiving import NEVER_CAME, receive
from app.uploads.stores import StoreError, store
from tests.uploads.conftest import A_PDF, BACK, MAX_BYTES, Letters, Send, kept

Download = Callable[[str], tuple[int, bytes, dict[str, str]]]


def sent(letters: Letters, send: Send, content: bytes = A_PDF, **options: Any) -> str:
    """A letter that lies in quarantine."""
    key = letters.ask(options.pop("content_type", PDF.content_type))
    form = letters.form(key, letters.rows[key].content_type, BACK)
    assert send(form, content, **options).status == 303
    return key


def test_a_file_is_looked_at_kept_and_told_to_who_waits(
    kept_in: str, letters: Letters, send: Send, tmp_path: Path
) -> None:
    key = sent(letters, send, filename="Ada's letter.PDF")
    receive(key)
    (received,) = letters.rows[key].received
    assert (received.key, received.filename, received.kind, received.size_bytes) == (
        key, "Ada's letter.pdf", PDF, len(A_PDF),
    )  # fmt: skip
    assert kept(key, tmp_path) == A_PDF
    assert store().arrived(key) is None


def test_the_browser_is_sent_back(kept_in: str, letters: Letters, send: Send) -> None:
    form = letters.form(letters.ask(), PDF.content_type, BACK)
    assert send(form, A_PDF).location.startswith(BACK)


def test_a_program_that_has_no_page_gets_an_empty_answer(kept_in: str, letters: Letters, send: Send) -> None:
    assert send(letters.form(letters.ask(), PDF.content_type), A_PDF).status == 204


@pytest.mark.parametrize("size", [0, MAX_BYTES + 1])
def test_a_form_takes_no_file_of_another_size(kept_in: str, letters: Letters, send: Send, size: int) -> None:
    key = letters.ask()
    assert send(letters.form(key, PDF.content_type, BACK), b"x" * size).status >= 400
    assert store().arrived(key) is None


@pytest.mark.parametrize("size", [1, MAX_BYTES])
def test_a_form_takes_the_smallest_and_the_largest(
    kept_in: str, letters: Letters, send: Send, size: int
) -> None:
    assert send(letters.form(letters.ask(), PDF.content_type, BACK), b"x" * size).status == 303


@pytest.mark.parametrize("field", ["key", "Content-Type", "success_action_redirect", "policy"])
def test_a_form_is_taken_as_it_was_signed_or_not_at_all(
    kept_in: str, letters: Letters, send: Send, field: str
) -> None:
    key, other = letters.ask(), letters.ask()
    form, another = (letters.form(one, PDF.content_type, BACK) for one in (key, other))
    changed = {
        "key": another.fields["key"],
        "Content-Type": "text/html",
        "success_action_redirect": "https://evil.example/",
        "policy": form.fields["policy"][:-8] + "AAAAAAA=",
    }
    assert send(form, A_PDF, **{field: changed[field]}).status in {400, 403}
    assert store().arrived(key) is None
    assert store().arrived(other) is None


def test_a_form_takes_no_further_field(kept_in: str, letters: Letters, send: Send) -> None:
    key = letters.ask()
    assert send(letters.form(key, PDF.content_type, BACK), A_PDF, acl="public-read").status in {400, 403}
    assert store().arrived(key) is None


def test_a_form_is_good_for_fifteen_minutes(
    upload_folder: Path, letters: Letters, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    before = timezone.now()
    form = letters.form(letters.ask(), PDF.content_type, BACK)
    assert before <= form.expires_at - dt.timedelta(minutes=15) <= timezone.now()
    monkeypatch.setattr(time, "time", lambda: now + 899)
    assert send(form, A_PDF).status == 303
    monkeypatch.setattr(time, "time", lambda: now + 902)
    assert send(form, A_PDF).status == 403


WRONG = {
    "a page that says it is a document": (PDF, b"<!doctype html><script>alert(1)</script>%PDF-1.7"),
    "a document behind a byte": (PDF, b"\n" + A_PDF),
    "a program": (PDF, b"MZ\x90\x00" + b"\0" * 60),
    "half a signature": (PNG, PNG.signature[:7]),
    "a drawing with a script": (PNG, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "a document that says it is a picture": (JPEG, A_PDF),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_whose_content_is_of_another_type_is_refused_and_gone(
    kept_in: str, letters: Letters, send: Send, what: str, tmp_path: Path
) -> None:
    kind, content = WRONG[what]
    key = sent(letters, send, content, content_type=kind.content_type)
    receive(key)
    (reason,) = letters.rows[key].refusals
    assert kind.label in reason
    assert "again" in reason
    assert not letters.rows[key].received
    assert store().arrived(key) is None
    with pytest.raises(StoreError):
        kept(key, tmp_path)


def test_a_picture_that_was_sent_as_a_document_is_named(kept_in: str, letters: Letters, send: Send) -> None:
    key = sent(letters, send, PNG.signature + b"x")
    receive(key)
    assert letters.rows[key].refusals == [
        "The file is a PNG picture, not a PDF document. Add it again as that."
    ]


def test_what_got_past_the_form_is_still_refused(bucket: Any, letters: Letters) -> None:
    too_large, html, empty = letters.ask(), letters.ask(), letters.ask()
    for key, content, content_type in (
        (too_large, A_PDF + b"x" * MAX_BYTES, PDF.content_type),
        (html, A_PDF, "text/html"),
        (empty, b"", PDF.content_type),
    ):
        bucket.put_object(
            Bucket="coalition-media", Key=f"quarantine/{key}", Body=content, ContentType=content_type
        )
        receive(key)
    assert "1,100 bytes" in letters.rows[too_large].refusals[0]
    assert "another type" in letters.rows[html].refusals[0]
    assert "0 bytes" in letters.rows[empty].refusals[0]


def test_what_is_told_twice_happens_once(kept_in: str, letters: Letters, send: Send) -> None:
    key = sent(letters, send)
    receive(key)
    receive(key)
    assert len(letters.rows[key].received) == 1


def test_a_form_that_is_used_again_changes_nothing_that_was_taken(
    kept_in: str, letters: Letters, send: Send, tmp_path: Path
) -> None:
    key = letters.ask()
    form = letters.form(key, PDF.content_type, BACK)
    send(form, A_PDF)
    receive(key)
    send(form, b"%PDF-another")
    receive(key)
    assert kept(key, tmp_path) == A_PDF
    assert len(letters.rows[key].received) == 1


def test_a_file_that_is_replaced_while_it_is_looked_at_is_not_the_one_that_is_kept(
    kept_in: str, letters: Letters, send: Send, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = letters.ask()
    form = letters.form(key, PDF.content_type, BACK)
    send(form, A_PDF)
    monkeypatch.setattr(receiving, "flaw", lambda *_: send(form, b"<script>") and "")
    with pytest.raises(StoreError):
        receive(key)
    monkeypatch.undo()
    assert letters.rows[key].waits
    receive(key)
    assert letters.rows[key].refusals
    with pytest.raises(StoreError):
        kept(key, tmp_path)


class KilledError(BaseException):
    """Lambda's end of a function, as far as Python can play it."""


@pytest.mark.parametrize("step", ["keep", "discard"])
def test_who_is_killed_between_two_steps_leaves_what_the_next_one_ends(
    kept_in: str, letters: Letters, send: Send, step: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = sent(letters, send)
    kind: Any = Folder if kept_in == "upload_folder" else Bucket
    real = getattr(kind, step)

    def killed(*arguments: Any) -> None:
        if step == "keep":
            real(*arguments)
        raise KilledError

    monkeypatch.setattr(kind, step, killed)
    with pytest.raises(KilledError):
        receive(key)
    monkeypatch.undo()
    assert letters.rows[key].waits == (step == "keep")
    receive(key)
    assert len(letters.rows[key].received) == 1
    assert kept(key, tmp_path) == A_PDF


def test_an_event_that_comes_before_its_row_leaves_the_file_to_the_next_look(
    kept_in: str, letters: Letters, send: Send
) -> None:
    key = sent(letters, send)
    row = letters.rows.pop(key)
    receive(key)
    letters.rows[key] = row
    assert schedule.look_again({}, None) == 1
    receive(key)
    assert row.received


@pytest.mark.parametrize("key", [
    "prod/letter/0d5ab4ba-9ef0-4d9c-8f0c-2f2a5b8b3c11",
    "local/elsewhere/0d5ab4ba-9ef0-4d9c-8f0c-2f2a5b8b3c11",
    "local/letter/../../etc/passwd",
    "local/letter/0d5ab4ba-9ef0-4d9c-8f0c-2f2a5b8b3c11/more",
    "",
])  # fmt: skip
def test_a_key_of_somebody_elses_is_left_alone(upload_folder: Path, letters: Letters, key: str) -> None:
    assert purpose_of(key) is None
    receive(key)


def test_a_file_that_never_came_is_given_up_after_a_day(kept_in: str, letters: Letters, send: Send) -> None:
    key = letters.ask()
    letters.rows[key].since -= dt.timedelta(hours=23)
    receive(key)
    assert letters.rows[key].waits
    letters.rows[key].since -= dt.timedelta(hours=2)
    receive(key)
    assert letters.rows[key].refusals == [NEVER_CAME]


def test_a_file_that_came_late_is_taken(kept_in: str, letters: Letters, send: Send) -> None:
    key = sent(letters, send)
    letters.rows[key].since -= dt.timedelta(hours=25)
    receive(key)
    assert letters.rows[key].received


def test_the_sweep_leaves_a_job_for_each_that_waits(
    kept_in: str, letters: Letters, send: Send, work_off_jobs: Callable[[], object]
) -> None:
    came, missing, over = sent(letters, send), letters.ask(), sent(letters, send)
    receive(over)
    assert schedule.look_again({}, None) == 2
    work_off_jobs()
    assert letters.rows[came].received
    assert letters.rows[missing].waits


def test_a_download_is_an_attachment_under_its_name_and_type(
    kept_in: str, letters: Letters, send: Send, download: Download
) -> None:
    key = sent(letters, send, filename="x.html")
    receive(key)
    status, content, headers = download(store().address(key, 'Ada "the" letter é.pdf', PDF.content_type))
    assert (status, content) == (200, A_PDF)
    assert headers["Content-Type"] == PDF.content_type
    assert headers["Content-Disposition"].startswith("attachment; filename")


def test_what_was_deleted_is_gone_and_deleting_it_again_is_fine(
    kept_in: str, letters: Letters, send: Send, download: Download
) -> None:
    key = sent(letters, send)
    receive(key)
    address = store().address(key, "a.pdf", PDF.content_type)
    store().delete(key)
    store().delete(key)
    assert download(address)[0] == 404


def test_nobody_downloads_what_nobody_looked_at(
    kept_in: str, letters: Letters, send: Send, download: Download
) -> None:
    key = sent(letters, send)
    assert download(store().address(key, "a.pdf", PDF.content_type))[0] == 404


def test_an_address_of_our_own_is_good_for_two_minutes_and_for_what_was_signed(
    upload_folder: Path, letters: Letters, send: Send, download: Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    key = sent(letters, send)
    receive(key)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    address = store().address(key, "a.pdf", PDF.content_type)
    assert download(address[:-4] + "AAA/")[0] == 404
    monkeypatch.setattr(time, "time", lambda: now + 119)
    assert download(address)[0] == 200
    monkeypatch.setattr(time, "time", lambda: now + 122)
    assert download(address)[0] == 404


@pytest.mark.parametrize(("name", "expected"), [
    ("consent.pdf", "consent.pdf"),
    ("Consent.PDF", "Consent.pdf"),
    ("invoice.pdf.exe", "invoice.pdf.exe.pdf"),
    ("../../etc/passwd", "passwd.pdf"),
    ("C:\\Users\\ada\\scan.pdf", "scan.pdf"),
    ("evil\u202efdp.exe", "evilfdp.exe.pdf"),
    ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
    ("  two \u00a0 spaces .pdf", "two spaces.pdf"),
    ("...", "PDF document.pdf"),
    ("", "PDF document.pdf"),
    (".pdf", "PDF document.pdf"),
    ("é" * 300 + ".pdf", "é" * 156 + ".pdf"),
    ("同意書.pdf", "同意書.pdf"),
])  # fmt: skip
def test_a_name_is_one_that_can_be_shown_and_saved(name: str, expected: str) -> None:
    assert clean_filename(name, PDF) == expected


@given(st.text(max_size=400))
def test_whatever_a_file_is_called_its_name_is_harmless(name: str) -> None:
    cleaned = clean_filename(name, PDF)
    assert len(cleaned) <= MAX_FILENAME
    assert cleaned.endswith(".pdf")
    assert cleaned.strip(". ") != "pdf"
    assert not [one for one in cleaned if one in "/\\" or unicodedata.category(one).startswith("C")]
    # Cleaning it again changes nothing.
    assert clean_filename(cleaned, PDF) == cleaned


def test_a_picture_may_end_in_either_extension() -> None:
    assert clean_filename("me.JPEG", JPEG) == "me.jpeg"
    assert clean_filename("me.png", JPEG) == "me.png.jpg"


def test_a_developers_machine_alone_has_a_page_that_takes_files(
    bucket: Any, letters: Letters, outsider: Any
) -> None:
    posted = outsider.post("/uploads/", {"file": ContentFile(A_PDF, "a.pdf")})
    assert (posted.status_code, outsider.get("/uploads/signed/").status_code) == (404, 404)
