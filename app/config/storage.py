"""Static files under names that change with their content, so that they may be cached for a year."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage


class HashedStaticFiles(ManifestStaticFilesStorage):
    """The files lie behind the CDN; the application carries only the manifest that knows their names.

    `collectstatic` writes STATIC_ROOT and the manifest there; the package takes the manifest along at the import root,
    where it is looked for first (STATIC_MANIFEST_FOLDER).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        manifest = FileSystemStorage(location=settings.STATIC_MANIFEST_FOLDER)
        super().__init__(*args, **{"manifest_storage": manifest, **kwargs})
