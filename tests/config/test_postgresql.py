"""The database refuses a rotated password, restarts, or takes too long: on a PostgreSQL of its own."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.db import DatabaseError, OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.utils import ConnectionHandler
from moto import mock_aws
from pytest_django import DjangoDbBlocker

from app import aws
from ops import postgis, processes

SECRET = "coalition/database"

Sql = Callable[..., None]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a private server that takes the superuser without a password and the role `app` only with it.

    Never the server of DATABASE_URL: its rules of access are not ours to change.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("DATABASE_URL", raising=False)
        with postgis.provide() as url:
            demand_password(url)
            yield url


def demand_password(url: str) -> None:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW hba_file")
        [path] = cursor.fetchone() or [""]
        rules = "host all app all scram-sha-256\nhost all postgres all trust\n"
        # The server writes the file itself, so this works inside a container too.
        cursor.execute(f"COPY (SELECT unnest(string_to_array(%s, E'\\n'))) TO '{path}'", [rules])
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("CREATE ROLE app LOGIN PASSWORD 'the first password'")


@pytest.fixture
def sql(server: str) -> Iterator[Sql]:
    """Run a statement as the superuser."""
    connection = psycopg2.connect(server)
    connection.autocommit = True

    def run(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    run("ALTER ROLE app PASSWORD 'the first password'")
    yield run
    connection.close()


@pytest.fixture
def secrets(aws_credentials: None) -> Iterator[Any]:
    """Secrets Manager, holding the first password."""
    with mock_aws():
        client = aws.client("secretsmanager")
        client.create_secret(Name=SECRET, SecretString=credentials("the first password"))
        yield client


def credentials(password: str, username: str = "app") -> str:
    return json.dumps({"username": username, "password": password})


@pytest.fixture
def connect(server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[..., DatabaseWrapper]]:
    """A connection as settings of a stage make it, with some of them changed."""
    made: list[DatabaseWrapper] = []

    def new(**changes: Any) -> DatabaseWrapper:
        address = urlsplit(server)
        entry = {
            "ENGINE": "app.config.postgresql",
            "HOST": address.hostname,
            "PORT": address.port,
            "NAME": "postgres",
            "USER": "app",
            "PASSWORD": "the first password",
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "CREDENTIALS_SECRET": SECRET,
            **changes,
        }
        connection = ConnectionHandler({"default": entry})["default"]
        assert isinstance(connection, DatabaseWrapper)
        made.append(connection)
        return connection

    with django_db_blocker.unblock():
        yield new
    for connection in made:
        connection.close()


def ask(connection: DatabaseWrapper, statement: str = "SELECT current_user") -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        [answer] = cursor.fetchone()
        return answer


def next_request(connection: DatabaseWrapper) -> None:
    """What Django does to each connection when a request begins."""
    connection.close_if_unusable_or_obsolete()


Connect = Callable[..., DatabaseWrapper]


def test_the_server_really_demands_the_password(connect: Connect, sql: Sql) -> None:
    with pytest.raises(OperationalError, match="password authentication failed"):
        ask(connect(PASSWORD="wrong", CREDENTIALS_SECRET=None))


def test_a_rotated_password_is_read_again_and_remembered(
    connect: Connect, sql: Sql, secrets: Any, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect()
    assert ask(connection) == "app"
    sql("ALTER ROLE app PASSWORD 'the second password'")
    secrets.put_secret_value(SecretId=SECRET, SecretString=credentials("the second password"))
    connection.close()
    assert ask(connection) == "app"
    assert connection.settings_dict["PASSWORD"] == "the second password"
    connection.close()
    assert ask(connection) == "app"
    assert [record.message for record in caplog.records if "refused" in record.message] == [
        f"the database refused the password; reading {SECRET} again"
    ]
    assert "second password" not in caplog.text


def test_a_rotation_may_change_the_user_too(connect: Connect, sql: Sql, secrets: Any) -> None:
    secrets.put_secret_value(SecretId=SECRET, SecretString=credentials("", username="postgres"))
    assert ask(connect(PASSWORD="outdated")) == "postgres"


def test_a_password_that_is_refused_and_still_the_newest_fails_as_it_did(
    connect: Connect, sql: Sql, secrets: Any
) -> None:
    sql("ALTER ROLE app PASSWORD 'changed by hand'")
    with pytest.raises(OperationalError, match="password authentication failed"):
        ask(connect())


@pytest.mark.parametrize("held", ["nothing", "no JSON"])
def test_a_refusal_beside_a_secret_that_cannot_be_read_stays_the_databases_error(
    connect: Connect, sql: Sql, secrets: Any, held: str, caplog: pytest.LogCaptureFixture
) -> None:
    if held == "nothing":
        secrets.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    else:
        secrets.put_secret_value(SecretId=SECRET, SecretString="swordfish")
    with pytest.raises(OperationalError, match="password authentication failed"):
        ask(connect(PASSWORD="outdated"))
    assert SECRET in caplog.text
    assert "swordfish" not in caplog.text


def test_a_server_that_is_not_there_costs_no_look_at_the_secret(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    # No Secrets Manager is there either: looking would raise another error.
    with pytest.raises(OperationalError, match="Connection refused"):
        ask(connect(PORT=1))


def test_a_connection_lasts_from_one_request_to_the_next(connect: Connect, sql: Sql) -> None:
    connection = connect()
    first = ask(connection, "SELECT pg_backend_pid()")
    next_request(connection)
    assert ask(connection, "SELECT pg_backend_pid()") == first


def test_a_connection_that_was_cut_is_noticed_at_the_next_request(connect: Connect, sql: Sql) -> None:
    connection = connect()
    first = ask(connection, "SELECT pg_backend_pid()")
    sql(f"SELECT pg_terminate_backend({first}, 60000)")
    next_request(connection)
    assert ask(connection, "SELECT pg_backend_pid()") != first


def test_the_server_may_restart(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    port = processes.free_port()
    with postgis.provide(port):
        connection = connect(PORT=port, USER="postgres")
        assert ask(connection, "SELECT 1") == 1
    next_request(connection)
    with pytest.raises(OperationalError):
        ask(connection, "SELECT 1")
    with postgis.provide(port):
        next_request(connection)
        assert ask(connection, "SELECT 1") == 1


def test_the_time_limits_hold_on_every_connection(connect: Connect, sql: Sql) -> None:
    connection = connect(SESSION={"statement_timeout": "5s", "lock_timeout": "7s"})
    for _ in range(2):
        assert ask(connection, "SHOW statement_timeout") == "5s"
        assert ask(connection, "SHOW lock_timeout") == "7s"
        connection.close()
    with pytest.raises(DatabaseError, match="statement timeout"):
        ask(connection, "SELECT pg_sleep(600)")


def test_they_outlast_a_rollback_of_the_first_transaction(connect: Connect, sql: Sql) -> None:
    connection = connect(SESSION={"lock_timeout": "7s"})
    connection.set_autocommit(False)
    connection.rollback()
    assert ask(connection, "SHOW lock_timeout") == "7s"
