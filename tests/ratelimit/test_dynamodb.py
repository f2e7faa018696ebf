"""One call a decision, and what it leaves in the table."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import aws
from app.ratelimit.denials import LONGEST_MS
from app.ratelimit.dynamodb import DynamoStore, counter_name, counts_in
from app.ratelimit.limiter import Limiter
from app.ratelimit.memory import MemoryStore
from app.ratelimit.scopes import By, Failing, Scope
from app.ratelimit.windows import MOST_RUNGS, Limit, windows_at
from ops.dynalite import Dynalite
from tests.ratelimit import oracle
from tests.ratelimit.clock import NOON_MS, Clock
from tests.ratelimit.conftest import PATIENT, TABLE, MakeLimiter

WINDOW_MS = 60_000


def item(key: str) -> dict[str, Any]:
    answer = aws.client("dynamodb", time_limits=PATIENT).get_item(TableName=TABLE, Key={"key": {"S": key}})
    found: dict[str, Any] = answer.get("Item", {})
    return found


def test_a_decision_is_one_call_and_a_denied_client_costs_none(
    dynamodb: Dynalite, make_limiter: MakeLimiter, clock: Clock
) -> None:
    limiter = make_limiter(Limit(5, 60))
    before = dynamodb.calls()
    assert [limiter.hit("s", "ada").allowed for _ in range(5)] == [True] * 5
    assert dynamodb.calls() - before == {"UpdateItem": 5}
    refused = limiter.hit("s", "ada")
    assert not refused.allowed
    # That one was a decision too, of a client that was not known to be over its limit.
    assert dynamodb.calls() - before == {"UpdateItem": 6}
    assert [limiter.hit("s", "ada").allowed for _ in range(50)] == [False] * 50
    assert dynamodb.calls() - before == {"UpdateItem": 6}
    clock.forward(refused.retry_after_seconds)
    assert limiter.hit("s", "ada").allowed
    assert dynamodb.calls() - before == {"UpdateItem": 7}


def test_two_limits_are_one_call_too_and_count_all_or_nothing(
    dynamodb: Dynalite, make_limiter: MakeLimiter, clock: Clock
) -> None:
    limiter = make_limiter(Limit(3, 60), Limit(5, 3600))
    before = dynamodb.calls()
    assert [limiter.hit("s", "ada").allowed for _ in range(4)] == [True, True, True, False]
    assert dynamodb.calls() - before == {"UpdateItem": 4}
    counted = limiter.counted("s", "ada")
    assert [counts.current for counts in counts_in(item(counted.key), counted.windows)] == [3, 3]
    clock.forward(120)
    decisions = [limiter.hit("s", "ada") for _ in range(3)]
    assert [decision.allowed for decision in decisions] == [True, True, False]
    assert (decisions[-1].limit, decisions[-1].window_seconds) == (5, 3600)


def test_each_remaining_one_is_told(make_limiter: MakeLimiter) -> None:
    limiter = make_limiter(Limit(3, 60))
    told = [limiter.hit("s", "ada") for _ in range(4)]
    assert [decision.remaining for decision in told] == [2, 1, 0, 0]
    assert {decision.limit for decision in told} == {3}
    assert [bool(decision.retry_after_seconds) for decision in told] == [False, False, False, True]


def test_a_denial_is_asked_about_again_after_five_minutes(
    dynamodb: Dynalite, make_limiter: MakeLimiter, clock: Clock
) -> None:
    """So that an operator's `clear` reaches every process."""
    limiter = make_limiter(Limit(1, 86_400))
    assert limiter.hit("s", "ada").allowed
    assert limiter.hit("s", "ada").retry_after_seconds > 86_000
    dynamodb_client = aws.client("dynamodb", time_limits=PATIENT)
    dynamodb_client.delete_item(TableName=TABLE, Key={"key": {"S": limiter.counted("s", "ada").key}})
    clock.now_ms += LONGEST_MS - 1
    assert not limiter.hit("s", "ada").allowed
    clock.now_ms += 1
    assert limiter.hit("s", "ada").allowed


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    count=st.integers(1, 200),
    elapsed_ms=st.one_of(st.integers(0, WINDOW_MS - 1), st.sampled_from([0, 15_000, 30_000, 59_400])),
    previous=st.integers(0, 220),
    current=st.integers(0, 220),
)
def test_the_condition_decides_as_the_rule_does(
    store: DynamoStore, count: int, elapsed_ms: int, previous: int, current: int
) -> None:
    now_ms = NOON_MS + elapsed_ms
    windows = windows_at([Limit(count, 60)], now_ms, phase=0)
    counters = {counter_name(windows[0], back=1): previous, counter_name(windows[0]): current}
    stored = {name: {"N": str(value)} for name, value in counters.items() if value}
    aws.client("dynamodb", time_limits=PATIENT).put_item(
        TableName=TABLE, Item={"key": {"S": "rule"}, **stored}
    )
    taken = store.take("rule", windows, now_ms)
    expected = oracle.admits(count, WINDOW_MS, elapsed_ms, previous, current)
    assert taken.admitted == windows[0].admits(previous, current)
    assert taken.admitted <= expected
    if count <= MOST_RUNGS:
        assert taken.admitted == expected
    assert taken.counts == ((previous, current + taken.admitted),)


