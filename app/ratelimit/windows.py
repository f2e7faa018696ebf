"""The arithmetic: two windows, the older one weighted by how much of it a sliding window would still see.

A client may act when `previous * (1 - elapsed share of the window) + current + 1 <= limit`. Denials are not counted, so a
client that keeps asking is served again as time passes. All times are whole milliseconds and all of it is integers: every
process comes to the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

# DynamoDB takes 300 operators and 4 KB in a condition, and a rung takes four of them.
MOST_RUNGS = 64
MILLISECONDS = 1000


@dataclass(frozen=True)
class Limit:
    """At most `count` in any `window_seconds`."""

    count: int
    window_seconds: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.window_seconds < 1:
            raise ValueError(f"{self} would let nobody through")


@dataclass(frozen=True)
class Rung:
    """So many in the current window are admitted while the previous one has at most so many."""

    most_current: int
    most_previous: int


@dataclass(frozen=True)
class Window:
    """One limit at one moment, for a client whose windows begin at its own phase.

    Attributes:
        limit: how many, in how long.
        index: the number of the window since 1970, which names its counter.
        elapsed_ms: since the window began; less than its length.
        rungs_allowed: how finely the condition may be drawn; exact if at least the limit's count.
    """

    limit: Limit
    index: int
    elapsed_ms: int
    rungs_allowed: int = MOST_RUNGS

    @property
    def length_ms(self) -> int:
        return self.limit.window_seconds * MILLISECONDS

    @cached_property
    def rungs(self) -> tuple[Rung, ...]:
        """What is admitted, as steps: the first with an empty current window, the last with an empty previous one."""
        most = self.limit.count - 1
        left_ms = self.length_ms - self.elapsed_ms
        return tuple(
            Rung(current, (most - current) * self.length_ms // left_ms) for current in self._steps(most)
        )

    def admits(self, previous: int, current: int) -> bool:
        """Whether one more may pass, after so many in the two windows."""
        return any(current <= rung.most_current and previous <= rung.most_previous for rung in self.rungs)

    def remaining(self, previous: int, current: int) -> int:
        """How many more may pass at this moment."""
        room = self.limit.count - current
        weighted = -(-previous * (self.length_ms - self.elapsed_ms) // self.length_ms)
        return max(0, room - weighted)

    def wait_ms(self, previous: int, current: int) -> int:
        """How long until one more may pass, if none passes before."""
        left_ms = self.length_ms - self.elapsed_ms
        if current <= self.limit.count - 1:
            return max(0, self._admitted_at_ms(previous, current) - self.elapsed_ms)
        return left_ms + self._admitted_at_ms(current, 0)

    def _steps(self, most: int) -> Sequence[int]:
        if most < self.rungs_allowed:
            return range(most + 1)
        # Evenly spread: what lies between two steps is treated as the upper one, so it is strict and never loose.
        return [step * most // (self.rungs_allowed - 1) for step in range(self.rungs_allowed)]

    def _admitted_at_ms(self, previous: int, current: int) -> int:
        """How far into a window with these counts one more may pass; the window's length if only after it."""
        most = self.limit.count - 1
        step = next(step for step in self._steps(most) if step >= current)
        if not previous:
            return 0
        return max(0, self.length_ms - (most - step) * self.length_ms // previous)


def windows_at(limits: Sequence[Limit], now_ms: int, phase: int) -> list[Window]:
    """Every limit at one moment.

    Args:
        limits: of one scope.
        now_ms: since 1970.
        phase: a number of the client's own, so that nobody else knows when its windows begin.
    """
    rungs = _shared_rungs(limits)
    found = []
    for limit in limits:
        length_ms = limit.window_seconds * MILLISECONDS
        index, elapsed_ms = divmod(now_ms + phase % length_ms, length_ms)
        found.append(Window(limit, index, elapsed_ms, rungs[limit]))
    return found


def _shared_rungs(limits: Sequence[Limit]) -> dict[Limit, int]:
    """How many rungs of the one condition each limit gets: the smallest limits what makes them exact."""
    shares: dict[Limit, int] = {}
    free = MOST_RUNGS
    for others, limit in zip(
        range(len(limits), 0, -1), sorted(limits, key=lambda one: one.count), strict=True
    ):
        shares[limit] = min(limit.count, free // others)
        free -= shares[limit]
    return shares
