"""What a page needs that sends a file past us."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse

from app.uploads.stores import Form


def allow_form_to(response: HttpResponse, form: Form) -> None:
    """Let a page's forms be sent to where this one is, and to ourselves as ever; app/config/csp.py reads it."""
    parts = urlsplit(form.action)
    elsewhere = [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
    policy = {**settings.SECURE_CSP, "form-action": [*settings.SECURE_CSP["form-action"], *elsewhere]}
    # Django 6's name for it.
    response._csp_config = policy  # type: ignore[attr-defined]  # noqa: SLF001
