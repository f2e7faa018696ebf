"""Instagram: an account by its user name."""

from app.influencers.platforms.adapter import Adapter, NotAnAccountError

# The first part of addresses that are no profile.
_NOT_PROFILES = frozenset({"p", "reel", "reels", "tv", "explore", "stories", "accounts", "direct"})


def _from_path(parts: list[str]) -> str:
    if not parts or parts[0].lower() in _NOT_PROFILES:
        raise NotAnAccountError(
            "This address on Instagram is no profile's. A profile's ends in the user name."
        )
    return parts[0]


def _link(handle: str) -> str:
    return f"https://www.instagram.com/{handle}/"


INSTAGRAM = Adapter(
    name="instagram",
    label="Instagram",
    hosts=frozenset({"instagram.com", "instagr.am"}),
    handle_pattern=r"^[a-z0-9._]{1,30}$",
    example="clean.rivers",
    visitors_label="Daily visitors",
    from_path=_from_path,
    link=_link,
)
