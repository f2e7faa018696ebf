"""The headers of the IETF's draft, where they are asked for."""

import json

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from app.ratelimit.headers import RateLimitHeadersMiddleware
from app.ratelimit.limiter import limiter
from app.ratelimit.requests import first_refusal
from app.ratelimit.stores import StoreUnavailableError
from tests.stage import PRODUCTION, run


def answer(*scopes: str) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        first_refusal(request, dict.fromkeys(scopes, "192.0.2.1"))
        return HttpResponse()

    return RateLimitHeadersMiddleware(view)(RequestFactory().get("/"))


def test_every_limit_that_a_request_counted_for_is_told() -> None:
    told = answer("locate", "use-link")
    assert told["RateLimit-Policy"] == '"locate";q=30;w=60, "use-link";q=60;w=600'
    assert told["RateLimit"] == '"locate";r=29, "use-link";r=59'


def test_a_refusal_tells_when_to_come_again(stand_still: None) -> None:
    for _ in range(30):
        limiter().hit("locate", "192.0.2.1")
    seconds = limiter().hit("locate", "192.0.2.1").retry_after_seconds
    told = answer("locate", "use-link")
    assert told["RateLimit"] == f'"locate";r=0;t={seconds}'


def test_what_was_not_counted_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not answer().has_header("RateLimit")

    class Unreachable:
        def take(self, *_: object) -> None:
            raise StoreUnavailableError("ReadTimeoutError")

    monkeypatch.setattr(limiter(), "store", Unreachable())
    assert not answer("use-link").has_header("RateLimit")


@pytest.mark.parametrize("wanted", ["0", "1"])
def test_a_setting_asks_for_them(wanted: str) -> None:
    code = "import json; from app.config import settings; print(json.dumps(settings.MIDDLEWARE))"
    stage = {"DJANGO_SETTINGS_MODULE": "app.config.settings", **PRODUCTION, "RATE_LIMIT_HEADERS": wanted}
    middleware = json.loads(run("-c", code, environment=stage).stdout)
    assert ("app.ratelimit.headers.RateLimitHeadersMiddleware" in middleware) == (wanted == "1")
