"""What the limiter asks of a place that counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from app.ratelimit.windows import Window


class StoreUnavailableError(Exception):
    """The counters can't be had; the message is the reason in a word, as the log and a metric have it."""


class Counts(NamedTuple):
    """How many passed in the two windows of one limit."""

    previous: int
    current: int


@dataclass(frozen=True)
class Taken:
    """What became of one request to pass.

    Attributes:
        admitted: whether it was counted.
        counts: for each window that was given; after this one if it was admitted.
    """

    admitted: bool
    counts: tuple[Counts, ...]


class Store(Protocol):
    """Counters by key."""

    def take(self, key: str, windows: Sequence[Window], now_ms: int) -> Taken:
        """Count one more in all the windows if all of them admit it, else in none; as one step.

        Raises:
            StoreUnavailableError: nobody knows whether it was counted.
        """


def expires_at(windows: Sequence[Window], now_ms: int) -> int:
    """When the counters say nothing any more, in whole seconds since 1970: two windows after the last one was counted."""
    return now_ms // 1000 + 1 + 2 * max(window.limit.window_seconds for window in windows)
