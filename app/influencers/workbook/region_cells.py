"""The regions that cells name, and a field of a form that is written as a cell is."""

import re
from collections.abc import Iterable, Sequence

from app.influencers.names import normalise_text
from app.influencers.workbook.columns import CellError
from app.regions.models import Region
from app.regions.written import meant, written

# Of an influencer: a text must not ask for millions of names.
MOST_REGIONS = 1000
_MOST_CHOICES = 4
# More names than there are regions are no names.
_MOST_REMEMBERED = 50_000


class RegionCells:
    """What names of regions mean; each is asked for once, however many cells have it."""

    def __init__(self) -> None:
        self._meant: dict[str, list[Region]] = {}

    def look_up(self, names: set[str]) -> None:
        """Learn these, by one query if any is new; `chosen` knows no others."""
        if len(self._meant) > _MOST_REMEMBERED:
            self._meant.clear()
        if new := names - self._meant.keys():
            self._meant |= meant(new)

    def chosen(self, names: Iterable[str], own: Sequence[Region]) -> list[Region]:
        """The regions of these names; one that the influencer has stays the one it is, of whatever vintage.

        Raises:
            CellError: a name means nothing, or more than one region.
        """
        by_name = {written(region).casefold(): region for region in own}
        by_identity = {(region.kind, region.geoid): region for region in own}
        regions = [by_name.get(name.casefold()) or self._one(name) for name in names]
        kept = [by_identity.get((region.kind, region.geoid), region) for region in regions]
        return list({region.pk: region for region in kept}.values())

    def _one(self, name: str) -> Region:
        found = self._meant[name]
        if len(found) == 1:
            return found[0]
        if not found:
            raise CellError(
                f"there is no region “{name[:60]}”; write it as MD; Howard County, MD; Congressional district 3, MD;"
                " or ZIP area 21201"
            )
        left = len(found) - _MOST_CHOICES
        more = f" or {left} other{'s' * (left > 1)}" if left > 0 else ""
        choices = " or ".join(written(region) for region in found[:_MOST_CHOICES])
        raise CellError(f"“{name}” can be {choices}{more}: write which")


def names(text: str) -> list[str]:
    """What a cell says, name by name.

    Raises:
        CellError: more than MOST_REGIONS.
    """
    found = {name for name in map(normalise_text, re.split(r"[;\n]", text)) if name}
    if len(found) > MOST_REGIONS:
        raise CellError(f"{len(found):,} regions; {MOST_REGIONS:,} is the limit")
    return sorted(found, key=str.casefold)


def named_in(text: str, own: Sequence[Region]) -> list[Region]:
    """What a single text means, as `RegionCells.chosen` says it.

    Raises:
        CellError: as there, and as `names`.
    """
    asked = names(text)
    cells = RegionCells()
    cells.look_up(set(asked))
    return cells.chosen(asked, own)


def cell(regions: Iterable[Region]) -> str:
    """What a cell says of an influencer's regions."""
    return "; ".join(sorted(map(written, regions)))
