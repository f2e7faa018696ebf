"""What every route shares: who may call it, how it fails, how it is documented."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok

from app.accounts.models import User
from app.accounts.policy import POLICY
from app.campaigns.models import Campaign
from app.config.api import permission_denied
from app.config.wsgi import application
from app.regions.models import Region

METHODS = ("get", "post", "put", "patch", "delete")


def api_routes(resolver: URLResolver, names: str = "") -> list[tuple[str, Any]]:
    """Every named route below /api/ with its view class."""
    routes: list[tuple[str, Any]] = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            prefix = f"{names}{pattern.namespace}:" if pattern.namespace else names
            routes += api_routes(pattern, prefix)
        elif isinstance(pattern, URLPattern) and names.startswith("api:"):
            routes.append((f"{names}{pattern.name}", pattern.callback.view_class))  # type: ignore[attr-defined]
    return routes


def served() -> list[tuple[str, str]]:
    return [
        (name, method.upper())
        for name, view in api_routes(get_resolver())
        for method in METHODS
        if hasattr(view, method)
    ]


def described() -> list[tuple[str, str]]:
    """What is served but for the description itself."""
    return [route for route in served() if route[0] not in {"api:schema", "api:docs"}]


def test_every_route_and_method_has_a_row_of_its_own() -> None:
    assert sorted(POLICY) == sorted(served())


def test_a_route_without_a_row_is_denied(
    campaign: Campaign, outsider: Client, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(POLICY, ("api:campaign-list", "GET"))
    for client in (outsider, Client()):
        client.force_login(administrator)
        response = client.get("/api/campaigns/")
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "permission_denied"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_method_that_is_not_there_is_said_so(campaign: Campaign, outsider: Client, method: str) -> None:
    response = getattr(outsider, method)("/api/campaigns/clean-water/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert response.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("cursor", ["cD1hYmM=", "cD0A", "cD0yMDI2LTEzLTQ1", "%ff", "bz0tNQ=="])
@pytest.mark.parametrize(
    "url",
    [
        "/api/campaigns/",
        "/api/campaigns/?ordering=title",
        "/api/campaigns/clean-water/endorsements/",
        "/api/regions/",
    ],
)
def test_a_damaged_cursor_is_no_fault_of_ours(
    campaign: Campaign, maryland: Region, outsider: Client, url: str, cursor: str
) -> None:
    separator = "&" if "?" in url else "?"
    assert outsider.get(f"{url}{separator}cursor={cursor}").status_code in {200, 404}


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("address", ["/api/", "/api/nothing/", "/api/campaigns/clean-water/nothing/"])
def test_nothing_is_found_in_the_one_shape(
    outsider: Client,
    settings: Any,
    address: str,
    method: str,
    debug: bool,  # noqa: FBT001 - a setting
) -> None:
    settings.DEBUG = debug
    response = getattr(outsider, method)(address)
    assert response.status_code == 404
    error = {"code": "not_found", "message": "There is nothing at this address.", "fields": {}}
    assert response.json() == {"error": error}


def test_an_address_without_its_last_slash_is_sent_on(outsider: Client) -> None:
    response = outsider.get("/api/campaigns")
    assert (response.status_code, response["Location"]) == (301, "/api/campaigns/")


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"name":' * 100_000, '{"name":' + "[" * 100_000 + "]" * 100_000 + "}"]
)
def test_a_body_that_is_nothing_but_brackets_is_refused(
    campaign: Campaign, outsider: Client, body: str
) -> None:
    response = outsider.post("/api/campaigns/clean-water/endorsements/", body, "application/json")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "parse_error"


def test_half_a_character_can_be_told_about(campaign: Campaign, outsider: Client) -> None:
    # JSON spells the first half of a pair that no text can hold, and the message repeats what was chosen.
    submission = {"kind": "\ud800", "latitude": 39.3, "longitude": -76.6, "terms_accepted": True}
    response = outsider.post(
        "/api/campaigns/clean-water/endorsements/", json.dumps(submission), "application/json"
    )
    assert response.status_code == 400
    assert response.json()["error"]["fields"]["kind"] == ['"?" is not a valid choice.']


def test_the_description_has_no_version_of_a_readers_choice(outsider: Client, db: None) -> None:
    response = outsider.get("/api/schema/?version=%0D%0AX-Injected:%20yes")
    assert response.status_code == 200
    assert response["Content-Disposition"] == outsider.get("/api/schema/")["Content-Disposition"]


def test_a_request_refused_before_its_route_has_the_one_shape(outsider: Client) -> None:
    response = outsider.get("/api/campaigns/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"
    assert "elsewhere" not in response.content.decode()


def test_what_is_denied_outside_of_a_route_has_the_one_shape(rf: RequestFactory) -> None:
    response = permission_denied(rf.get("/api/campaigns/"), PermissionDenied("the reason"))
    assert response.status_code == 403
    assert json.loads(response.content)["error"]["code"] == "permission_denied"
    assert b"the reason" not in response.content


def test_a_failure_on_our_side_has_a_number_and_no_cause(
    monkeypatch: pytest.MonkeyPatch, campaign: Campaign, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("app.campaigns.api.CampaignList.get_queryset", fail)
    response = Client(raise_request_exception=False).get("/api/campaigns/")
    assert response.status_code == 500
    error = response.json()["error"]
    assert error["code"] == "server_error"
    assert "swordfish" not in response.content.decode()
    number = error["message"].split()[-1].rstrip(".")
    [line] = [line for line in log_lines() if line["level"] == "ERROR"]
    assert line["request_id"] == number
    assert line["exception"][0]["type"] == "builtins.RuntimeError"


def test_the_process_says_its_release(outsider: Client, settings: Any) -> None:
    settings.RELEASE_ID = "abc1234"
    assert outsider.get("/healthz").json() == {"status": "ok", "release": "abc1234"}


@pytest.mark.django_db
def test_it_is_ready_when_the_database_answers(outsider: Client) -> None:
    assert outsider.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_without_a_database(
    outsider: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    response = outsider.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "database": "unavailable"}
    assert "the database does not answer" in caplog.text


@pytest.mark.django_db
def test_the_documentation_page_needs_no_other_host(outsider: Client) -> None:
    page = outsider.get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "//cdn" not in page
    assert "https://" not in page


@pytest.mark.django_db
def test_every_operation_is_documented_with_its_errors(outsider: Client) -> None:
    schema = json.loads(outsider.get("/api/schema/", {"format": "json"}).content)
    documented = [
        (path, method)
        for path, operations in schema["paths"].items()
        for method in operations
        if method in METHODS
    ]
    assert len(documented) == len(described())
    assert sorted(path for path in schema["paths"] if "nothing" in path or path == "/api/") == []
    for path, method in documented:
        assert schema["paths"][path][method]["responses"]["default"], path


def test_the_schema_is_generated_without_a_warning(db: None) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", os.devnull)


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """A request's end would close the connection that the test's transaction lives on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("kept_connection")
def test_no_generated_request_finds_a_server_error(campaign: Campaign, maryland: Region) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    tried: set[str] = set()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=25, suppress_health_check=list(HealthCheck))
        def answer(case: Any) -> None:
            assert case.call().status_code < 500

        answer()
        tried.add(operation.label)
    assert "POST /api/campaigns/{slug}/endorsements/" in tried
    assert len(tried) == len(described())
