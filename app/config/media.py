"""Where files of users go in a deployed stage: nowhere yet (docs/decisions/0023)."""

from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage


class RefuseEveryFile(Storage):
    """Says what is missing, where Django's own storage would find a disk that is read-only or gone the next minute."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ImproperlyConfigured(
            "A deployed stage keeps no files of users: give STORAGES['default'] a private bucket first"
            " (docs/decisions/0023-no-media-until-uploads.md)."
        )

    open = save = delete = exists = listdir = size = url = path = _refuse
    get_accessed_time = get_created_time = get_modified_time = _refuse
