"""What a stage has to answer before it counts as deployed."""

import hashlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import quote, urlsplit

# Status and body of GET.
Getter = Callable[[str], tuple[int, str]]

# Those that are text.
_ASSET = re.compile(r"""(?:href|src)=["']([^"']+\.(?P<digest>[0-9a-f]{12})\.(?:css|js|svg))["']""")
_TIMEOUT_SECONDS = 30


class SmokeError(Exception):
    """The stage does not serve what it should; the message says what it answered."""


def check_release(get: Getter, release: str) -> None:
    """The process answers, with the release's own code, and reaches its database.

    Raises:
        SmokeError: it doesn't.
    """
    body = _expect_ok(get, "/healthz")
    try:
        served = json.loads(body)["release"]
    except (ValueError, KeyError, TypeError):
        raise SmokeError(f"/healthz names no release:\n{body[:500]}") from None
    if served != release:
        raise SmokeError(f"/healthz says release {served}, expected {release}.")
    _expect_ok(get, "/readyz")


def check_pages(get: Getter, prefix: str = "", release: str = "") -> str:
    """The home page answers, and an asset that it links to, named by its content, arrives as it was packaged.

    Args:
        get: of the stage.
        prefix: what stands in front of every path in a page and not in those that `get` takes: the API's own address
            has the stage there.
        release: whose page it has to be where a CDN may have kept another's; empty where nothing is kept.

    Returns:
        The asset's address or, if the stage serves it itself, its path.

    Raises:
        SmokeError: one is missing or broken.
    """
    # A query is part of what the CDN keeps a page by.
    page = _expect_ok(get, f"/?release={quote(release)}" if release else "/")
    found = _ASSET.search(page)
    if found is None:
        raise SmokeError("The home page links to no asset that is named by its content.")
    asset = found[1]
    if urlsplit(asset).netloc:
        status, content = fetch(asset)
    elif asset.startswith(f"{prefix}/"):
        status, content = get(asset.removeprefix(prefix))
    else:
        raise SmokeError(f"The home page links to {asset}, which is not below {prefix}/.")
    if status != 200:  # noqa: PLR2004 - HTTP's OK
        raise SmokeError(f"The asset {asset} answered {status}.")
    if found["digest"] != _digest(content):
        raise SmokeError(f"The asset {asset} is not what its name says: was it changed on its way?")
    return asset


def _digest(content: str) -> str:
    """As Django's ManifestStaticFilesStorage puts it into a name."""
    return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()[:12]


def through(base_url: str) -> Getter:
    """GET through a public address."""
    return lambda path: fetch(base_url.rstrip("/") + path)


def fetch(url: str) -> tuple[int, str]:
    """Status and body; redirects are followed. What is lost on the way is asked for once more.

    Raises:
        SmokeError: nothing answered, twice.
    """
    try:
        return _asked(url)
    except (OSError, HTTPException):
        pass
    try:
        return _asked(url)
    except (OSError, HTTPException) as error:
        raise SmokeError(f"{url} can't be reached: {error!r}") from None


def _asked(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
            return int(answer.status), str(answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def _expect_ok(get: Getter, path: str) -> str:
    status, body = get(path)
    if status != 200:  # noqa: PLR2004 - HTTP's OK
        raise SmokeError(f"{path} answered {status}:\n{body[:500]}")
    return body
