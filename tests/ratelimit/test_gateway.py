"""Through the Lambda entry point: the gateway's word counts, whatever headers a client sends."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from app.ratelimit.limiter import limiter
from app.regions.models import Region
from tests.config.lambda_events import Context, event_at

pytestmark = pytest.mark.usefixtures("stand_still")

AT = {"latitude": "39.3", "longitude": "-76.6"}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A request ends with its connection, and here a test's transaction lives on that; Django's test client does the same."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def ask(source: str, **headers: str) -> int:
    # Imported here: it sets Django up as Lambda does.
    from app.config.lambda_handler import handler

    event = event_at("/api/regions/locate/")
    event |= {"queryStringParameters": AT, "multiValueQueryStringParameters": {k: [v] for k, v in AT.items()}}
    event["multiValueHeaders"] |= {name: [value] for name, value in headers.items()}
    event["requestContext"]["identity"]["sourceIp"] = source
    answer: dict[str, Any] = handler(event, Context())
    assert answer["statusCode"] in {200, 429}, json.dumps(answer)
    status: int = answer["statusCode"]
    return status


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CloudFront-Viewer-Address"])
def test_a_forged_header_changes_nothing(
    name: str, maryland: Region, one_connection: None, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for number in range(30):
        assert ask("203.0.113.7", **{name: f"198.51.100.{number}:443"}) == 200
    assert ask("203.0.113.7", **{name: "198.51.100.99:443"}) == 429
    # Nor can a client use up somebody else's.
    assert ask("198.51.100.1") == 200
    assert limiter().hit("locate", "198.51.100.1").remaining == 28
