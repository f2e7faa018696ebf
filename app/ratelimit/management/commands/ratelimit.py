"""The limits in force, where a client stands, and a way to let it go on.

    manage.py ratelimit show
    manage.py ratelimit show --client 192.0.2.1
    manage.py ratelimit clear --scope sign-in-account --client ada@example.org
    manage.py ratelimit clear --scope sign-in-account-address --client ada@example.org,192.0.2.1

On a stage: `make manage STAGE=prod ARGS="ratelimit show"`.
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.ratelimit import administration
from app.ratelimit.denials import LONGEST_MS
from app.ratelimit.limiter import limiter
from app.ratelimit.scopes import Scope
from app.ratelimit.stores import StoreUnavailableError
from app.ratelimit.windows import MILLISECONDS, Limit

_PER = {60: "a minute", 3600: "an hour", 86_400: "a day"}


class Command(BaseCommand):
    help = "Shows the rate limits and what counts for a client, or clears it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=["show", "clear"])
        parser.add_argument("--scope", help="a row of the limits; every row if not given")
        parser.add_argument(
            "--client", help="an IP address, an e-mail address, an account's name or name,address"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        scopes = self._scopes(options["scope"])
        client = options["client"]
        if options["deed"] == "clear":
            if not (options["scope"] and client):
                raise CommandError("clear needs --scope and --client")
            self._clear(options["scope"], client)
        elif client:
            self.stdout.write("\n".join(self._standings(scopes, client)) or "Nothing counts for this client.")
        else:
            for name, scope in scopes.items():
                limits = " and ".join(map(_in_words, scope.limits))
                self.stdout.write(
                    f"{name}: {limits}, by {scope.by.value}; without the table {scope.failing.value}"
                )

    def _scopes(self, name: str | None) -> dict[str, Scope]:
        if name is None:
            return dict(settings.RATE_LIMITS)
        if name not in settings.RATE_LIMITS:
            raise CommandError(f"there is no scope {name}; there are {', '.join(settings.RATE_LIMITS)}")
        return {name: settings.RATE_LIMITS[name]}

    def _standings(self, scopes: dict[str, Scope], client: str) -> Iterator[str]:
        table = _table()
        for name in scopes:
            counted = limiter().counted(name, client)
            try:
                found = administration.show(table, counted.key, counted.windows)
            except StoreUnavailableError as error:
                raise CommandError(f"the table can't be read: {error}") from None
            for window, counts in zip(counted.windows, found, strict=True):
                if not any(counts):
                    continue
                left = window.remaining(*counts)
                wait = -(-window.wait_ms(*counts) // MILLISECONDS)
                state = f"{left} left" if left else f"refused for {wait} s"
                yield f"{name}: {_in_words(window.limit)}: {counts.current} in this window, {counts.previous} in the one before, {state}"

    def _clear(self, name: str, client: str) -> None:
        try:
            administration.clear(_table(), limiter().counted(name, client).key)
        except StoreUnavailableError as error:
            raise CommandError(f"the table can't be changed: {error}") from None
        minutes = LONGEST_MS // MILLISECONDS // 60
        self.stdout.write(
            f"Cleared. A process that refused this client just now goes on for up to {minutes} minutes."
        )


def _table() -> str:
    """Where this stage counts.

    Raises:
        CommandError: in no table.
    """
    table: str = settings.RATE_LIMIT_TABLE
    if not table:
        raise CommandError("This machine counts in the memory of its server: restart that to clear it.")
    return table


def _in_words(limit: Limit) -> str:
    seconds = limit.window_seconds
    return f"{limit.count} {_PER[seconds]}" if seconds in _PER else f"{limit.count} in {seconds} s"
