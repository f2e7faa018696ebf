"""A consent form on its way: sent by whoever was asked for it, looked at, and what its record says."""

from collections.abc import Callable

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
