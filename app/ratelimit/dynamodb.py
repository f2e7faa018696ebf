"""Counters in DynamoDB: each decision is one conditional UpdateItem, on one item a client and scope.

The condition can't calculate, so `previous * weight + current + 1 <= limit` is written as steps that were calculated before:
`(current <= c1 AND previous <= p1) OR (current <= c2 AND previous <= p2) OR …`. A condition that fails gives the item
back, from which the wait follows without a second call. An item's counters are named by window, those of windows that no
longer matter are removed by the same call, and the table's TTL deletes the item when the client stays away.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from app import aws
from app.ratelimit.stores import Counts, StoreUnavailableError, Taken, expires_at
from app.ratelimit.windows import Window

EXPIRES_AT = "expires_at"
# How many windows back counters are removed, shared by the limits. A client that comes back later than that leaves two
# behind each time, until TTL deletes the item.
_REMOVED_WINDOWS = 60
# Of two processes one clock may be a window ahead of the other, whose counters must still be there.
_FIRST_REMOVED = 3
_IDLE_SECONDS = 20


class DynamoStore:
    """Counters in a table whose only key is the text `key`.

    Args:
        table: its name.
        time_limits: of one call. There is no second try: nobody knows whether the first one was counted.
        clock: seconds, for the age of a connection.
    """

    def __init__(
        self, table: str, time_limits: aws.TimeLimits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._table = table
        self._time_limits = time_limits
        self._clock = clock
        self._used_at = clock()
        self._lock = Lock()

    def take(self, key: str, windows: Sequence[Window], now_ms: int) -> Taken:
        from botocore.exceptions import ClientError

        with refusals_as_unavailable():
            try:
                answer = self._client().update_item(
                    TableName=self._table,
                    Key={"key": {"S": key}},
                    **_expressions(windows, expires_at(windows, now_ms)),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                return Taken(admitted=False, counts=counts_in(error.response["Item"], windows))
        return Taken(admitted=True, counts=counts_in(answer["Attributes"], windows))

    def _client(self) -> Any:
        client = aws.client("dynamodb", time_limits=self._time_limits)
        now = self._clock()
        with self._lock:
            idle_seconds, self._used_at = now - self._used_at, now
        if idle_seconds > _IDLE_SECONDS:
            # A frozen Lambda wakes up with connections that DynamoDB closed, and there is no second try. The next call
            # connects anew.
            client.close()
        return client


@contextlib.contextmanager
def refusals_as_unavailable() -> Iterator[None]:
    """Around calls to DynamoDB.

    Raises:
        StoreUnavailableError: it refused, or there was no answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise StoreUnavailableError(error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise StoreUnavailableError(type(error).__name__) from None


def counter_name(window: Window, back: int = 0) -> str:
    """The attribute that counts a window, or one before it."""
    return f"s{window.limit.window_seconds}_{window.index - back}"


def _expressions(windows: Sequence[Window], expires: int) -> dict[str, Any]:
    names: dict[str, str] = {}
    values: dict[str, Mapping[str, str]] = {":one": {"N": "1"}, ":expires": {"N": str(expires)}}
    removed: list[str] = []
    for number, window in enumerate(windows):
        names |= {f"#c{number}": counter_name(window), f"#p{number}": counter_name(window, back=1)}
        for back in range(_FIRST_REMOVED, _FIRST_REMOVED + _REMOVED_WINDOWS // len(windows)):
            removed.append(f"#o{number}_{back}")
            names[removed[-1]] = counter_name(window, back)
        for step, rung in enumerate(window.rungs):
            values[f":c{number}_{step}"] = {"N": str(rung.most_current)}
            values[f":p{number}_{step}"] = {"N": str(rung.most_previous)}
    counted = ", ".join(f"#c{number} :one" for number in range(len(windows)))
    conditions = [_condition(number, len(window.rungs)) for number, window in enumerate(windows)]
    return {
        "UpdateExpression": f"SET {EXPIRES_AT} = :expires ADD {counted} REMOVE {', '.join(removed)}",
        "ConditionExpression": conditions[0]
        if len(conditions) == 1
        else " AND ".join(f"({one})" for one in conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _condition(number: int, rungs: int) -> str:
    """The rungs of one window. A counter that is not there is 0, and to compare it is false."""
    current, previous, last = f"#c{number}", f"#p{number}", rungs - 1
    steps = [f"{current} <= :c{number}_{step} AND {previous} <= :p{number}_{step}" for step in range(rungs)]
    within_last = f"(attribute_not_exists({current}) OR {current} <= :c{number}_{last})"
    return " OR ".join(
        [
            f"attribute_not_exists({previous}) AND {within_last}",
            f"attribute_not_exists({current}) AND {previous} <= :p{number}_0",
            *steps,
        ]
    )


def counts_in(item: Mapping[str, Mapping[str, str]], windows: Sequence[Window]) -> tuple[Counts, ...]:
    """The counts of the windows, by the item that DynamoDB has of a client; 0 where it has none."""
    return tuple(
        Counts(_number(item, counter_name(window, back=1)), _number(item, counter_name(window)))
        for window in windows
    )


def _number(item: Mapping[str, Mapping[str, str]], name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])
