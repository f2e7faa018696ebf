"""The Content-Security-Policy of every page, as Django 6 brings it; the setting is SECURE_CSP there too."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"


def policy(static_url: str) -> dict[str, list[str]]:
    """Everything from ourselves and from where static files lie; nothing inline, nothing from elsewhere.

    Args:
        static_url: a path, or an address on the CDN.
    """
    parts = urlsplit(static_url)
    files = ["'self'", f"{parts.scheme}://{parts.netloc}"] if parts.netloc else ["'self'"]
    return {
        "default-src": ["'none'"],
        "script-src": files,
        "style-src": files,
        "font-src": files,
        # Swagger UI and the admin draw icons from data: in their style sheets.
        "img-src": [*files, "data:"],
        "manifest-src": files,
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._value = _header_value(settings.SECURE_CSP)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not _is_debug_page(response):
            own = getattr(response, "_csp_config", None)
            response.headers.setdefault(HEADER, _header_value(own) if own else self._value)
        return response


def _header_value(directives: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def _is_debug_page(response: HttpResponse) -> bool:
    """Django's own error pages for developers are all inline."""
    failed = response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)
    return settings.DEBUG and failed
