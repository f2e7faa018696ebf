"""Events as the gateway and EventBridge send them (events/*.json), through the entry point that Lambda calls."""

import json
import logging
import os
import subprocess
import sys
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from apig_wsgi import make_lambda_handler
from pytest_django import Settings

from app.campaigns.models import Campaign
from app.config import gateway, lambda_handler, wsgi
from tests.config import lambda_commands
from tests.config.lambda_urls import EVERY_BYTE
from tests.jobs.tasks import end_connection

EVENTS = Path(__file__).parent / "events"
ROOT = Path(__file__).parents[2]

API_HOST = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com"
API = f"https://{API_HOST}/prod"
CUSTOM_DOMAIN = "https://www.coalition.example"
CDN = "https://cdn.coalition.example"
VISITOR = "203.0.113.7"
CLOUDFRONT = "130.176.1.84"
JSON_BODY = '{"name": "Zoë", "postcode": "21201"}'.encode()

Answer = dict[str, Any]
Send = Callable[..., Answer]


class Context(SimpleNamespace):
    """Lambda's, as far as anything here asks."""

    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def read_event(name: str, **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event | changes


def event_at(path: str, **changes: Any) -> dict[str, Any]:
    event = read_event("no_body", httpMethod="GET", path=path)
    event["requestContext"]["path"] = f"/prod{path}"
    return event | changes


@pytest.fixture
def send(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Send:
    """The entry point behind a CDN, its views those of lambda_urls.py, deployed as a stage is."""
    settings.ROOT_URLCONF = "tests.config.lambda_urls"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ALLOWED_HOSTS = [API_HOST, "www.coalition.example", "cdn.coalition.example"]
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
        ("cdn_bracketed_viewer", "2001:db8::10", f"{CDN}/echo/", b""),
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
    warnings = [record for record in caplog.records if "CloudFront-Viewer-Address" in record.message]
    assert len(warnings) == 1


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


def test_a_command_that_is_code_is_refused() -> None:
    with pytest.raises(lambda_handler.RefusedEventError, match="zappa manage"):
        lambda_handler.handler(read_event("raw_command"), Context())
    assert "OWNED" not in os.environ


REFUSED = {
    **{
        name: read_event(name)
        for name in (
            "sns",
            "sqs",
            "function_url",
            "load_balancer",
            "websocket",
            "eventbridge_other",
            "cloudwatch_logs",
        )
    },
    "nothing": {},
    "an empty command": {"manage": ""},
    "a command that is none": {"command": ["os.abort"]},
    "a command and a variable": {"manage": "check", "stageVariables": {"OWNED": "1"}},
    "two commands": {"manage": "check", "command": "tests.config.lambda_commands.keep_event"},
    "a schedule and a variable": read_event("scheduled_jobs", stageVariables={"OWNED": "1"}),
    "a schedule that is a request": read_event("scheduled_jobs", version="2.0"),
    "a schedule of somebody else's": read_event("scheduled_jobs", source="custom"),
    "a schedule without a rule": read_event("scheduled_jobs", resources=[]),
    "no records": {"Records": []},
    "a record that is none": {"Records": ["s3"]},
    "records of two kinds": {"Records": [*read_event("s3")["Records"], *read_event("sns")["Records"]]},
    "a token to check": {"type": "TOKEN", "authorizationToken": "x", "methodArn": "arn:aws:execute-api:x"},
    "a sign-up": {"triggerSource": "PreSignUp_SignUp", "request": {}, "response": {}},
    "a request without a gateway": {"httpMethod": "GET", "path": "/healthz"},
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_event_that_nobody_has_a_reason_to_send_is_refused(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_on: list[dict[str, Any]] = []
    monkeypatch.setattr(lambda_handler, "_hand_to_zappa", lambda event, _: handed_on.append(event))
    with pytest.raises(lambda_handler.RefusedEventError, match="expected a REST API's request"):
        lambda_handler.handler(REFUSED[kind], Context())
    assert not handed_on
    assert "OWNED" not in os.environ


@pytest.mark.parametrize(
    "name", ["media-bucket", "", "coalition-builder-dev-ops:", "a:b", "a:b.c;d", "a:b.c\n"]
)
def test_a_notification_that_names_no_function_is_refused(name: str) -> None:
    event = read_event("s3")
    event["Records"][0]["s3"]["configurationId"] = name
    with pytest.raises(lambda_handler.RefusedEventError):
        lambda_handler.handler(event, Context())


@pytest.mark.django_db(transaction=True)
def test_zappa_calls_the_function_that_a_notification_names(zappa_environment: None) -> None:
    lambda_commands.kept.clear()
    lambda_handler.handler(read_event("s3"), Context())
    assert lambda_commands.kept == [read_event("s3")]


def test_code_beside_a_harmless_command_is_refused_too() -> None:
    with pytest.raises(lambda_handler.RefusedEventError):
        lambda_handler.handler(read_event("raw_command") | read_event("manage"), Context())


DEPLOYED = {
    "PATH": os.environ["PATH"],
    "STAGE": "prod",
    "SECRET_KEY": "canary-of-django-" + "0" * 40,
    "DATABASE_URL": "postgres://app:canary-of-the-database@127.0.0.1:9/none",
    "EMAIL_URL": "smtp://mailer:canary-of-the-mail@127.0.0.1:9",
    "DEFAULT_FROM_EMAIL": "coalition@example.org",
    "ORIGIN_SECRET": "canary-of-the-cdn",
    "PUBLIC_URL": CUSTOM_DOMAIN,
    "ALLOWED_HOSTS": API_HOST,
    "RELEASE_ID": "r1",
    "STATIC_URL": "https://static.coalition.example/",
}


def in_new_interpreter(code: str) -> subprocess.CompletedProcess[str]:
    """What a cold start does: a deployed stage's settings, and nothing imported before."""
    code = f"import json, sys\nfrom app.config.lambda_handler import handler\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code], env=DEPLOYED, cwd=ROOT, capture_output=True, text=True, check=True
    )


def test_a_request_and_the_keep_warm_rule_are_answered_without_zappa_and_boto3() -> None:
    events = [read_event(name) for name in ("keep_warm", "keep_warm_long_name")] + [event_at("/healthz")]
    result = in_new_interpreter(
        f"answers = [handler(event, None) for event in {events!r}]\n"
        "loaded = [name for name in ('zappa', 'werkzeug', 'boto3', 'botocore') if name in sys.modules]\n"
        "print(json.dumps([answers[0], answers[1], answers[2]['statusCode'], json.loads(answers[2]['body']), loaded]))"
    )
    warm = {"status": "warm"}
    assert json.loads(result.stdout) == [warm, warm, 200, {"status": "ok", "release": "r1"}, []]


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


def test_zappa_runs_a_management_command() -> None:
    result = in_new_interpreter(
        "from types import SimpleNamespace\n"
        f"print(handler({read_event('manage')!r}, SimpleNamespace(aws_request_id='a')))"
    )
    assert "System check identified no issues" in result.stdout
    assert result.stdout.splitlines()[-1] == "{}"


def test_a_command_that_is_to_reply_says_nothing_to_the_log() -> None:
    result = in_new_interpreter(
        "from types import SimpleNamespace\n"
        f"answer = handler({read_event('manage', reply=True)!r}, SimpleNamespace(aws_request_id='a'))\n"
        "print(json.dumps(answer))"
    )
    # Zappa's own word comes first.
    *before, line = result.stdout.splitlines()
    assert before == ["Instancing.."]
    assert json.loads(line) == {"output": "System check identified no issues (0 silenced).\n"}
    assert "identified" not in result.stderr


def test_a_command_that_refuses_says_why() -> None:
    event = {"manage": "db_bootstrap --master-secret m --host h", "reply": True}
    result = in_new_interpreter(
        "from types import SimpleNamespace\n"
        f"print(json.dumps(handler({event!r}, SimpleNamespace(aws_request_id='a'))))"
    )
    assert json.loads(result.stdout.splitlines()[-1])["refused"].startswith("DATABASE_SECRET is not set")


@pytest.fixture
def zappa_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zappa writes to the environment; it is put back when the test ends."""
    for name, value in {"STAGE": "local", "PROJECT": "", "SERVERTYPE": "", "FRAMEWORK": ""}.items():
        monkeypatch.setenv(name, value)


def test_a_command_that_fails_is_one_json_line_and_an_error_that_says_nothing() -> None:
    result = in_new_interpreter(
        "import traceback\n"
        "from types import SimpleNamespace\n"
        "event = {'manage': 'jobs rerun ada@example.org'}\n"
        "try: handler(event, SimpleNamespace(aws_request_id='id-1'))\n"
        "except Exception as error: print(json.dumps([str(error), traceback.format_exc()]))"
    )
    message, printed = json.loads(result.stdout.splitlines()[-1])
    assert message == "see request_id id-1 in the log"
    assert "CommandError" not in printed
    (line,) = result.stderr.splitlines()
    logged = json.loads(line)
    assert (logged["level"], logged["request_id"]) == ("ERROR", "id-1")
    assert logged["message"] == "failed: jobs rerun [removed]"
    assert logged["exception"][0]["type"] == "django.core.management.base.CommandError"
    assert "ada@" not in result.stderr + result.stdout


def test_a_row_that_a_database_error_repeats_leaves_by_no_way(
    campaign: Campaign,
    zappa_environment: None,
    log_lines: Callable[[], list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The connection is the one that the test's transaction lives on.
    monkeypatch.setattr(lambda_handler, "close_old_connections", lambda: None)
    with pytest.raises(lambda_handler.FailedInvocationError) as raised:
        lambda_handler.handler({"command": "tests.config.lambda_commands.endorse_without_consent"}, Context())
    assert "Ada" not in "".join(traceback.format_exception(raised.value))
    [line] = log_lines()
    assert line["exception"][0]["type"] == "django.db.utils.IntegrityError"
    assert "Ada" not in json.dumps(line)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_while_the_function_slept_is_noticed(zappa_environment: None) -> None:
    end_connection()
    assert lambda_handler.handler({"manage": "jobs list"}, Context()) == {}


@pytest.mark.django_db(transaction=True)
def test_zappa_runs_the_scheduled_queue(zappa_environment: None) -> None:
    assert lambda_handler.handler(read_event("scheduled_jobs"), Context()) == {}
    assert os.environ["STAGE"] == "local"
