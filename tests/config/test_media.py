"""Django's own storage refuses files of people, which go through app/uploads."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from app.config.media import RefuseEveryFile
from tests.stage import PRODUCTION, ROOT, run

SAVE = """
import django; django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
default_storage.save("roster.xlsx", ContentFile(b"names"))
"""


@pytest.mark.parametrize("stage", [PRODUCTION, {}])
def test_a_stage_refuses_a_file_and_says_where_it_belongs(stage: dict[str, str]) -> None:
    result = run("-c", SAVE, environment=stage | {"DJANGO_SETTINGS_MODULE": "app.config.settings"})
    assert "ImproperlyConfigured: Files of people are not kept by Django's storage" in result.stderr
    record = result.stderr.partition("(docs/")[2].partition(")")[0]
    assert (ROOT / "docs" / record).is_file()
    assert not (ROOT / "roster.xlsx").exists()


@pytest.mark.parametrize(
    "method", [name for name in vars(Storage) if not name.startswith(("_", "get_", "is_", "generate"))]
)
def test_no_use_of_it_reaches_a_disk(method: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        getattr(RefuseEveryFile(), method)("roster.xlsx", ContentFile(b"names"))
