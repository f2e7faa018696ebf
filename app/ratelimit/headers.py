"""The headers of https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (version 10), where RATE_LIMIT_HEADERS asks for them."""

from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse

from app.ratelimit.limiter import Decision
from app.ratelimit.requests import decisions_of


class RateLimitHeadersMiddleware:
    """Tells a client what each limit that its request counted for leaves it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        # What could not be counted has no numbers to tell.
        known = [(scope, decision) for scope, decision in decisions_of(request) if not decision.unavailable]
        if known:
            response["RateLimit-Policy"] = _listed(known, _policy)
            response["RateLimit"] = _listed(known, _state)
        return response


def _listed(known: Iterable[tuple[str, Decision]], describe: Callable[[Decision], str]) -> str:
    return ", ".join(f'"{scope}";{describe(decision)}' for scope, decision in known)


def _policy(decision: Decision) -> str:
    return f"q={decision.limit};w={decision.window_seconds}"


def _state(decision: Decision) -> str:
    wait = "" if decision.allowed else f";t={decision.retry_after_seconds}"
    return f"r={decision.remaining}{wait}"
