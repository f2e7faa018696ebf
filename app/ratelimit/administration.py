"""A client's counters as an operator sees and clears them; apart from dynamodb.py because another role may do it."""

from collections.abc import Sequence

from app import aws
from app.ratelimit.dynamodb import counts_in, refusals_as_unavailable
from app.ratelimit.stores import Counts
from app.ratelimit.windows import Window


def show(table: str, key: str, windows: Sequence[Window]) -> tuple[Counts, ...]:
    """The counts of the windows.

    Raises:
        app.ratelimit.stores.StoreUnavailableError: they can't be had.
    """
    with refusals_as_unavailable():
        answer = aws.client("dynamodb").get_item(
            TableName=table, Key={"key": {"S": key}}, ConsistentRead=True
        )
    return counts_in(answer.get("Item", {}), windows)


def clear(table: str, key: str) -> None:
    """Forget a client.

    Raises:
        app.ratelimit.stores.StoreUnavailableError: it is not known to be forgotten.
    """
    with refusals_as_unavailable():
        aws.client("dynamodb").delete_item(TableName=table, Key={"key": {"S": key}})
