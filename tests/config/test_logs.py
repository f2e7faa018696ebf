"""A log line says what happened, to no one in particular."""

import json
import logging
import time
import timeit
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError
from django.test import Client

from app.campaigns.models import Campaign
from app.config import request_id
from app.config.logs import redact
from app.endorsements.models import Endorsement
from tests.stage import PRODUCTION, run

Lines = Callable[[], list[dict[str, Any]]]

logger = logging.getLogger("tests.logs")
TOKEN = "dGhpcyBpcyBub3QgYSB0b2tlbiBidXQgMzIgYnl0ZXM0Mg"


def test_a_record_is_one_line_of_json(log_lines: Lines) -> None:
    logger.warning("two\nlines of %s", "text")
    [line] = log_lines()
    assert line.pop("time").startswith("20")
    assert line == {"level": "WARNING", "logger": "tests.logs", "message": "two\nlines of text"}


def test_a_line_has_the_id_of_its_request(log_lines: Lines) -> None:
    token = request_id.current.set("abc-123")
    logger.warning("inside")
    request_id.current.reset(token)
    logger.warning("outside")
    assert [line.get("request_id") for line in log_lines()] == ["abc-123", None]


def test_the_gateways_id_is_the_requests_and_a_header_is_not(log_lines: Lines) -> None:
    event = {"requestContext": {"requestId": "gateway-1"}}
    Client().get("/api/nothing/", **{"apig_wsgi.full_event": event})  # type: ignore[arg-type]
    Client().get("/api/nothing/", headers={"X-Request-Id": "chosen"})
    first, second = log_lines()
    assert first["request_id"] == "gateway-1"
    assert second["request_id"] not in ("chosen", "gateway-1")
    assert first["status_code"] == "404"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mail to ada@example.org failed", "mail to [removed] failed"),
        ("Ada <Ada.Lovelace+x@mail.example.co.uk>", "Ada <[removed]>"),
        (f"Not Found: /prod/confirm/{TOKEN}/", "Not Found: /prod/confirm/[removed]/"),
        ("Gone: /withdraw/short/", "Gone: /withdraw/[removed]/"),
        ("Gone: /prod/set-password/MQ/cq1x2y-0a1b/", "Gone: /prod/set-password/MQ/[removed]/"),
        (f"token {TOKEN} is used", "token [removed] is used"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "Bearer [removed]"),
        ("www.a.example?t=x.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "www.a.example?t=x.[removed]"),
        ("...eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "...[removed]"),
        ("GET /a%22eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln%22", "GET /a%22[removed]%22"),
        ("to=a@b@example.org,ada.@example.org", "to=a@[removed],[removed]"),
        (f"{'a' * 70}@example.org", "[removed]"),
        ("postgres://app:swordfish@db:5432/x", "postgres://app:[removed]@db:5432/x"),
        (f"key {django_settings.SECRET_KEY} leaked", "key [removed] leaked"),
        # What has to stay readable.
        ("release 3105dcf9b967f897fa3d5cca781fd64f78284dbb", None),
        ("job 8ab3eac1-cf19-4a4e-930e-543362b96f2e (app.mail.tasks.send_mail)", None),
        ("endorsement_confirmed_has_stakeholder_and_something_more", None),
        ("/api/campaigns/clean-water/endorsements/", None),
    ],
)
def test_what_is_personal_or_secret_is_removed(log_lines: Lines, said: str, kept: str | None) -> None:
    logger.warning(said)
    logger.warning("%s", said)
    assert {line["message"] for line in log_lines()} == {kept or said}


@pytest.mark.parametrize(
    "piece", ["a", "1a-", "a.", "eyJ", "eyJ.", ".", "a@", "@", "://", "://a:", "/confirm/", '"', " ", "é"]
)
def test_the_work_grows_no_faster_than_the_text(piece: str) -> None:
    texts = ["x." + (piece * length)[:length] for length in (1000, 4000)]

    def seconds(text: str) -> float:
        # Of the processor, so that a busy machine does not count.
        return min(timeit.repeat(lambda: redact(text), timer=time.thread_time, number=5, repeat=5))

    # Who shares the core, or its clock, makes all of a moment slow: the least of many moments counts.
    least = [seconds(text) for text in texts]
    for moment in range(100):
        if moment >= 3 and least[1] < 8 * least[0]:
            return
        least = [min(before, seconds(text)) for before, text in zip(least, texts, strict=True)]
    pytest.fail(f"1000 and 4000 characters took {least} s")


def test_a_long_text_is_cut_and_says_so(log_lines: Lines) -> None:
    path = "/api/" + "a" * 9000
    logger.warning("Not Found: %s", path, extra={"path": path})
    logger.warning("short")
    long, short = log_lines()
    assert long["message"].startswith("Not Found: /api/aaa")
    assert long["message"].endswith("aaa [cut, it had 9016 characters]")
    assert len(long["message"]) < 4200
    assert len(long["path"]) < 4200
    assert short["message"] == "short"


@pytest.mark.parametrize("gap", [" ", "/", "\n", "="])
@pytest.mark.parametrize(
    "private",
    ["ada@example.org", TOKEN, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", django_settings.SECRET_KEY],
)
def test_nothing_private_is_left_at_the_cut(gap: str, private: str) -> None:
    for before in range(4030, 4100):
        text = redact(gap * before + private + gap * 100)
        assert private[:3] not in text


def test_the_password_of_the_moment_is_removed(log_lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(django_settings.DATABASES["default"], "PASSWORD", "after the rotation")
    logger.error("connecting with %r", {"password": "after the rotation"})
    assert log_lines()[0]["message"] == "connecting with {'password': '[removed]'}"


def test_an_exception_says_where_and_why_in_the_same_line(log_lines: Lines) -> None:
    def inner() -> None:
        raise ValueError("no mail for ada@example.org")

    try:
        try:
            inner()
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logger.exception("failed")
    [line] = log_lines()
    outer, cause = line["exception"]
    assert (outer["type"], outer["message"]) == ("builtins.RuntimeError", "outer")
    assert (cause["type"], cause["message"]) == ("builtins.ValueError", "no mail for [removed]")
    assert cause["stack"][-1].startswith("tests/config/test_logs.py:")
    assert cause["stack"][-1].endswith(" inner")


def test_a_databases_error_does_not_repeat_the_row(log_lines: Lines, campaign: Campaign) -> None:
    try:
        Endorsement.objects.create(campaign=campaign, name="Ada Lovelace", email="ada@example.org")
    except IntegrityError:
        logger.exception("failed")
    [line] = log_lines()
    assert "violates check constraint" in line["exception"][0]["message"]
    assert "Lovelace" not in json.dumps(line)


def test_a_deployed_stage_logs_each_record_once_as_json() -> None:
    code = (
        "import django, logging; django.setup(); from django.test import Client;"
        "Client().get('/api/nothing/', secure=True, headers={'Host': 'coalition.example.org'});"
        "logging.getLogger('x').info('hello')"
    )
    result = run("-c", code, environment=PRODUCTION | {"DJANGO_SETTINGS_MODULE": "app.config.settings"})
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [line["message"] for line in lines] == ["Not Found: /api/nothing/", "hello"]


def test_a_developer_reads_plain_lines() -> None:
    code = "import django, logging; django.setup(); logging.getLogger('x').info('hello')"
    result = run("-c", code, environment={"DJANGO_SETTINGS_MODULE": "app.config.settings"})
    assert "INFO x hello" in result.stderr
