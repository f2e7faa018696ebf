"""Consent forms from the question to the shredder."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from app.influencers.consent import PURPOSE, delete_form, download_address
from app.influencers.models import ConsentForm, Influencer
from app.uploads import schedule
from app.uploads.folder import Folder
from app.uploads.receiving import receive
from app.uploads.stores import KEPT, QUARANTINE, StoreError, store
from tests.at_once import at_once
from tests.influencers.consent.forms import A_PDF, TODAY, Ask, post, record, send, stored


def test_a_form_is_kept_with_what_is_known_of_it_and_who_did_what(
    ask: Ask, upload_folder: Path, ada: Influencer
) -> None:
    form = stored(ask())
    assert (form.influencer, form.influencer_name, form.filename, form.size_bytes) == (
        ada, "Ada Lovelace", "Ada.pdf", len(A_PDF),
    )  # fmt: skip
    assert record(form) == [("upload", "olga"), ("store", "check of uploads")]
    assert (upload_folder / KEPT / form.key).read_bytes() == A_PDF
    assert not (upload_folder / QUARANTINE / form.key).exists()


def test_nothing_of_anybody_is_in_its_key(ask: Ask) -> None:
    stage, purpose, number = ask().key.split("/")
    assert (stage, purpose, len(number)) == ("local", "consent-form", 36)


@pytest.mark.parametrize("content", [b"<html>%PDF-", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"])
def test_what_is_no_form_is_refused_and_gone(ask: Ask, upload_folder: Path, content: bytes) -> None:
    form = ask()
    send(form, content)
    receive(form.key)
    form.refresh_from_db()
    assert form.state == "refused"
    assert "PDF document" in form.refusal
    assert len(form.refusal) <= 200
    assert record(form)[1:] == [("refuse", "check of uploads")]
    assert not list(upload_folder.rglob(f"*{form.key[-36:]}*"))


def test_a_form_takes_ten_megabytes_and_no_more(ask: Ask) -> None:
    most = A_PDF.ljust(10 * 1024**2)
    assert stored(ask(), most).size_bytes == len(most)
    form = ask()
    assert "EntityTooLarge" in post(form, most + b" ").content.decode()
    assert store().arrived(form.key) is None


def test_a_form_is_a_document_or_a_picture() -> None:
    assert [kind.content_type for kind in PURPOSE.kinds] == ["application/pdf", "image/jpeg", "image/png"]


def test_a_download_is_written_down_before_there_is_an_address(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = stored(ask())
    seen: list[int] = []
    real = Folder.address

    def address(*arguments: Any) -> str:
        seen.append(form.accesses.filter(action="download", who="viktor").count())
        return real(*arguments)

    monkeypatch.setattr(Folder, "address", address)
    answer: Any = Client().get(download_address(form.pk, "viktor"))
    assert seen == [1]
    assert b"".join(answer.streaming_content) == A_PDF
    assert answer["Content-Disposition"] == 'attachment; filename="Ada.pdf"'


@pytest.mark.parametrize("state", ["awaited", "refused", "deleted"])
def test_what_is_not_in_store_is_not_downloaded_or_deleted_and_nothing_is_written(
    ask: Ask, state: str
) -> None:
    form = ask()
    ConsentForm.objects.filter(pk=form.pk).update(state=state, deleted_at=timezone.now())
    for call in (download_address, delete_form):
        with pytest.raises(ConsentForm.DoesNotExist):
            call(form.pk, "viktor")
    assert record(form) == [("upload", "olga")]


def test_a_deleted_form_leaves_its_record_and_neither_the_file_nor_its_name(
    ask: Ask, upload_folder: Path
) -> None:
    form = stored(ask())
    delete_form(form.pk, "olga")
    form.refresh_from_db()
    assert (form.state, form.filename) == ("deleted", "")
    assert form.deleted_at is not None
    assert record(form)[2:] == [("delete", "olga")]
    assert not [path for path in upload_folder.rglob("*") if path.is_file()]


def test_a_file_that_can_not_be_deleted_is_still_in_store(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    form = stored(ask())

    def fail(*_: Any) -> None:
        raise StoreError("away")

    monkeypatch.setattr(Folder, "delete", fail)
    with pytest.raises(StoreError):
        delete_form(form.pk, "olga")
    form.refresh_from_db()
    assert form.state == "stored"
    assert record(form)[2:] == []


class KilledError(BaseException):
    """Lambda's end of a function, as far as Python can play it."""


def test_who_is_killed_between_file_and_row_leaves_what_the_next_one_ends(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = stored(ask(signed_on=TODAY - dt.timedelta(days=9)))
    real = Folder.delete

    def killed(*arguments: Any) -> None:
        real(*arguments)
        raise KilledError

    monkeypatch.setattr(Folder, "delete", killed)
    with pytest.raises(KilledError):
        delete_form(form.pk, "olga")
    monkeypatch.undo()
    delete_form(form.pk, "olga")
    form.refresh_from_db()
    assert form.state == "deleted"
    assert record(form)[2:] == [("delete", "olga")]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_look_at_once_one_takes_the_file_and_the_others_find_nothing(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, moved = ask(), []
    send(form)
    real = Folder.keep

    def keep(*arguments: Any) -> None:
        moved.append(1)
        real(*arguments)

    monkeypatch.setattr(Folder, "keep", keep)
    at_once(5, lambda: receive(form.key))
    assert len(moved) == 1
    assert record(form) == [("upload", "olga"), ("store", "check of uploads")]


def test_a_job_names_a_key_and_no_person(ask: Ask) -> None:
    form = ask()
    schedule.look_again({}, None)
    (job,) = DBTaskResult.objects.all()
    assert job.args_kwargs == {"args": [form.key], "kwargs": {}}
