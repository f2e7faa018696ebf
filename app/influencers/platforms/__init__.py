"""What differs between the platforms, behind one interface.

A platform is a module of this package that makes an `Adapter`, and a row in ADAPTERS. Nothing else in the application
asks which platform it deals with.
"""

from app.influencers.platforms.adapter import Adapter, NotAnAccountError
from app.influencers.platforms.instagram import INSTAGRAM
from app.influencers.platforms.youtube import YOUTUBE

__all__ = ["ADAPTERS", "PLATFORMS", "Adapter", "NotAnAccountError", "adapter"]

ADAPTERS: dict[str, Adapter] = {found.name: found for found in (YOUTUBE, INSTAGRAM)}
PLATFORMS = tuple(ADAPTERS)


def adapter(platform: str) -> Adapter:
    """The adapter of a platform by its name in addresses and in the database.

    Raises:
        KeyError: there is no such platform.
    """
    return ADAPTERS[platform]
