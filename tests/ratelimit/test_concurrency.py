"""Any number of threads and processes admit exactly the limit, on a DynamoDB that locks as the real one does."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.ratelimit.memory import MemoryStore
from app.ratelimit.windows import Limit
from ops.dynalite import Dynalite
from tests.ratelimit.clock import NOON_MS, Clock
from tests.ratelimit.conftest import TABLE, MakeLimiter

ROOT = Path(__file__).parents[2]
HITS, THREADS = 320, 64

# Each a container of its own: another boto3, another memory of denials.
PROCESS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from django.conf import settings
settings.configure(SECRET_KEY="only-for-tests")
from app import aws
from app.ratelimit.dynamodb import DynamoStore
from app.ratelimit.limiter import Limiter
from app.ratelimit.scopes import By, Failing, Scope
from app.ratelimit.windows import Limit

table, count, now_ms, hits = sys.argv[1], *map(int, sys.argv[2:])
store = DynamoStore(table, aws.TimeLimits(60, 60, 1), clock=lambda: 0)
scopes = {"s": Scope(By.ACCOUNT, (Limit(count, 60),), Failing.CLOSED)}
limiter = Limiter(f"processes{count}", scopes, store, now_ms=lambda: now_ms)
print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(8) as threads:
    print(sum(threads.map(lambda _: limiter.hit("s", "ada").allowed, range(hits))))
"""


def at_once(hit: Callable[[], bool]) -> int:
    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(lambda _: hit(), range(HITS)))


@pytest.mark.parametrize("count", [5, 20, 100])
def test_sixty_four_threads_admit_exactly_the_limit(make_limiter: MakeLimiter, count: int) -> None:
    limiter = make_limiter(Limit(count, 60))
    assert at_once(lambda: limiter.hit("s", "ada").allowed) == count


def test_threads_that_share_no_memory_of_denials_admit_exactly_the_limit(make_limiter: MakeLimiter) -> None:
    def hit() -> bool:
        return make_limiter(Limit(20, 60), Limit(50, 3600)).hit("s", "ada").allowed

    assert at_once(hit) == 20


def test_processes_admit_exactly_the_limit(dynamodb: Dynalite) -> None:
    count, processes = 20, 4
    command = [sys.executable, "-c", PROCESS, TABLE, str(count), str(NOON_MS), str(HITS // processes)]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    admitted = [int(process.communicate(timeout=300)[0]) for process in started]
    assert sum(admitted) == count, admitted


def test_threads_in_one_memory_admit_exactly_the_limit(make_limiter: MakeLimiter) -> None:
    limiter = make_limiter(Limit(20, 60), counts_in=MemoryStore())
    assert at_once(lambda: limiter.hit("s", "ada").allowed) == 20


def test_clocks_two_seconds_apart_admit_little_more(make_limiter: MakeLimiter, clock: Clock) -> None:
    """Both hammer for ten windows: what the weight misses is what two seconds let in."""
    count, windows = 20, 10
    fast = make_limiter(Limit(count, 60), now_ms=lambda: clock.now_ms + 2_000)
    slow = make_limiter(Limit(count, 60))
    passed = 0
    for _ in range(windows * 60):
        clock.forward(1)
        passed += fast.hit("s", "ada").allowed + slow.hit("s", "ada").allowed
    # The first burst, then the limit in every window, and two seconds' worth.
    assert passed <= count * (windows + 1) + count * 2 / 60 * windows
    assert passed >= 0.95 * count * windows


def test_a_clock_ahead_removes_nothing_that_one_behind_still_counts(
    make_limiter: MakeLimiter, clock: Clock
) -> None:
    limit = Limit(20, 60)
    fast = make_limiter(limit, now_ms=lambda: clock.now_ms + 2_000)
    slow = make_limiter(limit)
    (window,) = slow.counted("s", "ada").windows
    clock.now_ms += window.length_ms - window.elapsed_ms - 1_000
    assert sum(slow.hit("s", "ada").allowed for _ in range(30)) == 20
    # For the fast one a window has begun; it writes there, and the slow one's stays full.
    clock.now_ms += 999
    fast.hit("s", "ada")
    fresh = make_limiter(limit)
    assert not fresh.hit("s", "ada").allowed
