"""Links that work outside a request."""

from django.conf import settings
from django.urls import get_script_prefix, reverse


def absolute_link(view_name: str, *arguments: str) -> str:
    """The public address of a view.

    PUBLIC_URL already ends in the gateway's stage where there is one, so the request's own prefix is taken off.
    """
    path = reverse(view_name, args=arguments).removeprefix(get_script_prefix())
    return f"{settings.PUBLIC_URL}/{path.lstrip('/')}"
