"""The private server is as closed as RDS is before anything is deployed to it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg2
import pytest

from ops import postgis
from ops.rehearse import rds


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that trusts everybody; never that of DATABASE_URL."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with postgis.provide() as url:
        yield url


def test_its_master_comes_in_by_tls_and_password_and_is_no_superuser(server: str) -> None:
    rds.furnish(server, "localhost", "coalition_master", "p4ssword")
    port = urlsplit(server).port
    connection = psycopg2.connect(
        host="localhost",
        port=port,
        dbname="postgres",
        user="coalition_master",
        password="p4ssword",
        sslmode="require",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, True, True)
    connection.close()
    with pytest.raises(psycopg2.OperationalError, match="no encryption"):
        psycopg2.connect(server, sslmode="disable")


def test_a_server_that_lets_somebody_in_is_found_out(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rds, "_HBA", "host all all all trust")
    monkeypatch.setattr(rds, "_RELOAD_SECONDS", 0.5)
    with pytest.raises(TimeoutError, match="sslmode=disable"):
        rds.furnish(server, "localhost", "coalition_master", "p4ssword")
