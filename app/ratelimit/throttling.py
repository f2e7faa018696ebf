"""The limiter in the API: refusals as exceptions of DRF, in the project's one shape of errors, with Retry-After."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from app.ratelimit.limiter import Decision
from app.ratelimit.requests import address_of, first_refusal, refusal_status, refusal_words


class RefusedError(APIException):
    """429, or 503 where nobody could count. DRF makes Retry-After of `wait`."""

    def __init__(self, decision: Decision) -> None:
        self.status_code = refusal_status(decision).value
        self.wait = decision.retry_after_seconds
        super().__init__(refusal_words(decision), code="unavailable" if decision.unavailable else "throttled")


def require(request: Request, clients: Mapping[str, str]) -> None:
    """Count a request for every scope; see `first_refusal`.

    Raises:
        RefusedError: one of them refused it.
    """
    if refusal := first_refusal(request._request, clients):  # noqa: SLF001 - the plain one outlives DRF's
        raise RefusedError(refusal)


class AddressThrottle(BaseThrottle):
    """Counts every request to a view by its address, for the scope that the view's `rate_limit_scope` names."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Let it through.

        Raises:
            RefusedError: it is refused.
        """
        require(request, {view.rate_limit_scope: address_of(request)})
        return True
