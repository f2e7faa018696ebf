"""Who may do something once more."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

from django.conf import settings
from django.utils.crypto import salted_hmac

from app import aws
from app.ratelimit.denials import Denials
from app.ratelimit.dynamodb import DynamoStore
from app.ratelimit.memory import MemoryStore
from app.ratelimit.metrics import failure_metric
from app.ratelimit.scopes import Failing, Scope
from app.ratelimit.stores import Counts, Store, StoreUnavailableError, Taken
from app.ratelimit.windows import MILLISECONDS, Limit, Window, windows_at

# What a client is told that was refused for want of DynamoDB.
UNAVAILABLE_SECONDS = 5
_KEY_BYTES = 16
_PHASE_BYTES = 8

_making = Lock()

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decision:
    """What became of one hit.

    Attributes:
        allowed: whether the client may go on.
        limit: how many may pass, by the limit that leaves the least.
        remaining: how many more may pass right now.
        retry_after_seconds: when to come again; 0 if allowed.
        window_seconds: what `limit` is per.
        unavailable: whether it was refused because nobody could count, and not for being too many.
    """

    allowed: bool
    limit: int
    remaining: int
    retry_after_seconds: int
    window_seconds: int
    unavailable: bool = False


@dataclass(frozen=True)
class Counted:
    """Where a client's counters are at one moment."""

    key: str
    windows: list[Window]


class Limiter:
    """The decisions of one process.

    Args:
        stage: begins every key, so that stages can share a table.
        scopes: what is limited, by name.
        store: counts for all processes.
        now_ms: milliseconds since 1970.
        table: the store's name in the metric of its failures.
    """

    def __init__(
        self,
        stage: str,
        scopes: Mapping[str, Scope],
        store: Store,
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        table: str = "",
    ) -> None:
        self.scopes = scopes
        self.store = store
        self._stage = stage
        self._table = table
        self._now_ms = now_ms
        self._denials = Denials()
        self._fallback = MemoryStore()

    def hit(self, name: str, client: str) -> Decision:
        """Count one more of a client, if that is still within the scope's limits.

        Raises:
            KeyError: there is no such scope.
        """
        scope = self.scopes[name]
        client = scope.by.normalised(client)
        if client in scope.unlimited:
            return _allowed(scope.limits[0], scope.limits[0].count)
        now_ms = self._now_ms()
        counted = self._counted(name, client, now_ms)
        if denial := self._denials.standing(counted.key, now_ms):
            return _refused(denial.window, denial.until_ms - now_ms)
        try:
            taken = self.store.take(counted.key, counted.windows, now_ms)
        except StoreUnavailableError as error:
            return self._without_store(name, counted, str(error), now_ms)
        return self._decided(counted, taken, now_ms)

    def standing_refusal(self, name: str, client: str) -> Decision | None:
        """What this process knows without a call: the refusal of a client that is over its limit.

        Raises:
            KeyError: there is no such scope.
        """
        counted, now_ms = self.counted(name, client), self._now_ms()
        denial = self._denials.standing(counted.key, now_ms)
        return _refused(denial.window, denial.until_ms - now_ms) if denial else None

    def counted(self, name: str, client: str) -> Counted:
        """Where the counters of a client are now.

        Raises:
            KeyError: there is no such scope.
        """
        return self._counted(name, self.scopes[name].by.normalised(client), self._now_ms())

    def _counted(self, name: str, client: str, now_ms: int) -> Counted:
        # Nobody who reads the table learns who came, and nobody outside knows when a window begins.
        digest = salted_hmac("app.ratelimit", f"{name}#{client}", algorithm="sha256").digest()
        key = f"{self._stage}#{name}#{digest[:_KEY_BYTES].hex()}"
        phase = int.from_bytes(digest[_KEY_BYTES : _KEY_BYTES + _PHASE_BYTES])
        return Counted(key, windows_at(self.scopes[name].limits, now_ms, phase))

    def _decided(self, counted: Counted, taken: Taken, now_ms: int) -> Decision:
        pairs = list(zip(counted.windows, taken.counts, strict=True))
        if taken.admitted:
            window, counts = min(pairs, key=lambda pair: pair[0].remaining(*pair[1]))
            return _allowed(window.limit, window.remaining(*counts))
        wait_ms, window = _longest_wait(pairs)
        self._denials.add(counted.key, window, now_ms, now_ms + wait_ms)
        return _refused(window, wait_ms)

    def _without_store(self, name: str, counted: Counted, reason: str, now_ms: int) -> Decision:
        failing = self.scopes[name].failing
        searched = {"scope": name, "failing": failing.name.lower(), "reason": reason}
        logger.error(
            "the rate limiter's table does not answer (%s): %s is %s",
            reason,
            name,
            failing.value,
            extra={"metric": failure_metric(self._table, self._stage, now_ms, **searched)},
        )
        if failing is Failing.OPEN:
            return self._decided(counted, self._fallback.take(counted.key, counted.windows, now_ms), now_ms)
        refused = _refused(counted.windows[0], UNAVAILABLE_SECONDS * MILLISECONDS)
        return replace(refused, unavailable=True)


def hit(scope: str, client: str) -> Decision:
    """Count one more of a client, if that is still within the scope's limits.

    Args:
        scope: a row of RATE_LIMITS.
        client: an IP address, an e-mail address or a name, as the row says.

    Raises:
        KeyError: there is no such row.
    """
    return limiter().hit(scope, client)


def limiter() -> Limiter:
    """This process's limiter, as the settings have it."""
    # Two threads that made one each would count each for itself in memory.
    with _making:
        return _limiter()


def forget_limiter() -> None:
    """Drop the limiter and what it remembers, for a test."""
    with _making:
        _limiter.cache_clear()


@cache
def _limiter() -> Limiter:
    table = settings.RATE_LIMIT_TABLE
    seconds = settings.RATE_LIMIT_TIMEOUT_MS / MILLISECONDS
    limits = aws.TimeLimits(connect_seconds=seconds, read_seconds=seconds, attempts=1)
    store = DynamoStore(table, limits) if table else MemoryStore()
    return Limiter(settings.STAGE, settings.RATE_LIMITS, store, table=table)


def _longest_wait(pairs: list[tuple[Window, Counts]]) -> tuple[int, Window]:
    """What denied: the window that does so for the longest."""
    waits = [(window.wait_ms(*counts), window) for window, counts in pairs if not window.admits(*counts)]
    return max(waits, key=lambda wait: wait[0])


def _allowed(limit: Limit, remaining: int) -> Decision:
    return Decision(
        allowed=True,
        limit=limit.count,
        remaining=remaining,
        retry_after_seconds=0,
        window_seconds=limit.window_seconds,
    )


def _refused(window: Window, wait_ms: int) -> Decision:
    return Decision(
        allowed=False,
        limit=window.limit.count,
        remaining=0,
        retry_after_seconds=max(1, -(-wait_ms // MILLISECONDS)),
        window_seconds=window.limit.window_seconds,
    )
