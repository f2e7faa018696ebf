"""Consent forms of Ada, in front of a folder; what S3 does otherwise is tests/uploads'."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from app.influencers.consent import ask_for_form
from app.influencers.models import ConsentForm, Influencer
from tests.influencers.consent.forms import NOW, TODAY, Ask


@pytest.fixture(autouse=True)
def _no_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which this file was read goes on."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def _in_a_folder(upload_folder: Path) -> None:
    """No test of this folder puts a file elsewhere."""


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
