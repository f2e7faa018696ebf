"""Pages of a list by what its order says, not by counting: a page costs the same however deep it lies.

DRF's own cursor remembers one column, and fails where a thousand rows share its value, as new accounts share "no followers
known". This one remembers the primary key too. The cursor is signed: its value goes into the query as it is.
"""

import datetime as dt
from typing import Any

from django.core import signing
from django.db.models import Q
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from app.influencers.listing import Sort, in_order

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
_SALT = "influencers.pages"


class KeysetPages(BasePagination):
    """`{"next", "previous", "results"}` over a view that has `sort(request)`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        sort: Sort = view.sort(request)  # type: ignore[union-attr]  # the views that use these pages
        self._url = request.build_absolute_uri()
        self._sort = sort
        size = _page_size(request)
        cursor = _cursor(request.query_params.get("cursor"), sort)
        backwards = cursor is not None and cursor["backwards"]
        rows = in_order(queryset, sort)
        if cursor:
            rows = rows.filter(_beyond(cursor, ascending=sort.descending == backwards))
        found = list((rows.reverse() if backwards else rows)[: size + 1])
        has_more = len(found) > size
        page = found[:size][::-1] if backwards else found[:size]
        self._next = page[-1] if page and (backwards or has_more) else None
        self._previous = page[0] if page and (has_more if backwards else cursor) else None
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "next": self._link(self._next, backwards=False),
                "previous": self._link(self._previous, backwards=True),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        del view
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
        return [
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "From next or previous.",
            },
            {"name": "page_size", "in": "query", "schema": size},
        ]

    def _link(self, row: Any, *, backwards: bool) -> str | None:
        if row is None:
            return None
        key = row.sort_key
        cursor = {
            "sort": self._sort.text,
            "key": key.isoformat() if isinstance(key, dt.date) else key,
            "pk": row.pk,
            "backwards": backwards,
        }
        return str(replace_query_param(self._url, "cursor", signing.dumps(cursor, salt=_SALT)))


def _page_size(request: Request) -> int:
    text = request.query_params.get("page_size", "")
    # No more digits than it needs: Python refuses to read thousands of them.
    size = int(text[:9]) if text.isascii() and text.isdigit() else 0
    return min(size, MAX_PAGE_SIZE) or PAGE_SIZE


def _cursor(text: str | None, sort: Sort) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        cursor: dict[str, Any] = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        raise NotFound("There is no such page.") from None
    if cursor["sort"] != sort.text:
        raise NotFound("This page is one of another order.")
    return cursor


def _beyond(cursor: dict[str, Any], *, ascending: bool) -> Q:
    """What follows the cursor's row. In this form, unlike as (greater, or equal and …), an index serves it."""
    side = "gte" if ascending else "lte"
    up_to = {"sort_key": cursor["key"], f"pk__{'lte' if ascending else 'gte'}": cursor["pk"]}
    return Q(**{f"sort_key__{side}": cursor["key"]}) & ~Q(**up_to)
