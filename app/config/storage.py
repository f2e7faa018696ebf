"""Static files under names that change with their content, so that they may be cached for a year."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.urls import get_script_prefix


class HashedStaticFiles(ManifestStaticFilesStorage):
    """`collectstatic` writes the files and the manifest that knows their names into STATIC_ROOT.

    Behind a CDN the package's copies are never read, but for the manifest.
    """

    def url(self, name: str, force: bool = False) -> str:  # type: ignore[override]  # noqa: FBT001, FBT002 - as the mixin has it
        """The address of a file by its own name.

        Without a CDN it has the prefix of the request: the gateway's own host has the stage in front of every path, a
        custom domain has not, and one process answers both. A relative STATIC_URL would keep the prefix of the first
        request, since Django remembers it.
        """
        url = super().url(name, force)
        return get_script_prefix().rstrip("/") + url if url.startswith("/") else url
