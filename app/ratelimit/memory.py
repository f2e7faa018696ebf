"""Counters in this process's memory: for a machine without DynamoDB, and while DynamoDB does not answer."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from app.ratelimit.stores import Counts, Taken
from app.ratelimit.windows import Window

MOST_CLIENTS = 10_000

# By the limit's window length, so that a burst and a sustained limit don't share a counter, and the window's number.
_Counters = dict[tuple[int, int], int]


class MemoryStore:
    """The same decisions as DynamoDB's, for the threads of one process.

    Args:
        most_clients: beyond it the client that was heard of least recently is forgotten.
    """

    def __init__(self, most_clients: int = MOST_CLIENTS) -> None:
        self._most_clients = most_clients
        self._clients: OrderedDict[str, _Counters] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._clients)

    def take(self, key: str, windows: Sequence[Window], now_ms: int) -> Taken:
        del now_ms
        with self._lock:
            counters = self._clients.get(key, {})
            before = _counts(counters, windows)
            if not all(window.admits(*counts) for window, counts in zip(windows, before, strict=True)):
                return Taken(admitted=False, counts=before)
            # Made anew from the two windows that matter, so it never grows.
            after: _Counters = {}
            for window, (previous, current) in zip(windows, before, strict=True):
                length = window.limit.window_seconds
                after |= {(length, window.index - 1): previous, (length, window.index): current + 1}
            self._clients[key] = after
            self._clients.move_to_end(key)
            if len(self._clients) > self._most_clients:
                self._clients.popitem(last=False)
            return Taken(admitted=True, counts=_counts(after, windows))


def _counts(counters: _Counters, windows: Sequence[Window]) -> tuple[Counts, ...]:
    return tuple(
        Counts(
            counters.get((window.limit.window_seconds, window.index - 1), 0),
            counters.get((window.limit.window_seconds, window.index), 0),
        )
        for window in windows
    )
