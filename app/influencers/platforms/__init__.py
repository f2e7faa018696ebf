"""What differs between the platforms, behind one interface.

A platform is a module of this package that makes an `Adapter`, and a row in ADAPTERS. Nothing else in the application
asks which platform it deals with.
"""

from dataclasses import dataclass

from app.influencers.platforms.adapter import Adapter, NotAnAccountError
from app.influencers.platforms.instagram import INSTAGRAM
from app.influencers.platforms.youtube import YOUTUBE

__all__ = ["ADAPTERS", "PLATFORMS", "Adapter", "NotAnAccountError", "Recognised", "adapter", "recognise"]

ADAPTERS: dict[str, Adapter] = {found.name: found for found in (YOUTUBE, INSTAGRAM)}
PLATFORMS = tuple(ADAPTERS)


@dataclass(frozen=True)
class Recognised:
    """An account that an address names."""

    platform: str
    handle: str


def adapter(platform: str) -> Adapter:
    """The adapter of a platform by its name in addresses and in the database.

    Raises:
        KeyError: there is no such platform.
    """
    return ADAPTERS[platform]


def recognise(address: str) -> Recognised:
    """Which account of which platform an address on the web is about.

    Raises:
        NotAnAccountError: of none that we know.
    """
    for found in ADAPTERS.values():
        if found.is_own_address(address):
            return Recognised(found.name, found.handle(address))
    labels = " or ".join(found.label for found in ADAPTERS.values())
    raise NotAnAccountError(f"This is no address of an account on {labels}.")
