"""Calls of a function that has no room, against an endpoint that answers as Lambda does."""

import base64
import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.exceptions import ClientError

from ops import functions
from ops.functions import CallError, LostCallError
from ops.processes import wait_until


@dataclass
class Lambda:
    """An endpoint of Lambda.

    Attributes:
        errors: what each call is refused with, in turn; afterwards they succeed.
        asked: the events.
        answers: cleared, calls get none.
    """

    errors: list[tuple[int, str]] = field(default_factory=list)
    asked: list[object] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def lambda_endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambda]:
    state = Lambda()
    state.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if state.errors:
                status, code = state.errors.pop(0)
                self._answer(status, {"x-amzn-ErrorType": code}, {"message": "Rate Exceeded."})
            else:
                self._answer(200, {}, {"Environment": {"Variables": {"STAGE": "prod"}}})

        def do_POST(self) -> None:
            state.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            state.answers.wait()
            if state.errors:
                status, code = state.errors.pop(0)
                self._answer(status, {"x-amzn-ErrorType": code}, {"message": "Rate Exceeded."})
            else:
                log = base64.b64encode(b"START 1\nmigrated\n").decode()
                self._answer(200, {"X-Amz-Log-Result": log}, {"done": True})

        def _answer(self, status: int, headers: dict[str, str], body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            # Whoever asked may wait no longer.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        monkeypatch.setattr(functions, "_PAUSE_SECONDS", 0.01)
        yield state
        state.answers.set()
        server.shutdown()
        thread.join()


BUSY = (429, "TooManyRequestsException")


def test_a_busy_function_is_asked_again_and_the_operator_told(
    lambda_endpoint: Lambda, capsys: pytest.CaptureFixture[str]
) -> None:
    lambda_endpoint.errors = [BUSY, BUSY]
    assert functions.manage("prod-ops", "migrate --noinput") == "migrated"
    assert lambda_endpoint.asked == [{"manage": "migrate --noinput"}] * 3
    told = re.findall(r"prod-ops is busy: asked again for (\d+) s", capsys.readouterr().err)
    assert len(told) == 2
    assert 60 >= int(told[0]) >= int(told[1]) > 0


def test_a_function_that_stays_busy_is_given_up(
    lambda_endpoint: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(functions, "_PATIENCE_SECONDS", 0.5)
    lambda_endpoint.errors = [BUSY] * 1000
    with pytest.raises(CallError, match=r"prod-ops was busy for .* Nothing was run"):
        functions.call("prod-ops", {})
    assert 0 < len(lambda_endpoint.asked) < 1000


@pytest.mark.parametrize(
    "error",
    [
        (500, "ServiceException"),
        (502, "ENILimitReachedException"),
        (409, "ResourceConflictException"),
        # AWS can't say whether it ran.
        (503, "ServiceUnavailable"),
    ],
)
def test_whatever_else_it_answers_is_final_because_a_call_sent_twice_migrates_twice(
    lambda_endpoint: Lambda, error: tuple[int, str]
) -> None:
    lambda_endpoint.errors = [error]
    with pytest.raises(ClientError, match=error[1]):
        functions.call("prod-ops", {})
    assert len(lambda_endpoint.asked) == 1


def test_a_function_is_looked_at_again_when_aws_has_no_answer_yet(lambda_endpoint: Lambda) -> None:
    lambda_endpoint.errors = [BUSY, (500, "ServiceException")]
    assert functions.environment("prod") == {"STAGE": "prod"}
    lambda_endpoint.errors = [BUSY]
    assert functions.exists("prod")


def test_of_a_migration_that_does_not_answer_nothing_is_claimed(
    lambda_endpoint: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    lambda_endpoint.answers.clear()
    monkeypatch.setattr(functions, "_LONGEST_CALL_SECONDS", 0.1)
    with pytest.raises(LostCallError, match=r"nobody knows .* `make manage STAGE=prod ARGS=showmigrations`"):
        functions.migrate("prod-ops", "prod")
    # Who gave up may be ahead of the thread that was asked.
    wait_until(lambda: lambda_endpoint.asked != [], "The endpoint", 60)
    assert len(lambda_endpoint.asked) == 1


def test_a_long_call_keeps_its_connection_alive(lambda_endpoint: Lambda) -> None:
    assert functions.client().meta.config.tcp_keepalive
