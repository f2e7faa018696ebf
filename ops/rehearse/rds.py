"""The private PostGIS made into what the emulated RDS promises: TLS forced, and a master user with a password."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg2
import trustme
from psycopg2 import sql

from ops.processes import wait_until

_RELOAD_SECONDS = 60
_HBA = "hostssl all all all scram-sha-256"


def furnish(server_url: str, host: str, username: str, password: str) -> None:
    """Make a fresh server that trusts everybody into one that trusts nobody.

    Args:
        server_url: of its superuser, who can't come in any more afterwards.
        host: what clients call it, for its certificate.
        username: of the master user, who makes databases and roles and is no superuser, as on RDS.
        password: theirs.

    Raises:
        TimeoutError: it still lets somebody in without TLS or with a wrong password.
    """
    # RDS lets its master install PostGIS; here only a superuser can, so databases come with it.
    with _cursor(f"{server_url.rpartition('/')[0]}/template1") as cursor:
        cursor.execute("CREATE EXTENSION postgis")
    with _cursor(server_url) as cursor:
        role = sql.Identifier(username)
        cursor.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD %s").format(role), [password]
        )
        _demand_tls(cursor, host)
        cursor.execute("SHOW hba_file")
        _write(cursor, cursor.fetchone()[0], _HBA)
        cursor.execute("SELECT pg_reload_conf()")
    address: dict[str, Any] = {
        "host": host,
        "port": server_url.rpartition(":")[2].split("/")[0],
        "dbname": "postgres",
    }
    master = {**address, "user": username, "password": password, "sslmode": "require"}
    for intruder in (
        {**master, "sslmode": "disable"},
        {**master, "password": "wrong"},
        {**address, "user": "postgres", "sslmode": "require"},
    ):
        _await_refusal(intruder)
    psycopg2.connect(**master).close()


def _demand_tls(cursor: Any, host: str) -> None:
    certificate = trustme.CA().issue_cert(host)
    files = {
        "ssl_key_file": certificate.private_key_pem.bytes().decode(),
        "ssl_cert_file": certificate.cert_chain_pems[0].bytes().decode(),
    }
    cursor.execute("SHOW data_directory")
    folder = cursor.fetchone()[0]
    for setting, content in files.items():
        path = f"{folder}/{setting}.pem"
        _write(cursor, path, content)
        cursor.execute(f"ALTER SYSTEM SET {setting} = '{path}'")
    cursor.execute("ALTER SYSTEM SET ssl = on")


def _write(cursor: Any, path: str, content: str) -> None:
    """Let the server write a file, which works inside a container too; nobody else may read it."""
    cursor.execute(
        f"COPY (SELECT unnest(string_to_array(%s, E'\\n'))) TO PROGRAM 'umask 077; cat > ''{path}'''",
        [content.rstrip()],
    )


def _await_refusal(parameters: dict[str, Any]) -> None:
    # The server reads its new rules when it comes to it.
    what = f"The refusal of {parameters['user']} with sslmode={parameters['sslmode']}"
    wait_until(lambda: not _is_let_in(parameters), what, _RELOAD_SECONDS)


def _is_let_in(parameters: dict[str, Any]) -> bool:
    try:
        psycopg2.connect(**parameters).close()
    except psycopg2.OperationalError:
        return False
    return True


@contextlib.contextmanager
def _cursor(url: str) -> Iterator[Any]:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
