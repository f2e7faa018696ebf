"""What Secrets Manager holds for a stage: Django's secret key and the database's credentials.

A stage that is given them directly (local, tests, a rehearsal) never gets here and never imports boto3.
"""

import json
from pathlib import Path
from typing import Any

from app.aws import client
from app.config.env import StageEnvironment, local_secret_key

_PREVIOUS = "AWSPREVIOUS"


class SecretUnreadableError(Exception):
    """A secret can't be had or isn't what it has to be. The message names it and never repeats its value."""


def signing_keys(env: StageEnvironment, local_file: Path) -> list[str]:
    """Django's secret key from SECRET_KEY or the secret that DJANGO_SECRET names, and earlier ones that stay good.

    Args:
        env: where problems are collected.
        local_file: keeps the key of a machine that is told nothing else.
    """
    local = {"local": local_secret_key(local_file)} if env.is_local else {}
    key, secret = env.text_or_secret("SECRET_KEY", "DJANGO_SECRET", **local)
    if not secret:
        return [key]
    try:
        return secret_keys(secret)
    except SecretUnreadableError as error:
        env.problems.append(f"DJANGO_SECRET: {error}")
        return [""]


def origin_secrets(env: StageEnvironment) -> list[str]:
    """What the CDN proves itself with, from ORIGIN_SECRET or the secret that CDN_SECRET names; none without a CDN.

    The previous version stays good, because the CDN takes minutes to learn a new one.
    """
    value, secret = env.text("ORIGIN_SECRET", default=""), env.text("CDN_SECRET", default="")
    if value or not secret:
        return [value] if value else []
    try:
        return secret_keys(secret)
    except SecretUnreadableError as error:
        env.problems.append(f"CDN_SECRET: {error}")
        return []


def secret_keys(name: str) -> list[str]:
    """Django's secret keys, the current one first; the secret's text is the key itself.

    The previous version stays good for what was signed with it, so that a rotation signs nobody out.

    Raises:
        SecretUnreadableError: there is no current version, or we may not read it.
    """
    current = _read(name)
    if not current:
        raise SecretUnreadableError(f"the secret {name} is empty")
    previous = _read(name, VersionStage=_PREVIOUS)
    return [current, previous] if previous else [current]


def database_credentials(name: str) -> dict[str, str]:
    """A database secret as RDS writes it.

    Returns:
        `username` and `password`, and of `host`, `port` and `dbname` what the secret knows: the one that RDS manages
        for a master user holds the first two alone.

    Raises:
        SecretUnreadableError: it can't be had, or is no JSON object with a user name and a password.
    """
    try:
        fields: dict[str, Any] = json.loads(_read(name) or "")
        known = {key: str(fields[key]) for key in ("host", "port", "dbname") if fields.get(key)}
        return {"username": str(fields["username"]), "password": str(fields["password"]), **known}
    except (ValueError, TypeError, KeyError, AttributeError):
        # `from None`: the parser's error repeats the text.
        raise SecretUnreadableError(
            f"the secret {name} is no JSON object with username and password"
        ) from None


def _read(name: str, **version: str) -> str | None:
    """The text of a secret; None if it has no such earlier version.

    Raises:
        SecretUnreadableError: it can't be had.
    """
    from botocore import exceptions
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        text: str = client("secretsmanager").get_secret_value(SecretId=name, **version)["SecretString"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if version and code == "ResourceNotFoundException":
            return None
        raise SecretUnreadableError(f"the secret {name} can't be read: {code}") from None
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
        # A stage that can't read its secrets does not start, so nobody could ask it later what it reaches.
        from app.config import endpoints

        found = endpoints.probe(endpoints.service("secretsmanager"))
        raise SecretUnreadableError(
            f"the secret {name} can't be read: {type(error).__name__}; tried again: {found.line}"
        ) from None
    except BotoCoreError as error:
        raise SecretUnreadableError(f"the secret {name} can't be read: {type(error).__name__}") from None
    except KeyError:
        raise SecretUnreadableError(f"the secret {name} holds bytes, expected text") from None
    return text
