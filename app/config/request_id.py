"""One id per request: in every log line it causes, and in the answer that says something failed."""

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

# Also set by the Lambda entry point for what is no request (a scheduled function, a command).
current: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdMiddleware:
    """Takes the gateway's id of the request (its access log and `x-amzn-RequestId` have it too); elsewhere makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The event comes from the gateway. A header of that meaning would be the client's to choose.
        event = request.META.get("apig_wsgi.full_event", {})
        request_id = event.get("requestContext", {}).get("requestId") or uuid.uuid4().hex
        # Django logs some answers after every middleware is through; its record has the request.
        request.request_id = request_id  # type: ignore[attr-defined]
        token = current.set(request_id)
        try:
            response = self._get_response(request)
        finally:
            current.reset(token)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            response["X-Request-Id"] = request_id
        return response
