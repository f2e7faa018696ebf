"""A consent form on its way: sent by whoever was asked for it, looked at, and what its record says."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from app.influencers import consent
from app.influencers.models import ConsentForm
from app.uploads.receiving import receive

A_PDF = b"%PDF-1.7\nsigned"
NOW = timezone.now()
TODAY = NOW.date()
Ask = Callable[..., ConsentForm]


def post(form: ConsentForm, content: bytes) -> Any:
    """The answer to who sends the file by the form's page."""
    upload = consent.upload_form(form, "")
    return Client().post(upload.action, {**upload.fields, "file": SimpleUploadedFile("Ada.pdf", content)})


def send(form: ConsentForm, content: bytes = A_PDF) -> None:
    assert post(form, content).status_code == 204


def stored(form: ConsentForm, content: bytes = A_PDF) -> ConsentForm:
    send(form, content)
    receive(form.key)
    form.refresh_from_db()
    assert form.state == "stored"
    return form


def record(form: ConsentForm) -> list[tuple[str, str]]:
    return [(access.action, access.who) for access in form.accesses.order_by("pk")]
