"""Consent forms from the question to the shredder, in front of a folder; what S3 does otherwise is tests/uploads'."""

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from app.accounts.models import User
from app.influencers import consent, merging
from app.influencers.consent import (
    PURPOSE,
    ask_for_form,
    delete_form,
    download_address,
    expire_form,
    expire_forms,
)
from app.influencers.models import ConsentForm, Influencer
from app.influencers.services import ConsentFormKeptError, delete_influencer
from app.uploads import schedule
from app.uploads.folder import Folder
from app.uploads.receiving import receive
from app.uploads.stores import KEPT, QUARANTINE, StoreError, store

A_PDF = b"%PDF-1.7\nsigned"
NOW = timezone.now()
TODAY = NOW.date()

Ask = Callable[..., ConsentForm]


@pytest.fixture(autouse=True)
def _no_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which this file was read goes on."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOADS = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def ask(ada: Influencer) -> Ask:
    def made(**options: Any) -> ConsentForm:
        usual: dict[str, Any] = {
            "content_type": "application/pdf",
            "signed_on": TODAY,
            "retain_until": None,
            "who": "olga",
        }
        return ask_for_form(ada.pk, **usual | options)

    return made


def send(form: ConsentForm, content: bytes = A_PDF, filename: str = "Ada.pdf") -> None:
    upload = consent.upload_form(form, "")
    file = SimpleUploadedFile(filename, content)
    assert Client().post(upload.action, {**upload.fields, "file": file}).status_code == 204


def stored(form: ConsentForm) -> ConsentForm:
    send(form)
    receive(form.key)
    form.refresh_from_db()
    assert form.state == "stored"
    return form


def record(form: ConsentForm) -> list[tuple[str, str]]:
    return [(access.action, access.who) for access in form.accesses.order_by("pk")]


def test_a_form_is_kept_with_what_is_known_of_it_and_who_did_what(
    ask: Ask, folder: Path, ada: Influencer
) -> None:
    form = stored(ask())
    assert (form.influencer, form.influencer_name, form.filename, form.size_bytes) == (
        ada, "Ada Lovelace", "Ada.pdf", len(A_PDF),
    )  # fmt: skip
    assert record(form) == [("upload", "olga"), ("store", "check of uploads")]
    assert (folder / KEPT / form.key).read_bytes() == A_PDF
    assert not (folder / QUARANTINE / form.key).exists()


def test_nothing_of_anybody_is_in_its_key(ask: Ask) -> None:
    stage, purpose, number = ask().key.split("/")
    assert (stage, purpose, len(number)) == ("local", "consent-form", 36)


