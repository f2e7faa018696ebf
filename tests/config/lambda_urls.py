"""Views that say what reached them through the gateway, or answer what is hard to bring back through it."""

from base64 import b64encode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

EVERY_BYTE = bytes(range(256))


@csrf_exempt
def echo(request: HttpRequest, **_: str) -> JsonResponse:
    return JsonResponse(
        {
            "address": request.META["REMOTE_ADDR"],
            "url": request.build_absolute_uri(),
            "is_secure": request.is_secure(),
            "body": b64encode(request.body).decode(),
            "query": dict(request.GET.lists()),
            "cookies": request.COOKIES,
            # What no code may take for the truth.
            "told_by_client": sorted(
                name
                for name in request.META
                if name.startswith(
                    (
                        "HTTP_X_FORWARDED",
                        "HTTP_FORWARDED",
                        "HTTP_X_REAL",
                        "HTTP_X_VIEWER",
                        "HTTP_X_ORIGIN",
                        "HTTP_CLOUDFRONT_VIEWER_ADDRESS",
                    )
                )
                or "SECRET" in name
            ),
        }
    )


def two_cookies(request: HttpRequest) -> HttpResponse:
    del request
    response = HttpResponse("set")
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return response


def every_byte(request: HttpRequest) -> HttpResponse:
    del request
    return HttpResponse(EVERY_BYTE, content_type="application/octet-stream")


def latin_text(request: HttpRequest) -> HttpResponse:
    del request
    return HttpResponse("Zoë".encode("latin-1"), content_type="text/plain; charset=iso-8859-1")


def large_binary(request: HttpRequest) -> HttpResponse:
    """5 MB, which base64 makes 6.7."""
    del request
    return HttpResponse(b"\xff" * 5_000_000, content_type="application/octet-stream")


def large_once_escaped(request: HttpRequest) -> HttpResponse:
    """1.1 MB, which JSON makes 6.6."""
    del request
    return HttpResponse("\x01" * 1_100_000, content_type="text/plain; charset=utf-8")


def nearly_too_large(request: HttpRequest) -> HttpResponse:
    del request
    return HttpResponse("a" * 6_200_000, content_type="text/plain; charset=utf-8")


def broken(request: HttpRequest) -> HttpResponse:
    del request
    raise RuntimeError("the view is broken")


def not_what_it_says(request: HttpRequest) -> HttpResponse:
    del request
    return HttpResponse(b"\xff", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("", echo),
    path("echo/", echo),
    path("echo/<str:word>/", echo),
    path("prod/echo/", echo),
    path("two-cookies/", two_cookies),
    path("every-byte/", every_byte),
    path("latin-text/", latin_text),
    path("large-binary/", large_binary),
    path("large-once-escaped/", large_once_escaped),
    path("nearly-too-large/", nearly_too_large),
    path("api/broken/", broken),
    path("api/not-what-it-says/", not_what_it_says),
]

handler500 = "app.config.api.server_error"
