"""A stage's role and database, made on a server that asks everybody for a password."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from psycopg2 import sql

from app.config.postgresql.bootstrap import Application, BootstrapError, bootstrap
from ops import postgis
from ops.processes import wait_until
from tests.stage import PRODUCTION, run

Server = dict[str, Any]
ROOT_PASSWORD = "the superuser's password"
MASTER_PASSWORD = "the master's password"


@pytest.fixture(scope="module")
def superuser() -> Iterator[Server]:
    """How to connect to a private server as its superuser; not the server of DATABASE_URL, whose rules aren't ours."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("DATABASE_URL", raising=False)
        with postgis.provide() as url:
            address = urlsplit(url)
            server = {"host": address.hostname, "port": address.port, "user": "postgres"}
            ask(server, "ALTER ROLE postgres PASSWORD %s", ROOT_PASSWORD)
            # RDS lets its master install PostGIS; here only a superuser can, so its databases come with it.
            ask(server, "CREATE EXTENSION postgis", database="template1")
            ask(server, "CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD %s", MASTER_PASSWORD)
            # As terraform/modules/database/instance.tf.
            ask(server, "ALTER SYSTEM SET log_statement = 'ddl'")
            demand_passwords(server)
            yield {**server, "password": ROOT_PASSWORD}


def demand_passwords(server: Server) -> None:
    [[path]] = ask(server, "SHOW hba_file")
    # The server writes the file itself, so this works inside a container too.
    ask(server, f"COPY (SELECT 'host all all all scram-sha-256') TO '{path}'")
    ask(server, "SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def master(superuser: Server) -> Server:
    """As the master user of RDS: it makes roles and databases, and is no superuser."""
    return {**superuser, "user": "master", "password": MASTER_PASSWORD}


@pytest.fixture(scope="module")
def made(master: Server) -> Application:
    """One that was made, and that no test changes."""
    application = Application("coalition_dev", "the first password", "coalition_dev")
    bootstrap(master, application)
    return application


@pytest.fixture
def application(superuser: Server) -> Iterator[Application]:
    """One that is not there yet; a name that has to be quoted."""
    name = 'coalition-"prod"'
    yield Application(name, "the first password", name)
    quoted = sql.Identifier(name)
    ask(superuser, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))
    ask(superuser, sql.SQL("DROP ROLE IF EXISTS {}").format(quoted))


