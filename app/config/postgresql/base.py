"""A connection that survives a rotated password and holds a stage's time limits."""

import logging
from typing import Any

from django.db.backends.postgresql import base

from app.config.secrets import SecretUnreadableError, database_credentials

logger = logging.getLogger(__name__)


class DatabaseWrapper(base.DatabaseWrapper):
    """Reads two keys of DATABASES beyond Django's.

    CREDENTIALS_SECRET: name of the secret to read again when the server refuses the password.
    SESSION: server settings of each connection by name, e.g. `{"statement_timeout": "10s"}`.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError as error:
            secret = self.settings_dict.get("CREDENTIALS_SECRET")
            if not secret or not _is_refusal(error):
                raise
            logger.warning("the database refused the password; reading %s again", secret)
            given = _newest(secret)
            if given is None or given.items() <= conn_params.items():
                raise
        connection = super().get_new_connection({**conn_params, **given})
        # All threads and every later connection of this process share this dictionary.
        self.settings_dict.update(USER=given["user"], PASSWORD=given["password"])
        return connection

    def init_connection_state(self) -> None:
        super().init_connection_state()
        # Not by the start-up parameter `options`: RDS Proxy refuses connections that have one.
        if session := self.settings_dict.get("SESSION"):
            calls = ", ".join(["set_config(%s, %s, false)"] * len(session))
            with self.connection.cursor() as cursor:
                cursor.execute(f"SELECT {calls}", [text for pair in session.items() for text in pair])


def _newest(secret: str) -> dict[str, str] | None:
    """Connection parameters; None if they can't be had, so that the caller's error stays the database's."""
    try:
        fresh = database_credentials(secret)
    except SecretUnreadableError:
        logger.exception("the database's password stays the refused one")
        return None
    return {"user": fresh["username"], "password": fresh["password"]}


def _is_refusal(error: Exception) -> bool:
    """Whether the server answered that the password is wrong.

    psycopg2 gives no SQLSTATE for a connection that was never made, so the words have to do: `password authentication
    failed` of PostgreSQL, `The password that was provided … is wrong` of RDS Proxy.
    """
    return "password" in str(error)
