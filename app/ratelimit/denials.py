"""Who was denied and for how long, so that a client over its limit costs no call."""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from app.ratelimit.windows import Window

MOST_CLIENTS = 10_000
# After that the table is asked again, so that `manage.py ratelimit clear` reaches every process.
LONGEST_MS = 300_000


class Denial(NamedTuple):
    """Until when, and by which limit."""

    window: Window
    until_ms: int


class Denials:
    """What one process remembers.

    Args:
        most_clients: beyond it the oldest denial is forgotten, which costs one call.
    """

    def __init__(self, most_clients: int = MOST_CLIENTS) -> None:
        self._most_clients = most_clients
        self._found: OrderedDict[str, tuple[Denial, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._found)

    def add(self, key: str, window: Window, now_ms: int, until_ms: int) -> None:
        with self._lock:
            self._found[key] = Denial(window, until_ms), min(until_ms, now_ms + LONGEST_MS)
            self._found.move_to_end(key)
            if len(self._found) > self._most_clients:
                self._found.popitem(last=False)

    def standing(self, key: str, now_ms: int) -> Denial | None:
        """The denial that still holds."""
        with self._lock:
            denial, ask_at_ms = self._found.get(key, (None, 0))
            if denial and now_ms < ask_at_ms:
                return denial
            self._found.pop(key, None)
            return None
