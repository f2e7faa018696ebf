"""Hashed static files from the application itself, where no CDN serves them (docs/decisions/0022)."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import cast
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from whitenoise.base import WhiteNoise
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import MissingFileError, StaticFile

IMMUTABLE = "public, max-age=31536000, immutable"


class StaticFilesMiddleware:
    """Answers everything below STATIC_URL: a file that the manifest knows by its hashed name, or a short 404.

    WhiteNoise's own middleware looks at every file when it starts, which a cold start would wait for. Here a file is
    looked at when it is first asked for, and its name is looked up and never resolved, so no path leads out of the folder.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._reader = WhiteNoise(None, allow_all_origins=False, add_headers_function=_add_headers)
        self._files: dict[str, StaticFile] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(settings.STATIC_URL):
            return self._get_response(request)
        name = request.path_info.removeprefix(settings.STATIC_URL)
        try:
            file = self._file(name)
        except MissingFileError:
            # A rollout may bring the file in a second.
            headers = {"Cache-Control": "no-store"}
            return HttpResponseNotFound("No such file.\n", "text/plain; charset=utf-8", headers=headers)
        # A range may cut a character in two, and text can't leave Lambda like that. To send all of it is always allowed.
        request.META.pop("HTTP_RANGE", None)
        response: HttpResponseBase = WhiteNoiseMiddleware.serve(file, request)
        return response

    def _file(self, name: str) -> StaticFile:
        if name not in self._names:
            raise MissingFileError(name)
        if name not in self._files:
            self._files[name] = self._reader.get_static_file(str(Path(settings.STATIC_ROOT, name)), name)
        return self._files[name]

    @cached_property
    def _names(self) -> frozenset[str]:
        # The storage is a lazy object around the class that STORAGES names.
        storage = cast("ManifestStaticFilesStorage", staticfiles_storage)
        return frozenset(storage.hashed_files.values())


def _add_headers(headers: Headers, path: str, name: str) -> None:
    """The name says what is in the file. Its date does not: in a zip all are of 1980."""
    del name
    kind = (headers["Content-Type"] or "").partition(";")[0]
    if kind.startswith("text/") or kind == "image/svg+xml":
        headers["Content-Type"] = f"{kind}; charset=utf-8"
    headers["Cache-Control"] = IMMUTABLE
    headers["ETag"] = f'"{Path(path).name}"'
