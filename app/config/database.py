"""The database of a stage, as Django's DATABASES entry."""

from pathlib import Path
from typing import Any

from app.config.env import StageEnvironment
from app.config.secrets import SecretUnreadableError, database_credentials

_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_CONNECTION_MAX_AGE_SECONDS = 600


def database(env: StageEnvironment, demo_file: Path) -> dict[str, Any]:
    """Read the database from DATABASE_URL, or from DATABASE_SECRET with what it lacks from DATABASE_HOST and so on.

    Args:
        env: where problems are collected.
        demo_file: the SQLite file of a machine that is told nothing else.
    """
    postgresql = _postgresql(env)
    overrides = {
        "HOST": env.text("DATABASE_HOST", default=""),
        "PORT": env.text("DATABASE_PORT", default=""),
        "NAME": env.text("DATABASE_NAME", default=""),
    }
    url, secret = env.text_or_secret("DATABASE_URL", "DATABASE_SECRET", local=f"sqlite:///{demo_file}")
    if secret:
        return {**_from_secret(env, secret, overrides), **postgresql}
    entry = env.database_url("DATABASE_URL", url)
    if entry.get("ENGINE") == "django.db.backends.postgresql":
        options = {**postgresql["OPTIONS"], **entry.get("OPTIONS", {})}
        return {**entry, **postgresql, "OPTIONS": options}
    if not env.is_local:
        if entry:
            env.problems.append("DATABASE_URL is no URL of a PostgreSQL database, postgres://…")
        return {}
    if entry.get("ENGINE") == "django.db.backends.sqlite3":
        # The web server and the job thread write to one file: wait for each other instead of failing.
        return {**entry, "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20}}
    return entry


def _from_secret(env: StageEnvironment, secret: str, overrides: dict[str, str]) -> dict[str, Any]:
    try:
        credentials = database_credentials(secret)
    except SecretUnreadableError as error:
        env.problems.append(f"DATABASE_SECRET: {error}")
        return {}
    entry = {
        "USER": credentials["username"],
        "PASSWORD": credentials["password"],
        "HOST": overrides["HOST"] or credentials.get("host", ""),
        "PORT": overrides["PORT"] or credentials.get("port", "5432"),
        "NAME": overrides["NAME"] or credentials.get("dbname", ""),
        "CREDENTIALS_SECRET": secret,
    }
    env.problems.extend(
        f"DATABASE_{field} is not set, and the secret does not say it"
        for field in ("HOST", "NAME")
        if not entry[field]
    )
    return entry


def _postgresql(env: StageEnvironment) -> dict[str, Any]:
    root_certificates = env.text("DATABASE_SSLROOTCERT", default="")
    # Without the bundle of RDS's own authority the server can't be told from an impostor; see decision 0021.
    safest = "verify-full" if root_certificates else "require"
    sslmode = env.choice("DATABASE_SSLMODE", _SSL_MODES, default="prefer" if env.is_local else safest)
    return {
        "ENGINE": "app.config.postgresql",
        "CONN_MAX_AGE": 0 if env.is_local else _CONNECTION_MAX_AGE_SECONDS,
        # A frozen Lambda can wake up with a connection that its server closed long ago.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": f"coalition-builder {env.stage}",
            "connect_timeout": 5,
            "keepalives_idle": 30,
            # A peer that vanished without a word is noticed while the request can still be answered. The kernel counts
            # a server that is too busy to read on as vanished too, so a COPY needs more.
            "tcp_user_timeout": 1000 * _limit_seconds(env, "DATABASE_NETWORK_TIMEOUT_SECONDS", 5),
            "sslmode": sslmode,
            **({"sslrootcert": root_certificates} if root_certificates else {}),
        },
        "SESSION": {
            "statement_timeout": f"{_limit_seconds(env, 'DATABASE_STATEMENT_TIMEOUT_SECONDS', 10)}s",
            "lock_timeout": f"{_limit_seconds(env, 'DATABASE_LOCK_TIMEOUT_SECONDS', 3)}s",
            "idle_in_transaction_session_timeout": f"{_limit_seconds(env, 'DATABASE_IDLE_TIMEOUT_SECONDS', 30)}s",
        },
    }


def _limit_seconds(env: StageEnvironment, name: str, deployed_default: int) -> int:
    """A time limit; 0 is none, as on a developer's machine, where imports are tried by hand."""
    return env.integer(name, default=0 if env.is_local else deployed_default)
