"""Events as the gateway and EventBridge send them (events/*.json), through the entry point that Lambda calls."""

import json
import logging
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from apig_wsgi import make_lambda_handler
from pytest_django import Settings

from app.config import gateway, lambda_handler, wsgi
from tests.config.lambda_events import (
    API_HOST,
    CUSTOM_DOMAIN,
    DEPLOYED,
    EVENTS,
    Context,
    event_at,
    in_new_interpreter,
    read_event,
)
from tests.config.lambda_urls import EVERY_BYTE

API = f"https://{API_HOST}/prod"
CDN = "https://cdn.coalition.example"
VISITOR = "203.0.113.7"
CLOUDFRONT = "130.176.1.84"
JSON_BODY = '{"name": "Zoë", "postcode": "21201"}'.encode()

Answer = dict[str, Any]
Send = Callable[..., Answer]


@pytest.fixture
def send(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Send:
    """The entry point behind a CDN, its views those of lambda_urls.py, deployed as a stage is."""
    settings.ROOT_URLCONF = "tests.config.lambda_urls"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = [API_HOST, "www.coalition.example", "cdn.coalition.example", ".cloudfront.net"]
    settings.DEBUG = False
    application = gateway.GatewayApplication(
        wsgi.application, origin_secrets=["the-secret-of-the-cdn", "the-secret-before"], public_url=CDN
    )
    monkeypatch.setattr(
        lambda_handler,
        "_answer",
        make_lambda_handler(
            application, binary_support=True, non_binary_content_type_prefixes=lambda_handler.TEXT_TYPES
        ),
    )
    return lambda event: lambda_handler.handler(event, Context())


def content(answer: Answer) -> bytes:
    body: str = answer["body"]
    return b64decode(body) if answer["isBase64Encoded"] else body.encode()


def echoed(answer: Answer) -> dict[str, Any]:
    assert answer["statusCode"] == 200, answer
    body: dict[str, Any] = json.loads(content(answer))
    return body


@pytest.mark.parametrize(
    ("name", "address", "url", "body"),
    [
        ("regional", VISITOR, f"{API}/echo/?page=2", JSON_BODY),
        ("text_body", VISITOR, f"{API}/echo/", JSON_BODY),
        ("edge_optimised", VISITOR, f"{API}/echo/", b""),
        ("custom_domain", VISITOR, f"{CUSTOM_DOMAIN}/echo/", b""),
        ("custom_domain_path_named_as_stage", VISITOR, f"{CUSTOM_DOMAIN}/prod/echo/", b""),
        ("ipv6_source", "2001:db8:85a3::8a2e:370:7334", f"{API}/echo/", b""),
        (
            "multi_value",
            VISITOR,
            f"{API}/echo/?kind=county&kind=state&q=a%26b+c%3Dd%2F%C3%A9",
            b"",
        ),
        ("binary_body", VISITOR, f"{API}/echo/", EVERY_BYTE),
        ("no_body", VISITOR, f"{API}/echo/", b""),
        ("stage_root", VISITOR, f"{API}/", b""),
        ("encoded_path", VISITOR, f"{API}/echo/caf%C3%A9/", b""),
        ("decoded_path", VISITOR, f"{API}/echo/%E6%97%A5%E6%9C%AC/", b""),
        ("console_test", VISITOR, f"{API}/echo/", b""),
        ("forged_forwarded_for", VISITOR, f"{API}/echo/", b""),
        ("forged_host", VISITOR, f"{API}/echo/", b""),
        ("forged_cloudfront", VISITOR, f"{API}/echo/", b""),
        ("cdn", "198.51.100.10", f"{CDN}/echo/", b""),
        ("cdn_ipv6_viewer", "2001:db8::10", f"{CDN}/echo/", b""),
        ("cdn_own_address", "2001:db8::10", "https://d111111abcdef8.cloudfront.net/echo/", b""),
    ],
)
def test_a_recorded_event_gives_the_right_address_url_and_body(
    send: Send, name: str, address: str, url: str, body: bytes
) -> None:
    found = echoed(send(read_event(name)))
    assert (found["address"], found["url"], b64decode(found["body"])) == (address, url, body)
    assert found["is_secure"]
    assert found["told_by_client"] == ["HTTP_X_FORWARDED_PROTO"]


def test_every_recorded_request_is_in_the_table_above() -> None:
    marks = test_a_recorded_event_gives_the_right_address_url_and_body.pytestmark  # type: ignore[attr-defined]
    tested = {row[0] for row in marks[0].args[1]} | {"cdn_without_viewer"}
    requests = {path.stem for path in EVENTS.glob("*.json") if "httpMethod" in json.loads(path.read_text())}
    assert requests - {"load_balancer"} == tested


def test_repeated_query_values_and_cookies_all_arrive(send: Send) -> None:
    found = echoed(send(read_event("multi_value")))
    assert found["query"] == {"kind": ["county", "state"], "q": ["a&b c=d/é"]}
    assert found["cookies"] == {"sessionid": "abc", "theme": "dark", "language": "en"}


def test_a_cookie_that_no_latin_alphabet_has_is_no_error(send: Send) -> None:
    event = read_event("no_body", httpMethod="GET")
    event["multiValueHeaders"]["Cookie"] = ["name=日本"]
    assert echoed(send(event))["cookies"] == {"name": "日本"}


def test_the_secret_before_a_rotation_is_still_believed(send: Send) -> None:
    event = read_event("cdn")
    event["multiValueHeaders"]["X-Origin-Secret"] = ["the-secret-before"]
    assert echoed(send(event))["address"] == "198.51.100.10"


def test_a_cdn_without_its_viewers_address_is_reported_once(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    gateway._warn_of_missing_viewer_address.cache_clear()
    addresses = {echoed(send(read_event("cdn_without_viewer")))["address"] for _ in range(2)}
    assert addresses == {CLOUDFRONT}
    warnings = [record for record in caplog.records if "X-Viewer-Address" in record.message]
    assert len(warnings) == 1


def test_the_prefix_of_the_public_address_is_not_put_before_the_cdns_paths(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.config.lambda_urls"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = [".cloudfront.net"]
    # As long as PUBLIC_URL is still the API's own, while the CDN is being tried.
    application = gateway.GatewayApplication(
        wsgi.application, origin_secrets=["the-secret-of-the-cdn"], public_url=API
    )
    answer = make_lambda_handler(application, binary_support=True)(read_event("cdn_own_address"), None)
    assert echoed(answer)["url"] == "https://d111111abcdef8.cloudfront.net/echo/"


def test_without_a_cdn_no_secret_is_right(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.config.lambda_urls"
    settings.ALLOWED_HOSTS = [API_HOST]
    application = gateway.GatewayApplication(wsgi.application, origin_secrets=[], public_url=CDN)
    event = read_event("forged_cloudfront")
    for secret in ("", "None", "the-secret-of-the-cdn"):
        event["multiValueHeaders"]["X-Origin-Secret"] = [secret]
        answer = make_lambda_handler(application, binary_support=True)(event, None)
        assert echoed(answer)["address"] == VISITOR


@pytest.mark.parametrize(
    ("name", "location"),
    [("regional", "/prod/echo/?page=2"), ("custom_domain", "/echo/"), ("cdn", "/echo/")],
)
def test_a_redirect_keeps_the_stage_where_the_address_has_it(send: Send, name: str, location: str) -> None:
    event = read_event(name, path="/echo", httpMethod="GET")
    event["requestContext"]["path"] = event["requestContext"]["path"].removesuffix("/")
    answer = send(event)
    assert answer["statusCode"] == 301
    assert answer["multiValueHeaders"]["Location"] == [location]


def test_each_cookie_is_set_once(send: Send) -> None:
    answer = send(event_at("/two-cookies/"))
    assert "headers" not in answer
    assert [cookie.split(";")[0].strip() for cookie in answer["multiValueHeaders"]["Set-Cookie"]] == [
        "first=1",
        "second=2",
    ]


def test_every_byte_comes_back(send: Send) -> None:
    answer = send(event_at("/every-byte/"))
    assert answer["isBase64Encoded"]
    assert content(answer) == EVERY_BYTE


def test_text_in_another_charset_comes_back_byte_for_byte(send: Send) -> None:
    assert content(send(event_at("/latin-text/"))) == "Zoë".encode("latin-1")


def test_json_travels_as_text(send: Send) -> None:
    assert not send(event_at("/echo/"))["isBase64Encoded"]


@pytest.mark.parametrize("is_base64", [True, False])
def test_a_body_over_the_limit_is_a_clear_413(send: Send, *, is_base64: bool) -> None:
    body = b"a" * (gateway.MAX_REQUEST_BYTES + 1)
    event = read_event(
        "regional", body=(b64encode(body) if is_base64 else body).decode(), isBase64Encoded=is_base64
    )
    answer = send(event)
    assert answer["statusCode"] == 413
    assert json.loads(answer["body"])["error"] == {
        "code": "request_too_large",
        "message": "The body is larger than the 4 MiB that a request may have.",
        "fields": {},
    }


def test_the_limit_counts_bytes_and_not_characters(send: Send) -> None:
    event = read_event("regional", body="é" * (gateway.MAX_REQUEST_BYTES // 2 + 1), isBase64Encoded=False)
    assert send(event)["statusCode"] == 413


def test_a_body_below_the_limit_fits_into_what_lambda_takes() -> None:
    body = b64encode(b"a" * gateway.MAX_REQUEST_BYTES).decode()
    assert len(json.dumps(read_event("regional", body=body))) < 6_291_456


@pytest.mark.parametrize("path", ["/large-binary/", "/large-once-escaped/"])
def test_a_response_over_lambdas_limit_is_an_error_with_the_id_that_the_log_has(
    send: Send, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = send(event_at(path))
    assert answer["statusCode"] == 500
    error = json.loads(answer["body"])["error"]
    assert error["code"] == "response_too_large"
    assert read_event("no_body")["requestContext"]["requestId"] in error["message"]
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == [
        f"the response to GET {path} is larger than Lambda returns"
    ]


def test_a_response_just_below_lambdas_limit_is_returned(send: Send) -> None:
    assert len(content(send(event_at("/nearly-too-large/")))) == 6_200_000


@pytest.mark.parametrize("path", ["/api/broken/", "/api/not-what-it-says/"])
def test_an_unhandled_error_is_a_500_with_an_id_and_one_log_record(
    send: Send, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = send(event_at(path))
    assert answer["statusCode"] == 500
    error = json.loads(answer["body"])["error"]
    assert error["code"] == "server_error"
    assert read_event("no_body")["requestContext"]["requestId"] in error["message"]
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert errors[0].exc_info


def test_an_error_outside_django_is_one_json_line_with_the_id_and_without_secrets() -> None:
    event = event_at("/healthz")
    del event["requestContext"]["identity"]
    event["path"] = f"/confirm/{DEPLOYED['ORIGIN_SECRET']}/"
    result = in_new_interpreter(f"print(json.dumps(handler({event!r}, None)))")
    answer = json.loads(result.stdout)
    (line,) = result.stderr.splitlines()
    logged = json.loads(line)
    assert answer["statusCode"] == 500
    assert logged["request_id"] in json.loads(answer["body"])["error"]["message"]
    assert logged["exception"][0]["type"] == "builtins.KeyError"
    assert "canary" not in line
