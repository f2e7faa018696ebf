"""Generated requests of somebody who may call the routes: whatever is sent is answered, and never by a server error."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok

from app.accounts import tokens
from app.accounts.models import User
from app.config.wsgi import application
from app.influencers.models import Influencer


@pytest.fixture
def _kept_connection() -> Iterator[None]:
    """A request's end would close the connection that the test's transaction lives on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_kept_connection")
def test_no_generated_request_of_a_program_finds_a_server_error(ada: Influencer, administrator: User) -> None:
    text = tokens.issue("fuzzer", ["influencers:write", "consent-forms"], days=1, by=administrator).text
    headers = {"Authorization": f"Bearer {text}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    tried: set[str] = set()
    answered: set[int] = set()
    for result in schema.include(path_regex="^/api/(influencers|platforms)/").get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=25, suppress_health_check=list(HealthCheck))
        def answer(case: Any) -> None:
            status = case.call(headers=headers).status_code
            assert status < 500
            answered.add(status)

        answer()
        tried.add(operation.label)
    assert "POST /api/influencers/{id}/merge/" in tried
    assert len(tried) == 21
    # Nobody was turned away at the door.
    assert answered & {401, 403} == set()
    assert {200, 400, 404} <= answered


def test_what_a_program_may_is_described(outsider: Client) -> None:
    described: Callable[[str], Any] = outsider.get("/api/schema/?format=json").json().__getitem__
    schemes = described("components")["securitySchemes"]
    assert schemes["machineToken"]["scheme"] == "bearer"
    accounts = described("paths")["/api/platforms/{platform}/accounts/"]["get"]
    names = {parameter["name"]: parameter for parameter in accounts["parameters"]}
    assert names["platform"]["schema"]["enum"] == ["instagram", "youtube"]
    assert {"cursor", "page_size", "search", "tags", "followers_min", "ordering"} <= names.keys()
