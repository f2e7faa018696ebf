"""Who may keep a page, and for how long."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control

View = Callable[..., HttpResponse]

# The same for everybody and without a cookie, so that a CDN takes the load of a page that is passed around.
public_page = cache_control(public=True, max_age=60)

# What somebody typed, or a form with a token of theirs.
private_page = cache_control(private=True, no_store=True)


def token_page(view: View) -> View:
    """A page whose address is a secret: kept by no cache and told to no other site."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = private_page(view)(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    return guarded
