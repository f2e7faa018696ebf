"""YouTube: a channel by its handle (@name), or by its identifier (UC…) where it has no handle."""

import re

from app.influencers.platforms.adapter import Adapter, NotAnAccountError

_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
# https://support.google.com/youtube/answer/11585688: 3 to 30 letters and digits of many scripts, and - _ . ·
_PATTERN = r"^(UC[A-Za-z0-9_-]{22}|[^\sA-Z\]\[!\"#$%&'()*+,/:;<=>?@\\^`{|}~]{3,30})$"


def _from_path(parts: list[str]) -> str:
    if parts and parts[0].startswith("@"):
        return parts[0]
    if len(parts) > 1 and parts[0] == "channel":
        return parts[1]
    if parts and parts[0] in {"c", "user"}:
        raise NotAnAccountError(
            "YouTube's old addresses with /c/ and /user/ don't say which handle they belong to:"
            " open this one and copy the channel's @handle."
        )
    raise NotAnAccountError("This address on YouTube is no channel's. A channel's has an @handle in it.")


def _link(handle: str) -> str:
    return f"https://www.youtube.com/{f'channel/{handle}' if _CHANNEL_ID.fullmatch(handle) else f'@{handle}'}"


YOUTUBE = Adapter(
    name="youtube",
    label="YouTube",
    hosts=frozenset({"youtube.com"}),
    handle_pattern=_PATTERN,
    example="@cleanrivers",
    visitors_label="Daily views",
    from_path=_from_path,
    link=_link,
)
