"""A production stage whose every secret is a canary, asked for much of what can go wrong.

Reads the secrets of Secrets Manager as JSON from standard input, writes every answer to standard output and, as any
stage, its log to standard error.
"""

import json
import logging
import sys
from typing import Any

from moto import mock_aws


def main() -> None:
    secrets = json.load(sys.stdin)
    with mock_aws():
        from app.aws import client

        for name, text in secrets["first"].items():
            client("secretsmanager").create_secret(Name=name, SecretString=text)
        for name, text in secrets["second"].items():
            client("secretsmanager").put_secret_value(SecretId=name, SecretString=text)
        from app.config import wsgi
        from app.config.secrets import database_credentials

        assert wsgi.application
        ask_for_everything(secrets["person"])
        client("secretsmanager").put_secret_value(SecretId="database", SecretString=secrets["rotated"])
        assert database_credentials("database")


def ask_for_everything(person: dict[str, str]) -> None:
    from django.conf import settings
    from django.db import connection

    answered: int = connection.settings_dict["PORT"]
    for port in (answered, 1):
        connection.close()
        connection.settings_dict["PORT"] = port
        for path in ("/healthz", "/readyz", "/api/nothing/", "/api/schema/", "/admin/"):
            ask("get", path)
        # Without a table, and without a server: failures on our side.
        ask("get", "/api/campaigns/")
        ask("get", f"/confirm/{person['token']}/")
        ask("post", f"/withdraw/{person['token']}/", {})
        ask("post", "/api/campaigns/clean-water/endorsements/", person)
        ask("post", "/admin/login/", {"username": person["email"], "password": person["password"]})
    ask("get", "/healthz", host="elsewhere.example.org")
    # A careless programmer.
    logger = logging.getLogger("careless")
    logger.error("the database is %r", settings.DATABASES)
    logger.error("keys %s %s", settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS)
    logger.error("the CDN proves itself by %s", settings.ORIGIN_SECRETS)
    logger.error("mail by %s for %s", settings.EMAIL_HOST_PASSWORD, person["email"])


def ask(method: str, path: str, body: Any = None, host: str = "coalition.example.org") -> None:
    from django.test import Client

    browser = Client(raise_request_exception=False, enforce_csrf_checks=method == "get")
    options: dict[str, Any] = {"secure": True, "headers": {"Host": host}}
    if body is not None:
        options |= {"data": body, "content_type": "application/json"}
    response = getattr(browser, method)(path, **options)
    print(method, path.split("/")[1], response.status_code, dict(response.headers))  # noqa: T201 - what the test reads
    print(response.content.decode())  # noqa: T201


if __name__ == "__main__":
    main()
