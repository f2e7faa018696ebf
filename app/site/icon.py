"""The site's icon at the address where a browser looks when a page names none, as the admin's pages do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from app.site.caching import public_page


@require_safe
@public_page
def icon(request: HttpRequest) -> HttpResponse:
    del request
    return redirect(static("site/icon.svg"))