def ask(server: Server, statement: Any, *values: Any, database: str = "postgres") -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(**server, dbname=database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


def signed_in(server: Server, application: Application, password: str = "") -> Callable[[str], Any]:
    own = {**server, "user": application.role, "password": password or application.password}
    return lambda statement: ask(own, statement, database=application.database)


def test_the_server_really_demands_the_password(superuser: Server) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask({**superuser, "password": "wrong"}, "SELECT 1")


def test_it_makes_role_database_and_extensions_once(superuser: Server, application: Application) -> None:
    ask(superuser, "DROP EXTENSION postgis", database="template1")
    try:
        made = bootstrap(superuser, application)
    finally:
        ask(superuser, "CREATE EXTENSION postgis", database="template1")
    assert made == ['role coalition-"prod"', 'database coalition-"prod"', "PostGIS", "trigrams"]
    assert bootstrap(superuser, application) == []


def test_a_master_who_is_no_superuser_does_it_too(master: Server, application: Application) -> None:
    assert bootstrap(master, application)
    assert bootstrap(master, application) == []
    tell = signed_in(master, application)
    tell("CREATE TABLE place (point geometry(Point, 4326))")
    assert tell("SELECT schemaname, tableowner FROM pg_tables WHERE tablename = 'place'") == [
        (application.role, application.role)
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE ROLE other",
        "CREATE DATABASE other",
        "CREATE EXTENSION btree_gin",
        "DROP EXTENSION pg_trgm",
        "DROP EXTENSION postgis",
        "CREATE SCHEMA other",
        "CREATE TABLE public.other ()",
        "CREATE FUNCTION public.st_covers(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER ROLE CURRENT_USER CREATEROLE",
        "SET ROLE master",
        "COPY (SELECT 1) TO '/tmp/other'",
    ],
)
def test_the_role_may_nothing_beyond_its_schema(master: Server, made: Application, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        signed_in(master, made)(statement)


def test_another_stage_of_the_server_stays_outside(master: Server, made: Application) -> None:
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        ask_as_other(master, made)


def ask_as_other(master: Server, application: Application) -> None:
    ask(master, "CREATE ROLE staging LOGIN PASSWORD 'staging'")
    try:
        ask({**master, "user": "staging", "password": "staging"}, "SELECT 1", database=application.database)
    finally:
        ask(master, "DROP ROLE staging")


def test_after_a_rotation_the_new_password_holds_and_the_old_one_does_not(
    master: Server, application: Application
) -> None:
    bootstrap(master, application)
    bootstrap(master, replace(application, password="the second 'password'"))
    assert signed_in(master, application, "the second 'password'")("SELECT 1") == [(1,)]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        signed_in(master, application)("SELECT 1")


def test_what_was_done_by_half_or_changed_by_hand_is_mended(master: Server, application: Application) -> None:
    role, database = sql.Identifier(application.role), sql.Identifier(application.database)
    ask(master, sql.SQL("CREATE ROLE {} NOLOGIN CREATEDB CREATEROLE").format(role))
    assert bootstrap(master, application) == [f"database {application.database}", "trigrams"]
    ask(
        master,
        sql.SQL("GRANT CREATE ON SCHEMA public TO PUBLIC, {}").format(role),
        database=application.database,
    )
    ask(master, sql.SQL("GRANT ALL ON DATABASE {} TO PUBLIC, {}").format(database, role))
    bootstrap(master, application)
    [rights] = signed_in(master, application)(
        "SELECT rolcreatedb, rolcreaterole, has_schema_privilege('public', 'CREATE'),"
        " has_database_privilege(current_database(), 'CREATE') FROM pg_roles WHERE rolname = current_user"
    )
    assert rights == (False, False, False, False)


def test_a_role_that_may_too_much_is_refused_as_it_is(superuser: Server, application: Application) -> None:
    role = sql.Identifier(application.role)
    ask(superuser, sql.SQL("CREATE ROLE {} SUPERUSER NOLOGIN").format(role))
    with pytest.raises(BootstrapError, match="it may too much"):
        bootstrap(superuser, application)
    found = ask(superuser, "SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", application.role)
    assert found == [(False,)]


def test_the_masters_own_name_is_refused(master: Server, application: Application) -> None:
    with pytest.raises(BootstrapError, match="names the master user"):
        bootstrap(master, replace(application, role="master"))


def test_the_password_is_in_no_log_of_the_server(superuser: Server, application: Application) -> None:
    bootstrap(superuser, application)
    # By ops/postgis.py it is where the server says, or beside its data.
    file = "coalesce(pg_current_logfile(), current_setting('data_directory') || '/../server.log')"

    def log() -> str | None:
        [[read]] = ask(superuser, f"SELECT pg_read_file({file}, 0, 10000000, true)")
        return None if read is None else str(read)

    if log() is None:
        pytest.skip("the log of the server that DATABASE_URL names can't be read")
    # In a container a process of the server's own writes it, in its own time.
    last_word = "COMMENT ON ROLE postgres IS 'all is said'"
    ask(superuser, last_word)
    wait_until(lambda: last_word in (log() or ""), "The log", 60)
    said = log() or ""
    assert 'ALTER ROLE "coalition-""prod"""' in said
    assert "SCRAM-SHA-256$" in said
    assert application.password not in said


COMMAND = """
import json, sys
from moto import mock_aws
with mock_aws():
    from app.aws import client
    for name, text in json.load(sys.stdin).items():
        client("secretsmanager").create_secret(Name=name, SecretString=text)
    import django
    django.setup()
    from django.core.management import call_command
    call_command(*sys.argv[1:])
"""


def on_the_stage(server: Server, secrets: dict[str, Any], *command: str) -> Any:
    plain = {key: value for key, value in PRODUCTION.items() if key != "DATABASE_URL"}
    environment = {
        **plain,
        "DJANGO_SETTINGS_MODULE": "app.config.settings",
        "AWS_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "DATABASE_SECRET": "app",
        # As a proxy, which db-bootstrap has to go past.
        "DATABASE_HOST": server["host"] if command[0] != "db_bootstrap" else "proxy.invalid",
        "DATABASE_PORT": str(server["port"]),
        "DATABASE_NAME": "coalition_prod",
        "DATABASE_SSLMODE": "disable",
    }
    texts = {name: json.dumps(fields) for name, fields in secrets.items()}
    return run("-c", COMMAND, *command, environment=environment, text=json.dumps(texts))


def test_the_command_makes_a_stage_that_migrates_and_serves_and_follows_a_rotation(master: Server) -> None:
    secrets = {
        "app": {"username": "coalition_prod", "password": "the first password"},
        "master": {"username": "master", "password": MASTER_PASSWORD},
    }
    server = ("--host", master["host"], "--port", str(master["port"]))
    bootstrap_it = ("db_bootstrap", "--master-secret", "master", *server)
    refused = on_the_stage(master, secrets, "migrate", "--noinput")
    assert "password authentication failed" in refused.stderr
    made = on_the_stage(master, secrets, *bootstrap_it)
    assert made.stdout == "made role coalition_prod, database coalition_prod, trigrams\n", made.stderr
    migrated = on_the_stage(master, secrets, "migrate", "--noinput")
    assert migrated.returncode == 0, migrated.stderr
    secrets["app"]["password"] = "the second password"
    assert "password authentication failed" in on_the_stage(master, secrets, "jobs", "list").stderr
    again = on_the_stage(master, secrets, *bootstrap_it)
    assert again.stdout == "all was there; password and grants are set\n", again.stderr
    admin = on_the_stage(master, secrets, "create_admin", "ada@example.org")
    assert "https://coalition.example.org/set-password/" in admin.stdout, admin.stderr
    for result in (refused, made, migrated, again, admin):
        for password in ("first password", "second password", MASTER_PASSWORD):
            assert password not in result.stdout + result.stderr


def test_the_command_says_what_is_wrong(master: Server) -> None:
    secrets = {
        "app": {"username": "coalition_prod", "password": "a password"},
        "master": {"username": "master", "password": "outdated"},
    }
    arguments = ("--host", master["host"], "--port", str(master["port"]))
    wrong = on_the_stage(master, secrets, "db_bootstrap", "--master-secret", "master", *arguments).stderr
    assert "CommandError: The server refused: " in wrong
    assert 'password authentication failed for user "master"' in wrong
    missing = on_the_stage(master, secrets, "db_bootstrap", "--master-secret", "none", *arguments).stderr
    assert "CommandError: the secret none can't be read: ResourceNotFoundException." in missing


def test_without_a_secret_there_is_no_role_to_make() -> None:
    result = run("manage.py", "db_bootstrap", "--master-secret", "m", "--host", "h", environment=PRODUCTION)
    assert result.stderr == (
        "CommandError: DATABASE_SECRET is not set: it says which role to make, by which password.\n"
    )