@pytest.mark.parametrize("content", [b"<html>%PDF-", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"])
def test_what_is_no_form_is_refused_and_gone(ask: Ask, folder: Path, content: bytes) -> None:
    form = ask()
    send(form, content)
    receive(form.key)
    form.refresh_from_db()
    assert form.state == "refused"
    assert "PDF document" in form.refusal
    assert len(form.refusal) <= 200
    assert record(form)[1:] == [("refuse", "check of uploads")]
    assert not list(folder.rglob(f"*{form.key[-36:]}*"))


def test_a_form_takes_ten_megabytes_and_no_more() -> None:
    assert PURPOSE.max_bytes == 10 * 1024**2
    assert [kind.content_type for kind in PURPOSE.kinds] == ["application/pdf", "image/jpeg", "image/png"]


@pytest.mark.parametrize(
    ("signed_on", "expected"),
    [
        (dt.date(2026, 11, 21), dt.date(2029, 11, 21)),
        (dt.date(2024, 2, 29), dt.date(2027, 3, 1)),
        (dt.date(2025, 2, 28), dt.date(2028, 2, 28)),
    ],
)
def test_a_form_is_usually_kept_for_three_years(signed_on: dt.date, expected: dt.date) -> None:
    assert consent.usual_retention(signed_on) == expected


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"signed_on": TODAY + dt.timedelta(days=2)}, "signed_on"),
        ({"signed_on": dt.date.max}, "signed_on"),
        ({"signed_on": dt.date(1900, 1, 1)}, "retain_until"),
        ({"retain_until": TODAY - dt.timedelta(days=1)}, "retain_until"),
        ({"signed_on": TODAY + dt.timedelta(days=1), "retain_until": TODAY}, "__all__"),
    ],
)
def test_a_form_with_impossible_days_is_not_asked_for(ask: Ask, options: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ask(**options)
    assert list(raised.value.message_dict) == [field]
    assert not ConsentForm.objects.exists()


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


def test_a_deleted_form_leaves_its_record_and_neither_the_file_nor_its_name(ask: Ask, folder: Path) -> None:
    form = stored(ask())
    delete_form(form.pk, "olga")
    form.refresh_from_db()
    assert (form.state, form.filename) == ("deleted", "")
    assert form.deleted_at is not None
    assert record(form)[2:] == [("delete", "olga")]
    assert not [path for path in folder.rglob("*") if path.is_file()]


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


def past(form: ConsentForm, days: int) -> ConsentForm:
    """As if it had been kept until so many days ago."""
    last = TODAY - dt.timedelta(days=days)
    ConsentForm.objects.filter(pk=form.pk).update(signed_on=last, retain_until=last)
    return form


def test_what_is_past_its_day_is_deleted_by_a_job_and_nothing_else(
    ask: Ask, folder: Path, work_off_jobs: Callable[[], object]
) -> None:
    over, last_day, young = past(stored(ask()), 1), past(stored(ask()), 0), stored(ask())
    refused = past(ask(), 1)
    consent.refuse(refused, "no", "olga")
    assert expire_forms({}, None) == 1
    work_off_jobs()
    states = {form.pk: form.state for form in ConsentForm.objects.all()}
    assert states == {over.pk: "deleted", last_day.pk: "stored", young.pk: "stored", refused.pk: "refused"}
    assert record(over)[2:] == [("expire", "retention date")]
    assert not (folder / KEPT / over.key).exists()
    assert (folder / KEPT / young.key).exists()


def test_an_expiry_that_repeats_itself_or_comes_too_soon_does_nothing(ask: Ask) -> None:
    over, young = past(stored(ask()), 1), stored(ask())
    for _ in range(2):
        expire_form.call(over.pk)
        expire_form.call(young.pk)
    assert record(over)[2:] == [("expire", "retention date")]
    assert record(young)[2:] == []


def test_an_influencer_stays_as_long_as_a_form_of_theirs_does(ask: Ask, ada: Influencer) -> None:
    form = stored(ask())
    with pytest.raises(ConsentFormKeptError):
        delete_influencer(ada, "olga")
    delete_form(form.pk, "olga")
    delete_influencer(ada, "olga")
    form.refresh_from_db()
    assert (form.influencer, form.influencer_name) == (None, "Ada Lovelace")


def test_a_file_that_comes_after_its_influencer_went_is_not_taken(
    ask: Ask, ada: Influencer, folder: Path
) -> None:
    form = ask()
    send(form)
    delete_influencer(ada, "olga")
    receive(form.key)
    form.refresh_from_db()
    assert (form.state, form.refusal) == ("refused", "The influencer was deleted.")
    assert record(form)[1:] == [("refuse", "olga")]
    assert not (folder / KEPT / form.key).exists()


def test_the_copy_of_somebody_who_was_killed_before_the_row_goes_with_the_influencer(
    ask: Ask, ada: Influencer, folder: Path, work_off_jobs: Callable[[], object]
) -> None:
    form = ask()
    send(form)
    arrived = store().arrived(form.key)
    assert arrived
    store().keep(form.key, arrived, form.content_type)
    delete_influencer(ada, "olga")
    work_off_jobs()
    assert not (folder / KEPT / form.key).exists()


def test_a_form_of_an_influencer_who_went_past_us_is_not_awaited_for_ever(ask: Ask, ada: Influencer) -> None:
    form = ask()
    send(form)
    Influencer.objects.filter(pk=ada.pk).delete()
    receive(form.key)
    assert schedule.look_again({}, None) == 0


def test_nobody_is_asked_for_a_form_who_is_gone(ask: Ask, ada: Influencer) -> None:
    delete_influencer(ada, "olga")
    ada.pk = 987654
    with pytest.raises(Influencer.DoesNotExist):
        ask()


def test_the_forms_of_two_who_are_one_are_theirs(ask: Ask, ada: Influencer) -> None:
    form, awaited = stored(ask()), ask()
    kept = Influencer.objects.create(name="Ada Lovelace", phone="+12025550199")
    merging.merge(kept.pk, ada.pk, {"phone": "kept"}, User.objects.create_user("olga"))
    stored(awaited)
    assert set(kept.consent_forms.all()) == {form, awaited}


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
    begin = threading.Barrier(5)

    def look() -> None:
        begin.wait()
        receive(form.key)
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(moved) == 1
    assert record(form) == [("upload", "olga"), ("store", "check of uploads")]


@pytest.mark.django_db(transaction=True)
def test_an_influencer_is_not_deleted_under_a_file_that_is_being_taken(
    ask: Ask, ada: Influencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, outcome = ask(), []
    send(form)
    real, looked_at, go_on = Folder.keep, threading.Event(), threading.Event()

    def keep(*arguments: Any) -> None:
        looked_at.set()
        go_on.wait(60)
        real(*arguments)

    def remove() -> None:
        looked_at.wait(60)
        threading.Timer(0.3, go_on.set).start()
        try:
            delete_influencer(ada, "olga")
        except ConsentFormKeptError:
            outcome.append("kept")
        connection.close()

    monkeypatch.setattr(Folder, "keep", keep)
    other = threading.Thread(target=remove)
    other.start()
    receive(form.key)
    other.join()
    form.refresh_from_db()
    assert (outcome, form.state) == (["kept"], "stored")


def test_a_job_names_a_key_and_no_person(ask: Ask) -> None:
    form = ask()
    schedule.look_again({}, None)
    (job,) = DBTaskResult.objects.all()
    assert job.args_kwargs == {"args": [form.key], "kwargs": {}}


def test_a_program_sends_a_form_gets_it_and_deletes_it(
    ada: Influencer, program: Callable[..., Client]
) -> None:
    client = program("consent-forms")
    forms = f"/api/influencers/{ada.pk}/consent-forms/"
    body = {"content_type": "application/pdf", "signed_on": f"{TODAY}"}
    made = client.post(forms, body, content_type="application/json").json()
    assert (made["form"]["state"], made["form"]["retain_until"]) == (
        "awaited",
        f"{consent.usual_retention(TODAY)}",
    )
    upload = made["upload"]
    Client().post(upload["action"], {**upload["inputs"], "file": SimpleUploadedFile("Ada.pdf", A_PDF)})
    receive(ConsentForm.objects.get().key)
    one = f"{forms}{made['form']['id']}/"
    assert client.get(one).json()["state"] == "stored"
    answer: Any = Client().get(
        client.post(f"{one}download/").json()["address"].removeprefix("http://testserver")
    )
    assert b"".join(answer.streaming_content) == A_PDF
    assert client.delete(one).status_code == 204
    assert client.delete(one).status_code == 404
    assert client.post(f"{one}download/").status_code == 404
    assert [form["state"] for form in client.get(forms).json()["results"]] == ["deleted"]
    who = {access.who for access in ConsentForm.objects.get().accesses.all()}
    assert len(who) == 2
    assert "check of uploads" in who


def test_a_program_is_told_by_field_what_can_not_be(ada: Influencer, program: Callable[..., Client]) -> None:
    client = program("consent-forms")
    for body, field in (
        ({"content_type": "text/html", "signed_on": "2026-11-01"}, "content_type"),
        ({"content_type": "application/pdf", "signed_on": "9999-01-01"}, "signed_on"),
        ({"content_type": "application/pdf", "signed_on": "1999-01-01"}, "retain_until"),
    ):
        answer = client.post(
            f"/api/influencers/{ada.pk}/consent-forms/", body, content_type="application/json"
        )
        assert answer.status_code == 400
        assert list(answer.json()["error"]["fields"]) == [field]


def test_a_form_is_not_found_under_somebody_else(ask: Ask, program: Callable[..., Client]) -> None:
    form, other = stored(ask()), Influencer.objects.create(name="Bob")
    client, place = program("consent-forms"), f"/api/influencers/{other.pk}/consent-forms/{form.pk}/"
    assert client.get(place).status_code == 404
    assert client.delete(place).status_code == 404
    assert client.post(f"{place}download/").status_code == 404
    assert record(form)[2:] == []


def test_a_bucket_that_is_away_is_told_a_program(
    ask: Ask, ada: Influencer, program: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    form = stored(ask())

    def fail(*_: Any) -> None:
        raise StoreError("away")

    monkeypatch.setattr(Folder, "delete", fail)
    answer = program("consent-forms").delete(f"/api/influencers/{ada.pk}/consent-forms/{form.pk}/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_away")
