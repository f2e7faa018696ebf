"""What a restored server lacks and has: the rows of each table here and there, before it is let serve."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper


class Command(BaseCommand):
    help = "Count the rows of each table here and on another server, which has this database as it was"
    # Of the server here too it may be that something is missing.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("host", help="the other server")
        parser.add_argument("--port", default="5432")

    def handle(self, *, host: str, port: str, **options: Any) -> None:
        del options
        other = connection.copy("compared")
        other.settings_dict |= {"HOST": host, "PORT": port}
        try:
            there = _counts(other)
        except DatabaseError as error:
            raise CommandError(
                f"{host} can't be read: {_reason(error)}. If it refuses the password, that is newer than its data:"
                " docs/runbooks/restore-the-database.md."
            ) from None
        finally:
            other.close()
        try:
            here = _counts(connection)
        except DatabaseError as error:
            self.stdout.write(f"The database here can't be read: {_reason(error)}.")
            here = dict.fromkeys(there)
        self._tell(here, there)

    def _tell(self, here: dict[str, int | None], there: dict[str, int | None]) -> None:
        differing = [name for name in here if here[name] != there[name]]
        width = max((len(name) for name in differing), default=0)
        for name in differing:
            self.stdout.write(f"{name:<{width}}  here {_told(here[name])}, there {_told(there[name])}")
        rows = sum(count or 0 for count in there.values())
        self.stdout.write(f"{len(differing)} of {len(here)} tables differ; {rows} rows there.")


def _reason(error: DatabaseError) -> str:
    """Its first line: the others repeat the statement."""
    return str(error).partition("\n")[0]


def _counts(server: BaseDatabaseWrapper) -> dict[str, int | None]:
    """The rows by table; None where there is no such table, as before the migration that makes it."""
    with server.cursor() as cursor:
        known = set(server.introspection.table_names(cursor))
        wanted = sorted(server.introspection.django_table_names(include_views=False))
        return {name: _count(cursor, server, name) if name in known else None for name in wanted}


def _count(cursor: Any, server: BaseDatabaseWrapper, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {server.ops.quote_name(table)}")  # noqa: S608 - a model's own table
    count: int = cursor.fetchone()[0]
    return count


def _told(count: int | None) -> str:
    return "no such table" if count is None else str(count)
