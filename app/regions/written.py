"""Regions as people write them: one form that is written, and several that are understood."""

from collections import defaultdict
from collections.abc import Collection, Iterator

from django.db.models import Q
from django.db.models.functions import Upper

from app.regions.models import Region, RegionKind

# Of a state's postal or FIPS code.
_CODE_LENGTH = 2
_DISTRICTS = (
    RegionKind.CONGRESSIONAL_DISTRICT,
    RegionKind.STATE_SENATE,
    RegionKind.STATE_HOUSE,
    RegionKind.ZIP_AREA,
)


def written(region: Region) -> str:
    """`MD`, `Howard County, MD`, `Congressional district 3, MD`, `State house district 46A, MD` or `ZIP area 21201`.

    The Census calls the districts of both houses by the same names, so the kind is ours. Reads the region's parent.
    """
    if region.kind == RegionKind.STATE:
        return region.usps
    name = (
        region.full_name if region.kind == RegionKind.COUNTY else f"{region.get_kind_display()} {region.name}"
    )
    return ", ".join(filter(None, (name, _state_of(region))))


def meant(texts: Collection[str]) -> dict[str, list[Region]]:
    """What each text can mean among the current regions, in one query: nothing, one region, or several to choose from.

    Besides the written form, a name with or without its state's code, and a GEOID; capitals don't matter. A full name
    goes before a bare one: “Baltimore city, MD” is one, “Baltimore, MD” can be two.
    """
    found = _by_name({name for text in texts for name in _names(text)})
    return {text: _meant(text, found) for text in texts}


def _state_of(region: Region) -> str:
    return region.parent.usps if region.parent else region.state_fips


def _split(text: str) -> tuple[str, str]:
    """The name and the state's code behind it, or nothing."""
    name, comma, code = text.rpartition(",")
    has_state = comma and len(code.strip()) == _CODE_LENGTH
    return (name.strip(), code.strip().upper()) if has_state else (text.strip(), "")


def _names(text: str) -> Iterator[str]:
    """What of a text can stand in a column: with the state it may be a name that has a comma."""
    name, _ = _split(text)
    yield text
    yield name
    for kind in _DISTRICTS:
        label = f"{kind.label} "
        if name.casefold().startswith(label.casefold()):
            yield name[len(label) :].strip()


def _by_name(names: Collection[str]) -> dict[str, list[Region]]:
    """Current regions by full name, name, GEOID and postal code, in upper case; of each the newest."""
    wanted = {name.upper() for name in names}
    # SQLite's upper case is ASCII's alone.
    exact = Q(full_name__in=names) | Q(name__in=names)
    by_upper = Q(upper_full_name__in=wanted) | Q(upper_name__in=wanted)
    rows = (
        Region.objects.current()
        .annotate(upper_full_name=Upper("full_name"), upper_name=Upper("name"))
        .filter(exact | by_upper | Q(geoid__in=wanted) | Q(usps__in=wanted))
        .to_be_written()
        .order_by("vintage")
    )
    newest = {(region.kind, region.geoid): region for region in rows}
    found: dict[str, list[Region]] = defaultdict(list)
    for region in newest.values():
        for name in {region.full_name.upper(), region.name.upper(), region.geoid, region.usps}:
            found[name].append(region)
    return found


def _meant(text: str, found: dict[str, list[Region]]) -> list[Region]:
    name, state = _split(text)
    unique = {region.pk: region for each in _names(text) for region in found.get(each.upper(), ())}
    inside = [
        region for region in unique.values() if state in {"", _state_of(region).upper(), region.state_fips}
    ]
    ways = (
        [region for region in unique.values() if written(region).upper() == text.upper()],
        [region for region in inside if region.full_name.upper() in {name.upper(), text.upper()}],
        [region for region in inside if name.upper() in {region.name.upper(), region.geoid}],
    )
    best = next(filter(None, ways), [])
    order = RegionKind.values
    return sorted(best, key=lambda region: (order.index(region.kind), region.geoid))
