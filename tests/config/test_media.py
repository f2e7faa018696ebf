"""Files of users: private on a developer's machine, refused where nothing could keep them."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.test import Client

from app.config.media import RefuseEveryFile
from tests.stage import PRODUCTION, ROOT, run

SAVE = """
import django; django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
default_storage.save("roster.xlsx", ContentFile(b"names"))
"""


def test_a_deployed_stage_refuses_a_file_and_says_what_is_missing() -> None:
    environment = PRODUCTION | {"DJANGO_SETTINGS_MODULE": "app.config.settings"}
    result = run("-c", SAVE, environment=environment)
    assert "ImproperlyConfigured: A deployed stage keeps no files of users" in result.stderr
    record = result.stderr.partition("(docs/")[2].partition(")")[0]
    assert (ROOT / "docs" / record).is_file()
    assert not (ROOT / "roster.xlsx").exists()


@pytest.mark.parametrize(
    "method", [name for name in vars(Storage) if not name.startswith(("_", "get_", "is_", "generate"))]
)
def test_no_use_of_it_reaches_a_disk(method: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        getattr(RefuseEveryFile(), method)("roster.xlsx", ContentFile(b"names"))


def test_on_a_developers_machine_files_lie_where_nothing_serves_them(outsider: Client) -> None:
    assert isinstance(default_storage, FileSystemStorage)
    assert default_storage.path("roster.xlsx") == str(ROOT / "var" / "media" / "roster.xlsx")
    assert outsider.get("/media/roster.xlsx").status_code == 404
