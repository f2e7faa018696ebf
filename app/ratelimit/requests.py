"""Requests that count: for pages a decorator and the words of a refusal, for every kind the decisions it was given."""

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse

from app.ratelimit.limiter import Decision, limiter

View = Callable[..., HttpResponse]
_MINUTE_SECONDS, _HOUR_SECONDS = 60, 3600


class HasMeta(Protocol):
    """A request of Django or of DRF."""

    @property
    def META(self) -> Mapping[str, Any]: ...  # noqa: N802 - Django's name


def address_of(request: HasMeta) -> str:
    """Where a request came from: on Lambda the gateway's word (app/config/gateway.py), never a header of the client's."""
    # A server that does not know it leaves it out; then all clients are one.
    address: str = request.META.get("REMOTE_ADDR", "")
    return address


def first_refusal(request: HttpRequest, clients: Mapping[str, str]) -> Decision | None:
    """Count a request for every scope, up to the first that refuses it.

    Each scope costs one call, so those that are known here to refuse are looked at before any call, and the one that
    refuses most comes first: the address's. What came before a refusal stays counted, because the attempt was made.

    Args:
        request: keeps the decisions for the headers of its answer.
        clients: whom to count, by row of RATE_LIMITS.
    """
    for decide in (limiter().standing_refusal, limiter().hit):
        for scope, client in clients.items():
            if decision := decide(scope, client):
                decisions_of(request).append((scope, decision))
                if not decision.allowed:
                    return decision
    return None


def decisions_of(request: HttpRequest) -> list[tuple[str, Decision]]:
    """What the request was counted for, with the scope."""
    # The plain request of Django: DRF wraps it.
    found: list[tuple[str, Decision]] = request.__dict__.setdefault("rate_limit_decisions", [])
    return found


def limited(scope: str, refused: Callable[[HttpRequest, Decision], HttpResponse]) -> Callable[[View], View]:
    """Count every POST to a page by the address that it came from, before the page does anything.

    Args:
        scope: a row of RATE_LIMITS.
        refused: makes the page of a refusal.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                refusal = first_refusal(request, {scope: address_of(request)})
                if refusal:
                    return as_refusal(refused(request, refusal), refusal)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def as_refusal(response: HttpResponse, decision: Decision) -> HttpResponse:
    """The page with the status and the header of a refusal."""
    response.status_code = refusal_status(decision)
    response["Retry-After"] = str(decision.retry_after_seconds)
    return response


def refusal_status(decision: Decision) -> HTTPStatus:
    return HTTPStatus.SERVICE_UNAVAILABLE if decision.unavailable else HTTPStatus.TOO_MANY_REQUESTS


def refusal_words(decision: Decision, too_many: str = "That was too often.") -> str:
    """What to tell a person: why, and when to try again."""
    reason = "This does not work right now, and it is not your fault." if decision.unavailable else too_many
    return f"{reason} Try again in {_in_words(decision.retry_after_seconds)}."


def _in_words(seconds: int) -> str:
    for unit_seconds, unit in ((_HOUR_SECONDS, "hour"), (_MINUTE_SECONDS, "minute")):
        # 90 minutes say more than 2 hours.
        if seconds > 2 * unit_seconds:
            return f"{-(-seconds // unit_seconds)} {unit}s"
    return "a second" if seconds == 1 else f"{seconds} seconds"
