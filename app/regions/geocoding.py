"""From an address to a point, by whichever geocoder GEOCODER names, and what it said before.

The geocoder of the Census Bureau answers over IPv4 alone, which functions in our VPC have no way out by: only a job of
the queue `internet` may call `find_address` (docs/decisions/0031).
"""

import datetime as dt
import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from app.regions.geometry import Point
from app.regions.models import AddressAnswer

# The Bureau refreshes its streets twice a year; and an address that people corrected there deserves another chance.
KEEP_ANSWERS_DAYS = 90
_TIMEOUT_SECONDS = 10.0
# A server that drips keeps within the limit of each part for ever.
_DEADLINE_SECONDS = 60.0
_MOST_BYTES = 1 << 20
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_USER_AGENT = "coalition-builder"


class GeocoderUnavailableError(Exception):
    """The geocoder gave no answer that makes sense, and may give one later."""


class GeocoderRefusedError(Exception):
    """The geocoder will not take this request until somebody changes something."""

    # app.jobs.queue asks each error for this.
    is_permanent = True


@dataclass(frozen=True)
class Match:
    """A place that an address can mean, and how the geocoder writes it."""

    point: Point
    address: str


class Geocoder(Protocol):
    """Raises GeocoderUnavailableError or GeocoderRefusedError."""

    name: ClassVar[str]
    is_available: ClassVar[bool]

    def find(self, address: str) -> list[Match]:
        """The places that the address can mean: none, one, or several if it is ambiguous."""


@dataclass(frozen=True)
class NoGeocoder:
    """Addresses are kept and never looked up: people are located by coordinates and counties alone."""

    name: ClassVar[str] = "none"
    is_available: ClassVar[bool] = False

    def find(self, address: str) -> list[Match]:
        del address
        raise GeocoderRefusedError("GEOCODER is none: no address is looked up.")


@dataclass(frozen=True)
class CensusGeocoder:
    """The Census Bureau's: of the United States, Puerto Rico and the Island Areas, free, without a key.

    Source: "Geocoding Services Web Application Programming Interface (API)" of the Census Bureau, Single Record
    Geocoding, find type `locations`, search type `onelineaddress`. It needs at least a house number and a street.

    Args:
        base_url: what `/locations/onelineaddress` follows.
        timeout_seconds: for the connection, and again for each part of the answer.
        deadline_seconds: for all parts of the answer's body together.
    """

    name: ClassVar[str] = "census"
    is_available: ClassVar[bool] = True

    base_url: str
    timeout_seconds: float = _TIMEOUT_SECONDS
    deadline_seconds: float = _DEADLINE_SECONDS

    def find(self, address: str) -> list[Match]:
        query = urlencode({"address": address, "benchmark": "Public_AR_Current", "format": "json"})
        answer = self._ask(f"{self.base_url}/locations/onelineaddress?{query}")
        try:
            matches = [_match(found) for found in json.loads(answer)["result"]["addressMatches"]]
        except (ValueError, TypeError, KeyError, ValidationError) as error:
            raise GeocoderUnavailableError(
                f"The geocoder's answer is not what it documents ({type(error).__name__}: {error})."
            ) from None
        # One house can be found by both sides of its street, or by two records of it.
        return list({match.address: match for match in matches}.values())

    def _ask(self, url: str) -> bytes:
        # No message repeats the address, which is in the URL.
        request = urllib.request.Request(url, headers={"User-Agent": _USER_AGENT})  # noqa: S310 - settings allow https, or loopback
        try:
            with urllib.request.urlopen(  # noqa: S310 - as above
                request, timeout=self.timeout_seconds, context=ssl.create_default_context()
            ) as response:
                content = self._content(response)
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code) from None
        except (OSError, http.client.HTTPException) as error:
            # URLError, certificate errors and time-outs are all OSErrors.
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise GeocoderUnavailableError(f"The geocoder does not answer: {reason}.") from None
        if len(content) > _MOST_BYTES:
            raise GeocoderUnavailableError(f"The geocoder's answer has more than {_MOST_BYTES} bytes.")
        return content

    def _content(self, response: http.client.HTTPResponse) -> bytes:
        """At most one byte more than _MOST_BYTES."""
        ends_at = time.monotonic() + self.deadline_seconds
        content = b""
        # Part by part: `read` would wait for all of it.
        while part := response.read1(_MOST_BYTES + 1 - len(content)):
            content += part
            if time.monotonic() > ends_at:
                raise TimeoutError(f"not all of it came within {self.deadline_seconds:g} s")
        return content


def _refusal(status: int) -> Exception:
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        return GeocoderUnavailableError(f"The geocoder answered {status}.")
    return GeocoderRefusedError(f"The geocoder refused the request with {status}.")


def _match(found: dict[str, Any]) -> Match:
    position = found["coordinates"]
    return Match(Point.checked(float(position["x"]), float(position["y"])), str(found["matchedAddress"]))


def geocoder() -> Geocoder:
    """The one that GEOCODER names."""
    if NoGeocoder.name == settings.GEOCODER:
        return NoGeocoder()
    return CensusGeocoder(settings.CENSUS_GEOCODER_URL)


def find_address(address: str) -> AddressAnswer:
    """What the geocoder says of an address, or said within KEEP_ANSWERS_DAYS.

    Raises:
        GeocoderUnavailableError, GeocoderRefusedError: there is no answer. Nothing is kept.
    """
    return known_answer(address) or _ask_and_keep(address)


def known_answer(address: str) -> AddressAnswer | None:
    """What the geocoder has said of an address, without asking it."""
    return _answers({_key(address)}).first()


def known_of(addresses: Collection[str]) -> set[str]:
    """Those of the addresses that `known_answer` knows, by one query."""
    by_address = {address: _key(address) for address in addresses}
    known = set(_answers(by_address.values()).values_list("key", flat=True))
    return {address for address, key in by_address.items() if key in known}


def forget_old_answers() -> int:
    """Delete what is too old to be used; says how many."""
    deleted, _ = AddressAnswer.objects.filter(asked_at__lte=_oldest()).delete()
    return deleted


def _ask_and_keep(address: str) -> AddressAnswer:
    matches = geocoder().find(_normalised(address))
    point = matches[0].point if len(matches) == 1 else None
    with transaction.atomic():
        answer, _ = AddressAnswer.objects.update_or_create(
            key=_key(address), defaults={"matches": len(matches), "point": point, "asked_at": timezone.now()}
        )
    return answer


def _answers(keys: Collection[str]) -> QuerySet[AddressAnswer]:
    return AddressAnswer.objects.filter(key__in=keys, asked_at__gt=_oldest())


def _oldest() -> dt.datetime:
    return timezone.now() - dt.timedelta(days=KEEP_ANSWERS_DAYS)


def _normalised(address: str) -> str:
    """On one line: staff type addresses as on an envelope."""
    lines = (" ".join(line.split()) for line in address.splitlines())
    return ", ".join(line.rstrip(",") for line in lines if line)


def _key(address: str) -> str:
    """Tells addresses apart without keeping them: whoever erases a person leaves none of theirs here."""
    return salted_hmac(
        "regions.geocoding", f"{geocoder().name}\n{_normalised(address).casefold()}", algorithm="sha256"
    ).hexdigest()
