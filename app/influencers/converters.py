"""What a part of an address may be."""

from app.influencers.platforms import PLATFORMS


class PlatformConverter:
    """A platform's name; any other is no address of ours."""

    regex = "|".join(PLATFORMS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
