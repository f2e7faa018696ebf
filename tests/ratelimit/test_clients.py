"""Who counts as one client, and how many are remembered."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from app.ratelimit.denials import LONGEST_MS, Denials
from app.ratelimit.limiter import Limiter
from app.ratelimit.memory import MemoryStore
from app.ratelimit.requests import address_of
from app.ratelimit.scopes import By, Failing, Scope
from app.ratelimit.windows import Limit, windows_at
from tests.ratelimit.clock import NOON_MS, Clock
from tests.ratelimit.conftest import MakeLimiter
from tests.stage import PRODUCTION, run


@pytest.mark.parametrize(
    ("by", "one", "same"),
    [
        (By.ADDRESS, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::1"),
        (By.ADDRESS, "2001:db8:1:2::/64", "2001:0DB8:1:2::9"),
        (By.ADDRESS, "fe80::1%eth0", "fe80::2"),
        (By.ADDRESS, "::ffff:192.0.2.1", "192.0.2.1"),
        (By.EMAIL, " Ada@Example.org ", "ada@example.org"),
        (By.EMAIL, "ada+campaign@example.org", "ada@example.org"),
        (By.EMAIL, "ada@\uff47mail.com", "ada@gmail.com"),
        (By.EMAIL, "ada@gmail\u3002com", "ada@gmail.com"),
        (By.EMAIL_DOMAIN, "ada@Example.ORG", "eve@example.org"),
        (By.EMAIL_DOMAIN, "ada@\uff47mail.com", "eve@gmail.com"),
        (By.ACCOUNT, "Ada", "ada "),
        (By.ACCOUNT_AND_ADDRESS, "Ada ,2001:db8:1:2::1", "ada,2001:db8:1:2::9"),
    ],
)
def test_one_client_has_several_spellings(by: By, one: str, same: str) -> None:
    assert by.normalised(one) == by.normalised(same)


@pytest.mark.parametrize(
    ("by", "one", "other"),
    [
        (By.ADDRESS, "2001:db8:1:2::1", "2001:db8:1:3::1"),
        (By.ADDRESS, "192.0.2.1", "192.0.2.2"),
        # The word of a test call from the gateway's console.
        (By.ADDRESS, "test-invoke-source-ip", ""),
        (By.EMAIL, "ada@example.org", "ada@example.com"),
        (By.EMAIL, "+ada@example.org", "eve@example.org"),
        (By.EMAIL_DOMAIN, "ada@example.org", "ada@mail.example.org"),
        (By.ACCOUNT, "ada+a", "ada+b"),
        (By.ACCOUNT_AND_ADDRESS, "ada,192.0.2.1", "ada,192.0.2.2"),
        (By.ACCOUNT_AND_ADDRESS, "ada,192.0.2.1", "eve,192.0.2.1"),
        (By.ACCOUNT_AND_ADDRESS, "ada,192.0.2.1", "ada,192.0.2.1,192.0.2.1"),
    ],
)
def test_two_clients_stay_two(by: By, one: str, other: str) -> None:
    assert by.normalised(one) != by.normalised(other)


def test_the_same_client_is_counted_for_each_scope_by_itself(clock: Clock) -> None:
    scope = Scope(By.ACCOUNT, (Limit(1, 60),), Failing.OPEN)
    limiter = Limiter("dev", {"a": scope, "b": scope}, MemoryStore(), now_ms=clock)
    assert [limiter.hit(name, "ada").allowed for name in "abab"] == [True, True, False, False]


def test_who_is_unlimited_costs_no_call(clock: Clock) -> None:
    class Unasked:
        def take(self, *_: object) -> None:
            pytest.fail("it was asked")

    scope = Scope(By.EMAIL_DOMAIN, (Limit(1, 60),), Failing.OPEN, unlimited=frozenset({"gmail.com"}))
    limiter = Limiter("dev", {"s": scope}, Unasked(), now_ms=clock)  # type: ignore[arg-type]
    assert all(limiter.hit("s", f"n{number}@Gmail.com").allowed for number in range(9))


def test_a_server_that_knows_no_address_counts_all_as_one() -> None:
    request = RequestFactory().get("/")
    del request.META["REMOTE_ADDR"]
    assert address_of(request) == ""


def test_memory_is_bounded_by_forgetting_who_was_heard_of_least_recently() -> None:
    store = MemoryStore(most_clients=3)
    windows = windows_at([Limit(1, 60)], NOON_MS, 0)
    for key in ("a", "b", "c", "d"):
        assert store.take(key, windows, NOON_MS).admitted
    assert len(store) == 3
    assert not store.take("d", windows, NOON_MS).admitted
    assert store.take("a", windows, NOON_MS).admitted


def test_memory_of_one_client_does_not_grow(clock: Clock) -> None:
    store = MemoryStore()
    for _ in range(50):
        store.take("a", windows_at([Limit(9, 60), Limit(99, 600)], clock(), 0), clock())
        clock.forward(61)
    assert len(store._clients["a"]) == 4


def test_denials_are_bounded_and_end() -> None:
    denials = Denials(most_clients=2)
    (window,) = windows_at([Limit(1, 60)], NOON_MS, 0)
    for key in ("a", "b", "c"):
        denials.add(key, window, NOON_MS, NOON_MS + 1_000)
    assert len(denials) == 2
    assert denials.standing("a", NOON_MS) is None
    assert denials.standing("c", NOON_MS + 999)
    assert denials.standing("c", NOON_MS + 1_000) is None
    denials.add("b", window, NOON_MS, NOON_MS + 10 * LONGEST_MS)
    assert denials.standing("b", NOON_MS + LONGEST_MS - 1)
    assert denials.standing("b", NOON_MS + LONGEST_MS) is None


def test_another_secret_key_counts_anew(make_limiter: MakeLimiter, settings: object) -> None:
    limiter = make_limiter(Limit(1, 60), counts_in=MemoryStore())
    assert [limiter.hit("s", "ada").allowed for _ in range(2)] == [True, False]
    settings.SECRET_KEY = "rotated" * 9  # type: ignore[attr-defined]
    assert limiter.hit("s", "ada").allowed


def test_a_stage_counts_in_its_table_and_a_developers_machine_in_memory() -> None:
    code = (
        "import django, sys; django.setup()\n"
        "from app.ratelimit.limiter import limiter\n"
        "print(type(limiter().store).__name__, 'boto3' in sys.modules)"
    )
    stage = {"DJANGO_SETTINGS_MODULE": "app.config.settings", **PRODUCTION}
    # And boto3 is not imported before the first decision.
    assert run("-c", code, environment=stage).stdout == "DynamoStore False\n"
    local = {"DJANGO_SETTINGS_MODULE": "app.config.settings"}
    assert run("-c", code, environment=local).stdout == "MemoryStore False\n"


def test_a_time_out_of_nothing_is_refused() -> None:
    stage = {"DJANGO_SETTINGS_MODULE": "app.config.settings", **PRODUCTION, "RATE_LIMIT_TIMEOUT_MS": "0"}
    said = run("-c", "import app.config.settings", environment=stage)
    assert "RATE_LIMIT_TIMEOUT_MS is 0, expected 1 or more" in said.stderr
    assert ImproperlyConfigured.__name__ in said.stderr
