"""What a stage has to answer before it counts as deployed."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import urljoin

# Status and body of GET.
Getter = Callable[[str], tuple[int, str]]

_ASSET = re.compile(r"""(?:href|src)=["']([^"']+\.[0-9a-f]{12}\.(?:css|js|svg|png|woff2))["']""")
_TIMEOUT_SECONDS = 30


class SmokeError(Exception):
    """The stage does not serve what it should; the message says what it answered."""


def check_release(get: Getter, release: str) -> None:
    """The process answers, with the release's own code, and reaches its database.

    Raises:
        SmokeError: it doesn't.
    """
    body = _expect_ok(get, "/healthz")
    served = json.loads(body).get("release")
    if served != release:
        raise SmokeError(f"/healthz says release {served}, expected {release}.")
    _expect_ok(get, "/readyz")


def check_pages(get: Getter, page_url: str) -> str:
    """The home page answers, and an asset that it links to, named by its content, is there.

    Args:
        get: of the stage.
        page_url: the home page's public address, to resolve the asset's.

    Returns:
        The asset's address.

    Raises:
        SmokeError: one is missing.
    """
    page = _expect_ok(get, "/")
    found = _ASSET.search(page)
    if found is None:
        raise SmokeError("The home page links to no asset that is named by its content.")
    asset: str = urljoin(page_url, found[1])
    status, _ = fetch(asset)
    if status != 200:  # noqa: PLR2004 - HTTP's OK
        raise SmokeError(f"The asset {asset} answered {status}.")
    return asset


def through(base_url: str) -> Getter:
    """GET through a public address."""
    return lambda path: fetch(base_url.rstrip("/") + path)


def fetch(url: str) -> tuple[int, str]:
    """Status and body; redirects are followed.

    Raises:
        SmokeError: nothing answered.
    """
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
            return int(answer.status), str(answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        raise SmokeError(f"{url} can't be reached: {error}") from None


def _expect_ok(get: Getter, path: str) -> str:
    status, body = get(path)
    if status != 200:  # noqa: PLR2004 - HTTP's OK
        raise SmokeError(f"{path} answered {status}:\n{body[:500]}")
    return body
