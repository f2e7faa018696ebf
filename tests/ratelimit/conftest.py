"""One dynalite for all tests here, and clocks that stand still until they are moved."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import pytest

from app import aws
from app.ratelimit.dynamodb import DynamoStore
from app.ratelimit.limiter import Limiter
from app.ratelimit.scopes import By, Failing, Scope
from app.ratelimit.stores import Store
from app.ratelimit.windows import Limit
from ops import dynalite
from ops.dynalite import Dynalite
from tests.ratelimit.clock import Clock

TABLE = "coalition-builder-rate-limits"
# Long enough for a busy machine; what a slow table does is a test of its own.
PATIENT = aws.TimeLimits(connect_seconds=60, read_seconds=60, attempts=1)

MakeLimiter = Callable[..., Limiter]


@pytest.fixture(scope="session")
def running() -> Iterator[Dynalite]:
    with dynalite.provide() as server:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in server.client_environment().items():
                patch.setenv(name, value)
            aws.forget_clients()
            dynalite.make_table(aws.client("dynamodb", time_limits=PATIENT), TABLE)
            aws.forget_clients()
        yield server


@pytest.fixture
def dynamodb(running: Dynalite, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dynalite]:
    """The server with its table, as the only AWS that there is."""
    for name, value in running.client_environment().items():
        monkeypatch.setenv(name, value)
    aws.forget_clients()
    yield running
    aws.forget_clients()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(dynamodb: Dynalite) -> DynamoStore:
    # However long a busy machine takes for its first client, its connections are no old ones.
    return DynamoStore(TABLE, PATIENT, clock=lambda: 0)


_stages = count()


@pytest.fixture
def make_limiter(store: DynamoStore, clock: Clock) -> MakeLimiter:
    """A limiter of one scope `s`, in a stage that nobody used before."""
    stage = f"stage{next(_stages)}"

    def make(
        *limits: Limit, counts_in: Store = store, failing: Failing = Failing.CLOSED, **options: Any
    ) -> Limiter:
        scopes = {"s": Scope(By.ACCOUNT, limits, failing)}
        return Limiter(stage, scopes, counts_in, **{"now_ms": clock, **options})

    return make


def admitted(limiter: Limiter, hits: Sequence[str]) -> int:
    return sum(limiter.hit("s", client).allowed for client in hits)
