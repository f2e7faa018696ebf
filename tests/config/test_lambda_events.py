"""Commands, schedules and notifications, and all that is refused, through the entry point that Lambda calls."""

import json
import os
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from app.campaigns.models import Campaign
from app.config import lambda_handler
from tests.config import lambda_commands
from tests.config.lambda_events import (
    Context,
    event_at,
    in_new_interpreter,
    read_event,
)
from tests.jobs.tasks import end_connection


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


def test_a_request_and_the_keep_warm_rule_are_answered_without_zappa_and_boto3() -> None:
    events = [read_event(name) for name in ("keep_warm", "keep_warm_long_name")] + [event_at("/healthz")]
    result = in_new_interpreter(
        f"answers = [handler(event, None) for event in {events!r}]\n"
        "loaded = [name for name in ('zappa', 'werkzeug', 'boto3', 'botocore') if name in sys.modules]\n"
        "print(json.dumps([answers[0], answers[1], answers[2]['statusCode'], json.loads(answers[2]['body']), loaded]))"
    )
    warm = {"status": "warm"}
    assert json.loads(result.stdout) == [warm, warm, 200, {"status": "ok", "release": "r1"}, []]


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
