"""What every API route shares: one shape of errors and one of lists."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView, exception_handler

from app.config import request_id

ERROR_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}

NOTHING_HERE = "There is nothing at this address."


class Pages(CursorPagination):
    """Lists as `{"next", "previous", "results"}`: a page costs the same however deep it lies."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """A page, or 404 for a cursor that no page of ours held: its value goes into the query as it is."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, DjangoValidationError):
            if self.cursor_query_param not in request.query_params:
                raise
            raise NotFound(self.invalid_cursor_message) from None

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        """What the client asked for where the view allows it, else the view's own `ordering`.

        The first column has to be all but unique: a cursor remembers its value, and at most a thousand rows that share it.
        """
        for backend in view.filter_backends:
            if hasattr(backend, "get_ordering"):
                return tuple(backend().get_ordering(request, queryset, view))
        return tuple(view.ordering)


def error_body(code: str, message: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "fields": fields or {}}}


def error_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every client error in the one shape; what it doesn't know stays a server error."""
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        response.data = error_body("invalid", "Some of the values can't be accepted.", _fields(error.detail))
    elif isinstance(error, APIException):
        response.data = error_body(error.get_codes(), str(error.detail))  # type: ignore[arg-type]
    else:
        # Http404 and PermissionDenied of Django: their text may tell about the database.
        name = "not_found" if response.status_code == status.HTTP_404_NOT_FOUND else "permission_denied"
        response.data = error_body(name, str(response.data["detail"]))
    return response


def _fields(detail: Any) -> dict[str, list[str]]:
    if not isinstance(detail, dict):
        return {api_settings.NON_FIELD_ERRORS_KEY: [str(item) for item in detail]}
    flat: dict[str, list[str]] = {}
    for field, messages in detail.items():
        if isinstance(messages, dict):
            flat.update({f"{field}.{inner}": texts for inner, texts in _fields(messages).items()})
        else:
            # A choice that is none is repeated there, and half of a surrogate pair can't be encoded.
            flat[str(field)] = [str(message).encode(errors="replace").decode() for message in messages]
    return flat


def error_answer(
    request: HttpRequest, status_code: int, code: str, message: str, *, page: str = "", **context: str
) -> HttpResponse:
    """JSON below /api/, elsewhere a page: that of the status, unless another is named."""
    if request.path_info.startswith("/api/"):
        return JsonResponse(error_body(code, message), status=status_code)
    return render(request, page or f"site/{status_code}.html", context, status=status_code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return error_answer(request, 400, "bad_request", "The request can't be understood.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return error_answer(request, 403, "permission_denied", "You may not do this.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return error_answer(request, 404, "not_found", NOTHING_HERE)


def server_error(request: HttpRequest) -> HttpResponse:
    """The request's id, which the log line of the error has too, and nothing about the cause."""
    error_id = request_id.current.get()
    message = f"Something failed on our side. Its number is {error_id}."
    return error_answer(request, 500, "server_error", message, error_id=error_id)


def document_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give every operation of the OpenAPI schema its error answer."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR_SCHEMA
    answer = {
        "description": "An error, always in this shape.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = answer
    return result
