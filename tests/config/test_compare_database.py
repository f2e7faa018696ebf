"""A restore drill: a dump of real data, restored on another server, is compared with what is here."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import sql

from app.config.management.commands import compare_database
from app.regions.models import Region
from ops import postgis, processes
from ops.system_packages import found_or_installed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("maryland", "campaign")]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that is not the one of DATABASE_URL, and the programs that dump and restore."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("DATABASE_URL", raising=False)
        with postgis.provide() as url:
            with closing(psycopg2.connect(url)) as there:
                version = there.server_version // 10_000
            if not found_or_installed(lambda: _clients_of(version), "postgresql-client"):
                pytest.skip(
                    f"There is no pg_dump of {version} or newer: install postgresql-client-{version}."
                )
            yield url


def _clients_of(version: int) -> str | None:
    """What `pg_dump --version` says, if it dumps from a server of that version: an older one refuses."""
    if not (shutil.which("pg_dump") and shutil.which("psql")):
        return None
    said = subprocess.run(["pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    # pg_dump (PostgreSQL) 16.4 (Debian 16.4-1), or 17beta1
    return said if int(re.findall(r"\d+", said)[0]) >= version else None


@pytest.fixture
def restored(server: str) -> Iterator[int]:
    """The port of the other server, with all that is here."""
    name = connection.settings_dict["NAME"]
    run(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    here = {key: str(connection.settings_dict[key] or "") for key in ("USER", "HOST", "PORT", "PASSWORD")}
    address = f"postgres://{here['USER']}@{here['HOST']}:{here['PORT']}/{name}"
    dump = subprocess.run(
        ["pg_dump", "--no-owner", address],
        capture_output=True,
        check=True,
        env={**os.environ, "PGPASSWORD": here["PASSWORD"]},
    )
    there = f"{server.rpartition('/')[0]}/{name}"
    subprocess.run(
        ["psql", "--quiet", "--set=ON_ERROR_STOP=1", there],
        input=dump.stdout,
        capture_output=True,
        check=True,
    )
    yield urlsplit(server).port or 0
    run(server, sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def run(url: str, statement: sql.Composable) -> None:
    with closing(psycopg2.connect(url)) as there:
        there.autocommit = True
        with there.cursor() as cursor:
            cursor.execute(statement)


def compared(port: int) -> list[str]:
    said = StringIO()
    call_command("compare_database", "127.0.0.1", port=str(port), stdout=said)
    return said.getvalue().splitlines()


def test_a_database_restored_from_a_dump_lacks_nothing(restored: int) -> None:
    [said] = compared(restored)
    assert said.startswith("0 of ")
    # A state, three counties and a campaign at least.
    assert int(said.split("; ")[1].split()[0]) >= 5


def test_what_was_deleted_here_is_there(restored: int) -> None:
    Region.objects.filter(kind="county").delete()
    assert any(line.split() == ["regions_region", "here", "1,", "there", "4"] for line in compared(restored))


def test_what_was_written_since_is_not(restored: int) -> None:
    before = Group.objects.count()
    Group.objects.create(name="later")
    (line, _) = compared(restored)
    assert line == f"auth_group  here {before + 1}, there {before}"


def test_a_table_that_a_later_migration_made_is_missing_there(server: str, restored: int) -> None:
    name = connection.settings_dict["NAME"]
    run(f"{server.rpartition('/')[0]}/{name}", sql.SQL("DROP TABLE django_session"))
    (line, _) = compared(restored)
    assert line == "django_session  here 0, there no such table"


def test_where_nothing_is_here_what_is_there_is_counted(
    restored: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an instance was lost: Terraform made an empty one, which has neither the role nor the database."""
    real = compare_database._counts

    def counts(server: BaseDatabaseWrapper) -> dict[str, int | None]:
        if server is connection:
            raise OperationalError('database "coalition_prod" does not exist\nDETAIL: none')
        return real(server)

    monkeypatch.setattr(compare_database, "_counts", counts)
    said = compared(restored)
    assert said[0] == 'The database here can\'t be read: database "coalition_prod" does not exist.'
    assert "regions_region" in "".join(said)
    assert "here no such table, there 4" in "".join(said)


def test_a_server_that_is_not_reached_is_named() -> None:
    with pytest.raises(CommandError, match=r"127\.0\.0\.1 can't be read: .*restore-the-database\.md"):
        compared(processes.free_port())
