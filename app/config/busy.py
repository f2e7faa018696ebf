"""What somebody is told who waited for a row in vain: that it is held, not that something is broken."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from app.config.api import error_answer

logger = logging.getLogger(__name__)

# https://www.postgresql.org/docs/16/errcodes-appendix.html, after `lock_timeout`.
_LOCK_NOT_AVAILABLE = "55P03"


class BusyMiddleware:
    """Answers 409 where somebody else held a row for longer than the database lets us wait."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError):
            return None
        if getattr(exception.__cause__, "pgcode", "") != _LOCK_NOT_AVAILABLE:
            return None
        # Not the path: some hold a token.
        view = request.resolver_match.view_name if request.resolver_match else ""
        logger.warning("%s waited in vain for a row that is held", view, exc_info=exception)
        message = "Somebody else is changing this just now. Try again in a moment."
        return error_answer(request, HTTPStatus.CONFLICT, "busy", message, page="site/busy.html")
