"""Mail by SES: what it is given (by moto, in this process), and what becomes of its refusals (by a server of ours)."""

import dataclasses
import email
import email.policy
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django_tasks_db.models import DBTaskResult
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from app import aws
from app.campaigns.models import Campaign
from app.endorsements.services import Submission, submit
from app.mail.ses import MailNotSentError, MailRefusedError
from app.regions.models import Region
from app.stakeholders.places import Place

REGION = "us-west-2"
BACKEND = "app.mail.ses.EmailBackend"


@pytest.fixture(autouse=True)
def _ses(aws_credentials: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = BACKEND
    settings.SES_CONFIGURATION_SET = "coalition"
    settings.DEFAULT_FROM_EMAIL = "Coalition Builder <no-reply@coalition.test>"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What an account has sent whose domain is verified."""
    # moto does not know dual-stack hosts; that ours is one is said by tests/config/test_aws.py.
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://email.{REGION}.amazonaws.com")
    with mock_aws():
        client = aws.client("sesv2")
        client.create_email_identity(EmailIdentity="coalition.test")
        yield ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages


@pytest.fixture
def asked() -> list[dict[str, Any]]:
    """The requests that SES was sent."""
    requests: list[dict[str, Any]] = []
    aws.client("sesv2").meta.events.register(
        "provide-client-params.sesv2.SendEmail", lambda params, **_: requests.append(dict(params))
    )
    return requests


def read(raw: str) -> Any:
    return email.message_from_bytes(raw.encode(), policy=email.policy.default)


def test_it_sends_the_whole_message_by_the_configuration_set(sent: list[Any], asked: list[Any]) -> None:
    message = EmailMultiAlternatives("Grüße", "Clean water — für alle.", to=["Ada <ada@example.org>"])
    message.extra_headers["Message-ID"] = "<1@coalition.test>"
    message.attach_alternative("<p>Clean water</p>", "text/html")
    assert message.send() == 1
    (kept,) = sent
    received = read(kept.raw_data)
    assert received["Subject"] == "Grüße"
    assert received["From"] == "Coalition Builder <no-reply@coalition.test>"
    assert received["Message-ID"] == "<1@coalition.test>"
    assert received.get_body(("plain",)).get_content().strip() == "Clean water — für alle."
    assert received.get_body(("html",)) is not None
    assert asked[0]["ConfigurationSetName"] == "coalition"
    assert b"\r\n\r\n" in asked[0]["Content"]["Raw"]["Data"]


def test_who_gets_a_blind_copy_stands_in_no_header(sent: list[Any], asked: list[Any]) -> None:
    EmailMessage("Hello", "-", to=["ada@example.org"], cc=["bob@example.org"], bcc=["eve@example.org"]).send()
    assert asked[0]["Destination"] == {
        "ToAddresses": ["ada@example.org"],
        "CcAddresses": ["bob@example.org"],
        "BccAddresses": ["eve@example.org"],
    }
    assert "eve@" not in sent[0].raw_data


def test_names_beyond_ascii_are_encoded(sent: list[Any], asked: list[Any]) -> None:
    EmailMessage(
        "Hello", "-", from_email="Zoë <no-reply@coalition.test>", to=["Zoë <zoe@example.org>"]
    ).send()
    assert asked[0]["FromEmailAddress"] == "=?utf-8?q?Zo=C3=AB?= <no-reply@coalition.test>"
    assert asked[0]["Destination"]["ToAddresses"] == ["=?utf-8?q?Zo=C3=AB?= <zoe@example.org>"]


def test_a_message_to_nobody_is_not_sent(sent: list[Any]) -> None:
    assert mail.get_connection().send_messages([EmailMessage("Hello", "-")]) == 0
    assert sent == []


def test_an_unverified_sender_is_refused_with_the_reason(sent: list[Any]) -> None:
    with pytest.raises(MailRefusedError, match="SES refuses the mail: MessageRejected: Did not"):
        EmailMessage("Hello", "-", from_email="somebody@elsewhere.test", to=["ada@example.org"]).send()


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, str], None]]:
    """Put a server in SES's place, which answers each request with a status and an error's name."""
    given: list[tuple[int, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, code = given[-1]
            self.send_response(status)
            self.send_header("x-amzn-ErrorType", code)
            self.end_headers()
            self.wfile.write(json.dumps({"message": "for a reason: ada@example.org"}).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    # Waiting between the client's own attempts is botocore's business; an answer is waited for, however busy this machine is.
    monkeypatch.setattr(aws, "USUAL", aws.TimeLimits(connect_seconds=60, read_seconds=60, attempts=1))
    yield lambda status, code: given.append((status, code))
    server.shutdown()
    thread.join()
    server.server_close()


def send() -> None:
    EmailMessage("Hello", "-", to=["ada@example.org"]).send()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "TooManyRequestsException"),
        (400, "LimitExceededException"),
        (400, "SendingPausedException"),
        (500, "InternalServiceErrorException"),
        (503, "ServiceUnavailable"),
    ],
)
def test_what_may_pass_is_no_refusal(answer: Callable[[int, str], None], status: int, code: str) -> None:
    answer(status, code)
    with pytest.raises(MailNotSentError, match=f"SES did not take the mail: {code}: for a reason") as caught:
        send()
    assert not isinstance(caught.value, MailRefusedError)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "MessageRejected"),
        (400, "MailFromDomainNotVerifiedException"),
        (400, "AccountSuspendedException"),
        (400, "BadRequestException"),
        (403, "AccessDeniedException"),
        (404, "NotFoundException"),
    ],
)
def test_what_stays_is_a_refusal(answer: Callable[[int, str], None], status: int, code: str) -> None:
    answer(status, code)
    with pytest.raises(MailRefusedError, match=f"SES refuses the mail: {code}: for a reason"):
        send()


def test_a_service_that_does_not_answer_may_answer_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(aws, "USUAL", dataclasses.replace(aws.USUAL, attempts=1))
    with pytest.raises(MailNotSentError, match="SES was not reached: EndpointConnectionError"):
        send()


def test_who_asks_for_silence_gets_it(answer: Callable[[int, str], None]) -> None:
    answer(400, "MessageRejected")
    assert EmailMessage("Hello", "-", to=["ada@example.org"]).send(fail_silently=True) == 0


@pytest.mark.parametrize(
    ("code", "status"), [("TooManyRequestsException", "READY"), ("MessageRejected", "FAILED")]
)
def test_a_job_is_tried_again_unless_ses_refuses(
    code: str,
    status: str,
    answer: Callable[[int, str], None],
    campaign: Campaign,
    maryland: Region,
    work_off_jobs: Callable[[], object],
) -> None:
    answer(400, code)
    submit(campaign, Submission(name="Ada", email="ada@example.org", place=Place(county_geoid="24510")))
    assert work_off_jobs() == {"failed": 1}
    job = DBTaskResult.objects.get()
    assert job.status == status
    assert "for a reason" in job.traceback
    assert "ada@" not in job.traceback
