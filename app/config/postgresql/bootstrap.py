"""Makes what the application needs on a server, as its master user: a role, a database, PostGIS, trigrams.

Everything is stated anew each time, so that it can be repeated: after it was interrupted, after a password was rotated,
after somebody changed a grant by hand. The master is no superuser on RDS, so nothing here asks for one but the
extensions, which RDS lets its master install.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, whose name psycopg2 writes small
from psycopg2.extensions import encrypt_password

MAINTENANCE_DATABASE = "postgres"
EXTENSIONS = {"postgis": "PostGIS", "pg_trgm": "trigrams"}


class BootstrapError(Exception):
    """The server holds something that must not be used as it is; the message says what."""


@dataclass(frozen=True)
class Application:
    """Who signs in, and where to.

    Attributes:
        role: its role, and the schema that is its own.
        password: the role's.
        database: its database.
    """

    role: str
    password: str = field(repr=False)
    database: str


def bootstrap(server: Mapping[str, Any], application: Application) -> list[str]:
    """Make or mend the application's role, database and schema.

    Args:
        server: libpq's parameters to connect as the master user, without a database.
        application: what to make.

    Returns:
        What was made; what was there and was mended is not named.

    Raises:
        BootstrapError: the role may more than an application's role should.
        psycopg2.Error: the server refused.
    """
    if server["user"] == application.role:
        raise BootstrapError("The application's secret names the master user.")
    with _cursor(server, MAINTENANCE_DATABASE) as cursor:
        made = _make_role(cursor, application) + _make_database(cursor, application)
    with _cursor(server, application.database, in_transaction=True) as cursor:
        made += _install_extensions(cursor)
        _grant(cursor, application)
    sign_in = {**server, "user": application.role, "password": application.password}
    with _cursor(sign_in, application.database) as cursor:
        cursor.execute("SELECT postgis_version()")
    return made


@contextmanager
def _cursor(server: Mapping[str, Any], database: str, *, in_transaction: bool = False) -> Iterator[Cursor]:
    with closing(psycopg2.connect(**server, dbname=database)) as connection:
        # A database can't be made in a transaction.
        connection.autocommit = not in_transaction
        with connection.cursor() as cursor:
            yield cursor
        if in_transaction:
            connection.commit()


def _make_role(cursor: Cursor, application: Application) -> list[str]:
    role = sql.Identifier(application.role)
    cursor.execute(
        "SELECT rolsuper OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = %s",
        [application.role],
    )
    found = cursor.fetchone()
    if found and found[0]:
        raise BootstrapError(
            f"The role {application.role} is there and is no application's: it may too much."
        )
    if not found:
        cursor.execute(sql.SQL("CREATE ROLE {}").format(role))
    # The server logs this statement, so it gets what it would keep, not the password.
    kept = encrypt_password(application.password, application.role, cursor.connection, "scram-sha-256")
    cursor.execute(
        sql.SQL("ALTER ROLE {} WITH LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            role, sql.Literal(kept)
        )
    )
    return [] if found else [f"role {application.role}"]


def _make_database(cursor: Cursor, application: Application) -> list[str]:
    """The master owns it: an owner could install extensions."""
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [application.database])
    if cursor.fetchone():
        return []
    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(application.database)))
    return [f"database {application.database}"]


def _install_extensions(cursor: Cursor) -> list[str]:
    cursor.execute("SELECT extname FROM pg_extension")
    installed = {name for (name,) in cursor.fetchall()}
    missing = [name for name in EXTENSIONS if name not in installed]
    for name in missing:
        cursor.execute(sql.SQL("CREATE EXTENSION {} SCHEMA public").format(sql.Identifier(name)))
    return [EXTENSIONS[name] for name in missing]


def _grant(cursor: Cursor, application: Application) -> None:
    """The role gets a schema of its own, may use the extensions in `public`, and nobody else may come in."""
    names = {
        "role": sql.Identifier(application.role),
        "database": sql.Identifier(application.database),
    }
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role}",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC, {role}",
        "GRANT USAGE ON SCHEMA public TO {role}",
        # Who makes a schema for a role has to be a member of it.
        "GRANT {role} TO CURRENT_USER",
        "CREATE SCHEMA IF NOT EXISTS {role} AUTHORIZATION {role}",
        "ALTER ROLE {role} IN DATABASE {database} SET search_path = {role}, public",
    ):
        cursor.execute(sql.SQL(statement).format(**names))