def test_a_long_trace_is_decided_as_the_rule_and_the_memory_decide_it(store: DynamoStore) -> None:
    random, memory = Random(5), MemoryStore()  # noqa: S311 - the same trace every time
    ideal = oracle.Counter(7, WINDOW_MS, phase_ms=12_345)
    now_ms, decisions = NOON_MS, []
    for _ in range(400):
        # Bursts, windows on end, and absences of hours.
        now_ms += random.choice([0, 100, 5_000, 20_000, 70_000, random.choice([0, 10_000_000])])
        windows = windows_at([Limit(7, 60)], now_ms, phase=12_345)
        stored, kept = store.take("trace", windows, now_ms), memory.take("trace", windows, now_ms)
        assert stored == kept
        assert stored.admitted == ideal.take(now_ms)
        decisions.append(stored.admitted)
    assert {True, False} == set(decisions)


def test_counters_that_no_longer_matter_are_removed_by_the_same_call(
    store: DynamoStore, clock: Clock
) -> None:
    for _ in range(30):
        windows = windows_at([Limit(5, 60), Limit(50, 600)], clock(), phase=0)
        assert store.take("kept", windows, clock()).admitted
        clock.forward(60)
    found = item("kept")
    assert int(found["expires_at"]["N"]) == clock.now_ms // 1000 - 60 + 1 + 1200
    # Of each limit those of two windows, and one more because clocks differ.
    assert len(found) <= len(("key", "expires_at")) + 2 * 3


def test_the_largest_condition_is_within_dynamodbs_limits(make_limiter: MakeLimiter) -> None:
    from app.ratelimit.dynamodb import _expressions

    for limits in ([Limit(1000, 60)], [Limit(1000, 60), Limit(1000, 3600)], [Limit(64, 1)]):
        expressions = _expressions(windows_at(limits, NOON_MS, phase=1), expires=NOON_MS)
        condition: str = expressions["ConditionExpression"]
        operators = sum(condition.count(word) for word in ("<=", " AND ", " OR ", "attribute_not_exists"))
        assert operators <= 300
        assert len(condition) <= 4096
        assert len(expressions["UpdateExpression"]) <= 4096


def test_who_came_can_not_be_read_from_the_table(make_limiter: MakeLimiter) -> None:
    limiter = make_limiter(Limit(5, 60))
    limiter.hit("s", "ada@example.org")
    stored = str(item(limiter.counted("s", "ada@example.org").key))
    assert "expires_at" in stored
    assert "ada" not in stored


def test_stages_that_share_a_table_do_not_share_counters(store: DynamoStore, clock: Clock) -> None:
    scopes = {"s": Scope(By.ACCOUNT, (Limit(1, 60),), Failing.CLOSED)}
    dev, staging = (Limiter(stage, scopes, store, now_ms=clock) for stage in ("dev", "staging"))
    assert [dev.hit("s", "ada").allowed for _ in range(2)] == [True, False]
    assert staging.hit("s", "ada").allowed
    # What terraform/modules/dynamodb lets each stage write.
    assert dev.counted("s", "ada").key.startswith("dev#s#")


@pytest.mark.parametrize("clients", [("ada", "eve"), ("ada", "ada ada")])
def test_windows_of_different_clients_begin_at_different_moments(
    make_limiter: MakeLimiter, clients: tuple[str, str]
) -> None:
    limiter = make_limiter(Limit(5, 3600))
    first, second = (limiter.counted("s", client).windows[0].elapsed_ms for client in clients)
    assert first != second
