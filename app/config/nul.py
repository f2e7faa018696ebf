"""NUL, which PostgreSQL takes in no text, kept from where no form and no serializer looks before a query does."""

from collections.abc import Callable
from urllib.parse import unquote

from django.http import Http404, HttpRequest, HttpResponse

from app.config.api import page_not_found


class NulMiddleware:
    """Finds nothing at an address with a NUL in its path, nor at the staff area's with one in its query.

    The staff area's filters go into queries as they are. Elsewhere a query is checked by who reads it. A cookie with a
    NUL is none of ours: it is left out, as if it had not come.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or _is_admin_query_with_nul(request):
            return page_not_found(request, Http404())
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}
        return self._get_response(request)


def _is_admin_query_with_nul(request: HttpRequest) -> bool:
    return request.path_info.startswith("/admin/") and "\0" in unquote(request.META.get("QUERY_STRING", ""))
