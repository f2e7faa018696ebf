"""Who may call which API route. A route and method without a row here is denied to everyone."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    # Not at run time: rest_framework.views itself loads this module as its default permission.
    from rest_framework.request import Request
    from rest_framework.views import APIView


PUBLIC = "everybody"

_PUBLIC = frozenset({PUBLIC})
# Permissions: roles.py says which role and which token has them.
_READ = frozenset({"influencers.view_influencer"})
_WRITE = frozenset({"influencers.change_influencer"})
_READ_FORMS = frozenset({"influencers.view_consentform"})
_WRITE_FORMS = frozenset({"influencers.change_consentform"})

POLICY: dict[tuple[str, str], frozenset[str]] = {
    ("api:campaign-list", "GET"): _PUBLIC,
    ("api:campaign-detail", "GET"): _PUBLIC,
    ("api:endorsement-list", "GET"): _PUBLIC,
    ("api:endorsement-list", "POST"): _PUBLIC,
    ("api:region-list", "GET"): _PUBLIC,
    ("api:region-locate", "GET"): _PUBLIC,
    ("api:region-detail", "GET"): _PUBLIC,
    ("api:region-boundary", "GET"): _PUBLIC,
    ("api:region-map", "GET"): _PUBLIC,
    ("api:schema", "GET"): _PUBLIC,
    ("api:docs", "GET"): _PUBLIC,
    ("api:influencer-list", "GET"): _READ,
    ("api:influencer-list", "POST"): _WRITE,
    ("api:influencer-detail", "GET"): _READ,
    ("api:influencer-detail", "PUT"): _WRITE,
    ("api:influencer-detail", "PATCH"): _WRITE,
    ("api:influencer-detail", "DELETE"): _WRITE,
    ("api:influencer-merge", "GET"): _READ,
    ("api:influencer-merge", "POST"): _WRITE,
    ("api:consent-form-list", "GET"): _READ_FORMS,
    ("api:consent-form-list", "POST"): _WRITE_FORMS,
    ("api:consent-form-detail", "GET"): _READ_FORMS,
    ("api:consent-form-detail", "DELETE"): _WRITE_FORMS,
    ("api:consent-form-download", "POST"): _READ_FORMS,
    ("api:account-list", "GET"): _READ,
    ("api:account-list", "POST"): _WRITE,
    ("api:account-detail", "GET"): _READ,
    ("api:account-detail", "PUT"): _WRITE,
    ("api:account-detail", "PATCH"): _WRITE,
    ("api:account-detail", "DELETE"): _WRITE,
    ("api:account-metrics", "GET"): _READ,
    ("api:account-metrics", "POST"): _WRITE,
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
        allowed = POLICY.get((match.view_name, method), frozenset())
        return PUBLIC in allowed or any(request.user.has_perm(permission) for permission in allowed)
