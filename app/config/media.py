"""Django's own storage of files, which nothing may use: files of people go through app/uploads (docs/decisions/0072)."""

from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage


class RefuseEveryFile(Storage):
    """Says where files go, where Django's own storage would find a disk that is read-only or gone the next minute."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ImproperlyConfigured(
            "Files of people are not kept by Django's storage but by app/uploads, which looks at them first"
            " (docs/decisions/0072-uploads-go-past-the-functions.md)."
        )

    open = save = delete = exists = listdir = size = url = path = _refuse
    get_accessed_time = get_created_time = get_modified_time = _refuse
