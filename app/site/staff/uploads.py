"""Pages of files that are sent past us: the form, and what becomes of it once the browser is back."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.uploads.pages import allow_form_to
from app.uploads.receiving import receive_upload
from app.uploads.stores import Form

_ARRIVED = "arrived"


def upload_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    form_to: Callable[[str], Form] | None,
    back_to: str,
) -> HttpResponse:
    """The page of a file that is awaited.

    Args:
        request: whose browser may just be back from the store.
        template: shows `upload` by upload_fields.html; `is_checked` says that the file was sent.
        context: its other names.
        form_to: gives the form that leads to an address afterwards; None for who may not send the file.
        back_to: the path of that address, which answers by `back_from_store`.
    """
    is_checked = _ARRIVED in request.GET
    upload = form_to(request.build_absolute_uri(back_to)) if form_to and not is_checked else None
    response = render(request, template, {**context, "is_checked": is_checked, "upload": upload})
    if upload:
        allow_form_to(response, upload)
    return response


def back_from_store(key: str, page: str, *, is_awaited: bool) -> HttpResponse:
    """Have a file that was sent looked at, should nobody else tell of it, and show its `upload_page`."""
    if is_awaited:
        receive_upload.enqueue(key)
    return redirect(f"{page}?{_ARRIVED}=1")
