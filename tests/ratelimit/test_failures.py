"""Without its table each scope does what its policy says, within 200 ms, once, and the log says so."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from app import aws
from app.config.logs import JsonLines
from app.ratelimit import administration
from app.ratelimit.dynamodb import DynamoStore
from app.ratelimit.limiter import UNAVAILABLE_SECONDS, Limiter
from app.ratelimit.scopes import By, Failing, Scope
from app.ratelimit.stores import StoreUnavailableError
from app.ratelimit.windows import Limit, windows_at
from ops.dynalite import REGION, Dynalite
from ops.processes import wait_until
from tests.ratelimit import servers
from tests.ratelimit.clock import NOON_MS
from tests.ratelimit.conftest import PATIENT
from tests.ratelimit.servers import Ill

TIMEOUT_SECONDS = 0.15
MOST_SECONDS = 0.2
# A busy machine may need a few decisions until one tells how long they take.
PATIENCE_SECONDS = 60
ATTEMPTS = 4

Start = Callable[[], AbstractContextManager[Ill]]

ILLNESSES: dict[str, tuple[Start, str]] = {
    "slow": (lambda: servers.answering(200, "-", late=True), "ReadTimeoutError"),
    "not reachable": (servers.full, "ConnectTimeoutError"),
    "away": (servers.refusing, "EndpointConnectionError"),
    "throttled": (
        lambda: servers.answering(400, "ProvisionedThroughputExceededException"),
        "ProvisionedThroughputExceededException",
    ),
    "over the account's quota": (
        lambda: servers.answering(400, "RequestLimitExceeded"),
        "RequestLimitExceeded",
    ),
    "forbidden": (lambda: servers.answering(400, "AccessDeniedException"), "AccessDeniedException"),
    "deleted": (lambda: servers.answering(400, "ResourceNotFoundException"), "ResourceNotFoundException"),
    "broken": (lambda: servers.answering(500, "InternalServerError"), "InternalServerError"),
}


@pytest.fixture(params=ILLNESSES)
def illness(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Ill, str]]:
    start, reason = ILLNESSES[request.param]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", REGION)
    with start() as ill:
        monkeypatch.setenv("AWS_ENDPOINT_URL", ill.url)
        aws.forget_clients()
        # Making the client takes its time once in a process, table or no table.
        aws.client("dynamodb", time_limits=limits(reason))
        yield ill, reason
    aws.forget_clients()


def limits(reason: str) -> aws.TimeLimits:
    """A stage's for what takes too long; what comes is waited for, however busy this machine is."""
    if reason == "ConnectTimeoutError":
        return replace(PATIENT, connect_seconds=TIMEOUT_SECONDS)
    if reason == "ReadTimeoutError":
        return replace(PATIENT, read_seconds=TIMEOUT_SECONDS)
    return PATIENT


def limiter(failing: Failing, reason: str) -> Limiter:
    scopes = {"s": Scope(By.ACCOUNT, (Limit(2, 60),), failing)}
    store = DynamoStore("rate-limits", limits(reason))
    return Limiter("dev", scopes, store, now_ms=lambda: NOON_MS, table="rate-limits")


def test_a_closed_scope_refuses_as_unavailable(illness: tuple[Ill, str]) -> None:
    ill, reason = illness
    closed = limiter(Failing.CLOSED, reason)
    for _ in range(ATTEMPTS):
        decision = closed.hit("s", "ada")
        assert (decision.allowed, decision.unavailable) == (False, True)
        assert decision.retry_after_seconds == UNAVAILABLE_SECONDS
    # Each asked once: a second try might count twice. Who gave up may be ahead of who was asked.
    is_reached = reason not in {"ConnectTimeoutError", "EndpointConnectionError"}
    wait_until(lambda: len(ill.asked) == ATTEMPTS * is_reached, "Each call", PATIENCE_SECONDS)


def test_an_open_scope_lets_through_what_the_process_alone_would(illness: tuple[Ill, str]) -> None:
    opened = limiter(Failing.OPEN, illness[1])
    found = [opened.hit("s", "ada") for _ in range(ATTEMPTS)]
    assert [decision.allowed for decision in found] == [True, True, False, False]
    assert not any(decision.unavailable for decision in found)


@pytest.mark.parametrize("failing", Failing)
def test_a_decision_takes_200_ms_at_most(illness: tuple[Ill, str], failing: Failing) -> None:
    def is_in_time() -> bool:
        fresh = limiter(failing, illness[1])
        began = time.perf_counter()
        fresh.hit("s", "ada")
        return time.perf_counter() - began < MOST_SECONDS

    wait_until(is_in_time, "A decision in time", PATIENCE_SECONDS)


@pytest.mark.parametrize("failing", Failing)
def test_the_log_says_so_as_a_metric(
    illness: tuple[Ill, str], failing: Failing, caplog: pytest.LogCaptureFixture
) -> None:
    _, reason = illness
    with caplog.at_level(logging.ERROR, logger="app.ratelimit"):
        limiter(failing, reason).hit("s", "ada@example.org")
    (record,) = caplog.records
    line = json.loads(JsonLines().format(record))
    assert line["message"] == (f"the rate limiter's table does not answer ({reason}): s is {failing.value}")
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Metrics"] == [{"Name": "RateLimitFailures", "Unit": "Count"}]
    assert [line[name] for name in described["Dimensions"][0]] == ["rate-limits", "dev"]
    assert line["RateLimitFailures"] == 1
    assert line["_aws"]["Timestamp"] == NOON_MS
    assert (line["scope"], line["failing"], line["reason"]) == ("s", failing.name.lower(), reason)
    assert "ada" not in json.dumps(line)


def test_an_operator_is_told_why_the_table_can_not_be_read(
    illness: tuple[Ill, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, reason = illness
    monkeypatch.setattr(aws, "USUAL", limits(reason))
    with pytest.raises(StoreUnavailableError, match=reason):
        administration.show("rate-limits", "k", windows_at([Limit(1, 60)], NOON_MS, 0))
    with pytest.raises(StoreUnavailableError, match=reason):
        administration.clear("rate-limits", "k")


def test_a_table_that_is_not_there_is_one_that_does_not_answer(dynamodb: Dynalite) -> None:
    with pytest.raises(StoreUnavailableError, match="ResourceNotFoundException"):
        DynamoStore("another", PATIENT).take("k", windows_at([Limit(1, 60)], NOON_MS, 0), NOON_MS)


def test_a_process_that_slept_does_not_trust_its_old_connection(
    dynamodb: Dynalite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda froze it, and DynamoDB has closed the other end since: the first call would fail, and there is no second."""
    seconds = 0.0
    store = DynamoStore("coalition-builder-rate-limits", PATIENT, clock=lambda: seconds)
    windows = windows_at([Limit(9, 60)], NOON_MS, 0)
    client = aws.client("dynamodb", time_limits=PATIENT)
    closed = []
    monkeypatch.setattr(client, "close", lambda: closed.append(seconds))
    for moment in (1.0, 20.0, 41.0, 42.0):
        seconds = moment
        assert store.take("slept", windows, NOON_MS).admitted
    assert closed == [41.0]
