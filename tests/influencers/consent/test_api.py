"""Consent forms as a program handles them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from app.influencers import consent
from app.influencers.models import ConsentForm, Influencer
from app.uploads.folder import Folder
from app.uploads.receiving import receive
from app.uploads.stores import StoreError
from tests.influencers.consent.forms import A_PDF, TODAY, Ask, record, stored


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
        ({"content_type": "text/html", "signed_on": f"{TODAY}"}, "content_type"),
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
