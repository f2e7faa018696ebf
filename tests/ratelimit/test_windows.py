"""The arithmetic against the rule in fractions."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ratelimit.memory import MemoryStore
from app.ratelimit.windows import MOST_RUNGS, Limit, Window, windows_at
from tests.ratelimit import oracle
from tests.ratelimit.clock import NOON_MS

WINDOW_MS = 60_000


def window(count: int, elapsed_ms: int) -> Window:
    return windows_at([Limit(count, 60)], NOON_MS + elapsed_ms, phase=0)[0]


@pytest.mark.parametrize("count", [1, 2, 5, 20, MOST_RUNGS])
@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.99])
def test_up_to_64_every_decision_is_the_rules(count: int, share: float) -> None:
    now = window(count, int(share * WINDOW_MS))
    for previous in range(count + 2):
        for current in range(count + 2):
            expected = oracle.admits(count, WINDOW_MS, now.elapsed_ms, previous, current)
            assert now.admits(previous, current) == expected, (previous, current)


@given(
    count=st.integers(1, 1000),
    elapsed_ms=st.integers(0, WINDOW_MS - 1),
    previous=st.integers(0, 1200),
    current=st.integers(0, 1200),
)
def test_no_decision_is_looser_than_the_rule(
    count: int, elapsed_ms: int, previous: int, current: int
) -> None:
    now = window(count, elapsed_ms)
    if now.admits(previous, current):
        assert oracle.admits(count, WINDOW_MS, elapsed_ms, previous, current)
    elif count <= MOST_RUNGS:
        assert not oracle.admits(count, WINDOW_MS, elapsed_ms, previous, current)


@given(
    count=st.integers(1, 300),
    elapsed_ms=st.integers(0, WINDOW_MS - 1),
    previous=st.integers(0, 400),
    current=st.integers(0, 400),
)
def test_who_waits_as_long_as_told_is_admitted_and_not_a_millisecond_before(
    count: int, elapsed_ms: int, previous: int, current: int
) -> None:
    now = window(count, elapsed_ms)
    wait_ms = now.wait_ms(previous, current)
    assert (wait_ms == 0) == now.admits(previous, current)

    def admits_after(ms: int) -> bool:
        later = window(count, elapsed_ms + ms)
        passed = {now.index - 1: previous, now.index: current}
        return later.admits(passed.get(later.index - 1, 0), passed.get(later.index, 0))

    assert admits_after(wait_ms)
    if wait_ms:
        assert not admits_after(wait_ms - 1)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=4))
def test_the_limits_of_a_scope_share_one_condition_and_the_small_ones_stay_exact(counts: list[int]) -> None:
    limits = [Limit(count, seconds) for seconds, count in enumerate(counts, start=60)]
    found = windows_at(limits, NOON_MS, phase=12_345)
    assert sum(len(one.rungs) for one in found) <= MOST_RUNGS
    for one in found:
        assert len(one.rungs) == one.limit.count or one.limit.count > MOST_RUNGS // len(counts)


@pytest.mark.parametrize("limit", [(0, 60), (5, 0), (-1, 60)])
def test_a_limit_that_lets_nobody_through_is_a_mistake(limit: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="nobody"):
        Limit(*limit)


def overload(count: int, times_over: int, windows: int, phase_ms: int) -> list[int]:
    """When who sends `times_over` the limit for so many windows is admitted, in milliseconds."""
    numbers = range(count * times_over * windows)
    return admitted_of(
        [NOON_MS + number * WINDOW_MS // (count * times_over) for number in numbers], count, phase_ms
    )


def admitted_of(hits_ms: Sequence[int], count: int, phase_ms: int) -> list[int]:
    store = MemoryStore()

    def takes(now_ms: int) -> bool:
        return store.take("k", windows_at([Limit(count, 60)], now_ms, phase_ms), now_ms).admitted

    return [now_ms for now_ms in hits_ms if takes(now_ms)]


def peak(times_ms: Sequence[int]) -> int:
    """The most in any stretch as long as a window."""
    most, begin = 0, 0
    for end, time_ms in enumerate(times_ms):
        while times_ms[begin] <= time_ms - WINDOW_MS:
            begin += 1
        most = max(most, end - begin + 1)
    return most


@pytest.mark.parametrize("count", [5, 20, 100, 400])
def test_twenty_windows_of_threefold_overload_get_what_the_rule_gives(count: int) -> None:
    ideal = oracle.Counter(count, WINDOW_MS)
    hits = [NOON_MS + number * WINDOW_MS // (count * 3) for number in range(count * 60)]
    expected = sum(ideal.take(now_ms) for now_ms in hits)
    assert 0.95 * expected <= len(overload(count, 3, 20, phase_ms=0)) <= expected
    # A persistent client is never locked out, and whole numbers cost it at most one a window.
    assert expected >= 0.95 * 20 * (count - 1)


@pytest.mark.parametrize("count", [20, 100])
def test_no_window_of_a_steady_overload_holds_more_than_135_percent(count: int) -> None:
    for phase_ms in range(0, WINDOW_MS, 7_000):
        admitted = overload(count, 3, 20, phase_ms)
        # The first burst falls anywhere into a window; from the second one on the weight does its work.
        settled = [time_ms for time_ms in admitted if time_ms >= NOON_MS + 2 * WINDOW_MS]
        assert peak(settled) <= 1.35 * count


def test_nobody_gets_twice_the_limit_in_any_window_however_they_aim() -> None:
    """All at once at the very end of a window, then whatever passes: the most that this rule can give."""
    count = 20
    for late_ms in (1, 1_000, 20_000):
        hits = [NOON_MS + WINDOW_MS - late_ms] * (2 * count)
        hits += range(NOON_MS + WINDOW_MS, NOON_MS + 3 * WINDOW_MS, 100)
        admitted = admitted_of(hits, count, phase_ms=0)
        assert count < peak(admitted) < 2 * count


def test_at_once_nobody_ever_gets_more_than_the_limit() -> None:
    random = Random(20261121)  # noqa: S311 - the same trace every time
    store, now_ms = MemoryStore(), NOON_MS
    for _ in range(200):
        now_ms += random.randrange(2 * WINDOW_MS)
        passed = sum(
            store.take("k", windows_at([Limit(7, 60)], now_ms, 31_000), now_ms).admitted for _ in range(20)
        )
        assert passed <= 7
