"""What an operator sees and clears."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from app import aws
from app.ratelimit.limiter import forget_limiter, limiter
from ops.dynalite import Dynalite
from tests.ratelimit.conftest import TABLE


@pytest.fixture
def on_a_stage(dynamodb: Dynalite, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(django_settings, "RATE_LIMIT_TABLE", TABLE)
    monkeypatch.setattr(django_settings, "RATE_LIMIT_TIMEOUT_MS", 10_000)
    monkeypatch.setattr(django_settings, "STAGE", "dev")
    forget_limiter()
    yield
    forget_limiter()


def said(*arguments: str) -> str:
    output = StringIO()
    call_command("ratelimit", *arguments, stdout=output)
    return output.getvalue()


def test_it_lists_the_limits_in_force() -> None:
    lines = said("show").splitlines()
    assert len(lines) == len(django_settings.RATE_LIMITS)
    assert (
        "sign-in-account-address: 5 a minute and 30 an hour, by a staff account's name and an IP address, as name,address;"
        " without the table refused with 503" in lines
    )
    assert "use-link: 60 in 600 s" in said("show", "--scope", "use-link")


def test_it_shows_where_a_client_stands_and_lets_it_go_on(on_a_stage: None, stand_still: None) -> None:
    for _ in range(6):
        limiter().hit("sign-in-account-address", "Ada@example.org,192.0.2.1")
    assert "5 in this window, 0 in the one before, refused for" in (
        standing := said(
            "show", "--scope", "sign-in-account-address", "--client", "ada@example.org,192.0.2.1"
        )
    )
    assert "5 in this window, 0 in the one before, 25 left" in standing
    # Whatever the client is, in every scope.
    assert said("show", "--client", "ada@example.org,192.0.2.1") == standing
    assert "Cleared." in said(
        "clear", "--scope", "sign-in-account-address", "--client", "ada@example.org,192.0.2.1"
    )
    assert said("show", "--client", "ada@example.org,192.0.2.1") == "Nothing counts for this client.\n"
    forget_limiter()
    assert limiter().hit("sign-in-account-address", "ada@example.org,192.0.2.1").allowed


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["clear"], "clear needs --scope and --client"),
        (["clear", "--scope", "locate"], "clear needs --scope and --client"),
        (["show", "--scope", "no-such"], "there is no scope no-such; there are endorse-address"),
        (["show", "--client", "ada"], "counts in the memory of its server"),
    ],
)
def test_it_says_what_is_missing(arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        said(*arguments)


@pytest.mark.parametrize("deed", ["show", "clear"])
def test_it_says_why_the_table_does_not_answer(
    on_a_stage: None, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(django_settings, "RATE_LIMIT_TABLE", "no-such-table")
    aws.forget_clients()
    with pytest.raises(CommandError, match="ResourceNotFoundException"):
        said(deed, "--scope", "locate", "--client", "192.0.2.1")
