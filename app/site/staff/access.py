"""Who may open a staff page: whoever has its permission (accounts/roles.py); nobody else, and no cache keeps it."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from app.site.caching import View, private_page

READ = "influencers.view_influencer"
WRITE = "influencers.change_influencer"
CONSENT_READ = "influencers.view_consentform"
CONSENT_WRITE = "influencers.change_consentform"
TOKENS = "accounts.change_machinetoken"


def staff_page(permission: str, *, to_post: str = "") -> Callable[[View], View]:
    """A page for who has the permission; others sign in first, or are told that they may not.

    Args:
        permission: to open it.
        to_post: to change something by it, if that takes another one.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
            if not request.user.has_perm((request.method == "POST" and to_post) or permission):
                raise PermissionDenied
            response = private_page(view)(request, *args, **kwargs)
            response["X-Robots-Tag"] = "noindex"
            return response

        return guarded

    return decorate


def staff_home(request: HttpRequest) -> HttpResponse:
    """Where staff begin: with the influencers if they work with them, else in the staff area."""
    return (
        redirect("site:staff-accounts", "youtube") if request.user.has_perm(READ) else redirect("admin:index")
    )
