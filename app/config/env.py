"""Typed reading of the environment.

Every problem is collected and named at once, so an operator mends a stage in one go instead of one variable a deploy.
"""

import re
from collections.abc import Callable, Collection
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from app.folders import replacing

LOCAL = "local"
STAGES = (LOCAL, "dev", "staging", "prod")

# A rehearsal deploys a stage on one machine, without certificates.
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

T = TypeVar("T")
Network = IPv4Network | IPv6Network

# Two slashes would begin a host, and a path has to leave room for others.
_ADDRESS_OR_PATH = re.compile(r"https?://[^/]+/(.*/)?|/[^/]+/(.*/)?")


class StageEnvironment:
    """The environment of one stage.

    `local=` is a value that holds on a developer's machine only: a deployed stage has to be told.
    `default=` holds everywhere. A setting with neither is required everywhere.
    """

    def __init__(self) -> None:
        self._env = environ.Env()
        self.problems: list[str] = []
        # Every name that was asked for, whether or not it was there: what docs and Terraform are held against.
        self.names: set[str] = {"STAGE"}
        self.stage: str = self._env.ENVIRON.get("STAGE", LOCAL)
        if self.stage not in STAGES:
            self.problems.append(f"STAGE is {self.stage!r}, expected one of {', '.join(STAGES)}")

    @property
    def is_local(self) -> bool:
        return self.stage == LOCAL

    def text(self, name: str, **fallback: str) -> str:
        return self._read(name, str, "", fallback)

    def boolean(self, name: str, **fallback: bool) -> bool:
        return self._read(name, bool, False, fallback)  # noqa: FBT003 - the value in error

    def integer(self, name: str, **fallback: int) -> int:
        return self._read(name, int, 0, fallback)

    def listing(self, name: str, **fallback: list[str]) -> list[str]:
        """A comma-separated list."""
        return self._read(name, list, [], fallback)

    def networks(self, name: str) -> list[Network]:
        """A comma-separated list of networks of IPv4 or IPv6; none if it is not set."""
        networks = []
        for text in self.listing(name, default=[]):
            try:
                networks.append(ip_network(text.strip()))
            except ValueError:
                self.problems.append(
                    f"{name} has {text.strip()!r}, expected networks like 203.0.113.0/24 or 2001:db8::/32"
                )
        return networks

    def url(self, name: str, **fallback: str) -> str:
        """An address of the web that a path can be put behind; https when deployed, but on this very machine."""
        value = self.text(name, **fallback)
        if name not in self._env.ENVIRON or not value:
            return value
        flaw = _flaw_of_url(value, allows_http=self.is_local)
        if flaw:
            self.problems.append(f"{name} {flaw}")
        # What is made of it before `finish` has to bear it.
        return "" if flaw else value

    def database_url(self, name: str, url: str) -> dict[str, Any]:
        """What a database URL that was read by `name` means to Django's DATABASES."""
        entry = self._parse(url, self._env.db_url_config)
        if url and not entry.get("ENGINE"):
            # The value may hold a password, so no message repeats it.
            self.problems.append(f"{name} is no URL of a database")
        return entry

    def email(self, name: str, **fallback: str) -> dict[str, Any]:
        """An e-mail URL as Django's EMAIL_* settings."""
        url = self.text(name, **fallback)
        settings = _ses(url) if url.startswith("ses:") else self._parse(url, self._env.email_url_config)
        if url and not settings:
            self.problems.append(f"{name} is no URL of a way to send mail")
        return settings

    def text_or_secret(self, name: str, secret_name: str, **fallback: str) -> tuple[str, str]:
        """A value that is given directly, or the name of the secret that holds it.

        Returns:
            `(value, "")`, or `("", secret's name)` if `name` is not set and `secret_name` is.
        """
        secret = self.text(secret_name, default="")
        if name in self._env.ENVIRON or (self.is_local and not secret):
            return self.text(name, **fallback), ""
        self.names.add(name)
        if not secret:
            self.problems.append(f"neither {name} nor {secret_name} is set")
        return "", secret

    def address_or_path(self, name: str, *, default: str) -> str:
        """An address or, on our own host, a path; both end in a slash."""
        value = self.text(name, default=default)
        if not _ADDRESS_OR_PATH.fullmatch(value):
            self.problems.append(
                f"{name} is {value!r}, expected https://… or a path that begins with /, ending in /"
            )
            return default
        if not value.startswith("/") and (flaw := _flaw_of_url(value, allows_http=self.is_local)):
            self.problems.append(f"{name} {flaw}")
            return default
        return value

    def files(self, name: str, **fallback: str) -> str:
        """`s3://bucket/`, or on a developer's machine a folder."""
        value = self.text(name, **fallback)
        wanted = (
            r"s3://[a-z0-9][a-z0-9-]{1,61}[a-z0-9]/"
            if not self.is_local or value.startswith("s3:")
            else r".+"
        )
        if value and not re.fullmatch(wanted, value):
            self.problems.append(f"{name} is {value!r}, expected s3://bucket/")
        return value

    def choice(self, name: str, choices: Collection[str], **fallback: str) -> str:
        value = self.text(name, **fallback)
        if value not in choices:
            self.problems.append(f"{name} is {value!r}, expected one of {', '.join(choices)}")
        return value

    def finish(self) -> None:
        """Call after the last setting was read.

        Raises:
            ImproperlyConfigured: names everything that is missing or malformed.
        """
        if self.problems:
            raise ImproperlyConfigured(
                f"The environment of stage {self.stage!r} is not complete:\n  - "
                + "\n  - ".join(self.problems)
            )

    def _read(self, name: str, kind: type[T], in_error: T, fallback: dict[str, T]) -> T:
        self.names.add(name)
        if name not in self._env.ENVIRON:
            if "default" in fallback:
                return fallback["default"]
            if self.is_local and "local" in fallback:
                return fallback["local"]
            self.problems.append(f"{name} is not set")
            return in_error
        try:
            # Not `self._env(name)`: that takes a value that begins with $ for the name of another variable.
            value: T = self._env.parse_value(self._env.ENVIRON[name], kind)
        except ValueError as error:
            self.problems.append(f"{name} can't be read: {error}")
            return in_error
        if value == "" and "default" not in fallback:
            self.problems.append(f"{name} is empty")
        return value

    def _parse(self, url: str, parse: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        if not url:
            return {}
        try:
            return parse(url)
        except (ValueError, KeyError, ImproperlyConfigured):
            return {}


def _flaw_of_url(url: str, *, allows_http: bool) -> str:
    """What a message says after the variable's name, without the value; empty if there is nothing to say."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", url):
        return "is no URL, expected https://host…"
    if parts.scheme == "http" and not allows_http and host not in _LOOPBACK_HOSTS:
        return "begins with http://, expected https://"
    if parts.username is not None or parts.query or parts.fragment:
        return "has more than a host and a path"
    return ""


def _ses(url: str) -> dict[str, Any]:
    """`ses://CONFIGURATION_SET` as settings; none if it names no such set."""
    found = re.fullmatch(r"ses://([A-Za-z0-9_-]{1,64})/?", url)
    return {"EMAIL_BACKEND": "app.mail.ses.EmailBackend", "SES_CONFIGURATION_SET": found[1]} if found else {}


def local_secret_key(path: Path) -> str:
    """The secret key of a developer's machine: made once, kept in a git-ignored file."""
    if not path.exists():
        with replacing(path) as file:
            file.write(get_random_secret_key().encode())
    return path.read_text()
