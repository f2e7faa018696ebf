"""Who may call which API route. A route and method without a row here is denied to everyone."""

from enum import StrEnum
from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    # Not at run time: rest_framework.views itself loads this module as its default permission.
    from rest_framework.request import Request
    from rest_framework.views import APIView


class Audience(StrEnum):
    """Who a row lets in. Roles of accounts.roles join this list when a route for staff comes."""

    PUBLIC = "public"


POLICY: dict[tuple[str, str], frozenset[Audience]] = {
    ("api:campaign-list", "GET"): frozenset({Audience.PUBLIC}),
    ("api:campaign-detail", "GET"): frozenset({Audience.PUBLIC}),
    ("api:endorsement-list", "GET"): frozenset({Audience.PUBLIC}),
    ("api:endorsement-list", "POST"): frozenset({Audience.PUBLIC}),
    ("api:region-list", "GET"): frozenset({Audience.PUBLIC}),
    ("api:region-locate", "GET"): frozenset({Audience.PUBLIC}),
    ("api:region-detail", "GET"): frozenset({Audience.PUBLIC}),
    ("api:region-boundary", "GET"): frozenset({Audience.PUBLIC}),
    ("api:region-map", "GET"): frozenset({Audience.PUBLIC}),
    ("api:schema", "GET"): frozenset({Audience.PUBLIC}),
    ("api:docs", "GET"): frozenset({Audience.PUBLIC}),
}
_SAME_AS_GET = {"HEAD", "OPTIONS"}


class RoutePolicy(BasePermission):
    """DRF's default permission: default deny, by the table above."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        match = request.resolver_match
        if match is None or request.method is None:
            return False
        if not hasattr(view, request.method.lower()):
            # Nothing to protect: the view itself answers 405 and names the methods it has.
            return True
        method = "GET" if request.method in _SAME_AS_GET else request.method
        return Audience.PUBLIC in POLICY.get((match.view_name, method), frozenset())
