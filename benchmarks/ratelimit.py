"""Our rate limiter against the usual ones, on one trace and one local DynamoDB.

    make bench BENCH=ratelimit

The trace: 160 requests of one client at once a tenth of a second before a minute ends, and 160 a tenth of a second after,
by 64 threads; 20 a minute may pass. The peers are DRF's own throttle with its history kept in the table, a counter for each
minute, and a log that is queried and then written. All of them are told the time by the trace.

`over_admitted` is what passed of the 320 beyond 20. `write_units` counts each write as one, since no item gets larger than 1 KB
(which is checked); what the peers read comes on top.
"""

import json
import os
import sys
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import django
from django.conf import settings

from app import aws
from benchmarks.report import AtMost, Row, report
from ops import dynalite
from ops.dynalite import Dynalite

LIMIT, WINDOW_SECONDS = 20, 60
THREADS, RUNS = 64, 5
# Seconds since 1970, and how many come then; the first is 0.1 s before a full minute.
TRACE = ((1_795_262_459.9, 160), (1_795_262_460.1, 160))
DECISIONS = sum(hits for _, hits in TRACE)
TABLE, LOG_TABLE = "bench-rate-limits", "bench-rate-limit-log"
MOST_ITEM_BYTES = 1024
PATIENT = aws.TimeLimits(connect_seconds=30, read_seconds=30, attempts=1)
LIMITS = {
    "calls_per_decision": AtMost(ours=1),
    "over_admitted": AtMost(ours=0),
    "write_units": AtMost(ours=1),
}

# Whether one more of a client passes at a time.
Decide = Callable[[str, float], bool]


def client() -> Any:
    return aws.client("dynamodb", time_limits=PATIENT)


@contextmanager
def provided() -> Iterator[Dynalite]:
    """The tables, as the only AWS that there is, and Django as far as the limiters ask for it."""
    if not settings.configured:
        settings.configure(SECRET_KEY=uuid.uuid4().hex, REST_FRAMEWORK={"UNAUTHENTICATED_USER": None})
        django.setup()
    with dynalite.provide() as running:
        before = dict(os.environ)
        os.environ.update(running.client_environment())
        aws.forget_clients()
        try:
            dynalite.make_table(client(), TABLE)
            _make_log_table()
            yield running
        finally:
            os.environ.clear()
            os.environ.update(before)
            aws.forget_clients()


def _make_log_table() -> None:
    client().create_table(
        TableName=LOG_TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "key", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    )


def ours() -> Decide:
    """The application's, as one container has it."""
    from app.ratelimit.dynamodb import DynamoStore
    from app.ratelimit.limiter import Limiter
    from app.ratelimit.scopes import By, Failing, Scope
    from app.ratelimit.windows import Limit

    now_ms = 0
    scopes = {"bench": Scope(By.ACCOUNT, (Limit(LIMIT, WINDOW_SECONDS),), Failing.CLOSED)}
    limiter = Limiter("dev", scopes, DynamoStore(TABLE, PATIENT), now_ms=lambda: now_ms)

    def decide(key: str, now: float) -> bool:
        nonlocal now_ms
        now_ms = round(now * 1000)
        return limiter.hit("bench", key).allowed

    return decide


class _TableAsCache:
    """As much of Django's cache as DRF's throttle asks for, kept in the table."""

    def get(self, key: str, default: Any) -> Any:
        item = client().get_item(TableName=TABLE, Key={"key": {"S": key}}, ConsistentRead=True).get("Item")
        return json.loads(item["value"]["S"]) if item else default

    def set(self, key: str, value: Any, duration_seconds: int) -> None:
        del duration_seconds
        item = {"key": {"S": key}, "value": {"S": json.dumps(value)}}
        client().put_item(TableName=TABLE, Item=item)


def drf() -> Decide:
    """SimpleRateThrottle itself: it reads the history, and writes it with one more in it."""
    from rest_framework.throttling import SimpleRateThrottle

    def decide(key: str, now: float) -> bool:
        class Throttle(SimpleRateThrottle):
            rate = f"{LIMIT}/min"
            cache = _TableAsCache()  # type: ignore[assignment]  # as much of one as it asks for
            timer = staticmethod(lambda: now)

            def get_cache_key(self, request: Any, view: Any) -> str:
                del request, view
                return f"drf#{key}"

        return Throttle().allow_request(None, None)  # type: ignore[arg-type]  # it looks at neither

    return decide


def fixed_window() -> Decide:
    """A counter for each minute, which is added to whatever becomes of the request."""

    def decide(key: str, now: float) -> bool:
        answer = client().update_item(
            TableName=TABLE,
            Key={"key": {"S": f"fixed#{key}#{int(now // WINDOW_SECONDS)}"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["n"]["N"]) <= LIMIT

    return decide


def sliding_log() -> Decide:
    """An item for each request that passed: they are counted, then one more is put."""

    def decide(key: str, now: float) -> bool:
        since = Decimal(str(now)) - WINDOW_SECONDS
        found = client().query(
            TableName=LOG_TABLE,
            KeyConditionExpression="#key = :key AND #at > :since",
            ExpressionAttributeNames={"#key": "key", "#at": "at"},
            ExpressionAttributeValues={":key": {"S": key}, ":since": {"S": f"{since:.3f}"}},
            Select="COUNT",
            ConsistentRead=True,
        )
        if found["Count"] >= LIMIT:
            return False
        client().put_item(
            TableName=LOG_TABLE, Item={"key": {"S": key}, "at": {"S": f"{now:.3f}#{uuid.uuid4().hex}"}}
        )
        return True

    return decide


LIMITERS: dict[str, Callable[[], Decide]] = {
    "ours": ours,
    "DRF's throttle": drf,
    "a fixed window": fixed_window,
    "a Query-then-Put log": sliding_log,
}


def measure(running: Dynalite, make: Callable[[], Decide], key: str) -> dict[str, float]:
    """One run of the trace by a client that nobody has heard of."""
    decide, admitted, before = make(), 0, running.calls()
    with ThreadPoolExecutor(THREADS) as threads:
        for now, hits in TRACE:
            admitted += sum(threads.map(lambda _: decide(key, now), range(hits)))  # noqa: B023 - used up at once
    calls = running.calls() - before
    return {
        "calls_per_decision": calls.total() / DECISIONS,
        "over_admitted": admitted - LIMIT,
        "write_units": (calls["UpdateItem"] + calls["PutItem"]) / DECISIONS,
    }


def largest_item_bytes() -> int:
    """Of both tables, as JSON, which is more than DynamoDB counts."""
    items = [item for table in (TABLE, LOG_TABLE) for item in client().scan(TableName=table)["Items"]]
    return max(len(json.dumps(item)) for item in items)


def main() -> int:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with provided() as running:
        for run in range(RUNS):
            for name, make in LIMITERS.items():
                for what, value in measure(running, make, f"client{run}").items():
                    found[what, name].append(value)
        if (largest := largest_item_bytes()) > MOST_ITEM_BYTES:
            print(f"An item has {largest} bytes, so a write of it is more than one unit.", file=sys.stderr)
            return 1
    units = {"calls_per_decision": "calls", "over_admitted": "requests", "write_units": "units a decision"}
    suffixes = {"DRF's throttle": "", "a fixed window": "_fixed", "a Query-then-Put log": "_log"}
    rows = [
        Row.of(f"{what}{suffix}", found[what, "ours"], found[what, peer], peer, unit)
        for what, unit in units.items()
        for peer, suffix in suffixes.items()
    ]
    return report("ratelimit", rows, LIMITS)


if __name__ == "__main__":
    sys.exit(main())
