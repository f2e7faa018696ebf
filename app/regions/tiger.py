"""What the fields of TIGER/Line and cartographic-boundary files of the U.S. Census mean.

Sources: TIGER/Line Shapefiles Technical Documentation, appendices E (record layouts) and F (LSAD codes).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.regions.models import Region, RegionKind
from app.regions.shapefiles import Record
from app.regions.sources import SourceError

# Files of a census carry its year in their fields' names: GEOID20, NAMELSAD10.
_YEARS = ("", "20", "10", "00")

# Appended to the name; the codes that are not here (00) add nothing.
_COUNTY_DESCRIPTIONS = {
    "03": "City and Borough",
    "04": "Borough",
    "05": "Census Area",
    "06": "County",
    "07": "District",
    "10": "Island",
    "12": "Municipality",
    "13": "Municipio",
    "15": "Parish",
    "25": "city",
    "PL": "Planning Region",
}
_DISTRICT_DESCRIPTIONS = {
    "C1": "Congressional District (at Large)",
    "C3": "Resident Commissioner District (at Large)",
    "C4": "Delegate District (at Large)",
}


@dataclass(frozen=True)
class Layout:
    """How one kind of region stands in its files.

    Attributes:
        geoid_pattern: what a GEOID of this kind looks like.
        geoid_example: one, for messages.
        outline_tolerance_degrees: the most that the simplified outline may be off; 0.01° is about 1 km.
        geoid_fields: where the GEOID stands; the first that is there holds.
        name_fields: likewise the bare name; without any it is the district's number.
        description: in front of a district's number where the file has no NAMELSAD.
        undefined_code: the code of water and other ground that belongs to no district.
    """

    geoid_pattern: str
    geoid_example: str
    outline_tolerance_degrees: float
    geoid_fields: tuple[str, ...] = ("GEOID",)
    name_fields: tuple[str, ...] = ("NAME",)
    description: str = ""
    undefined_code: str = ""


LAYOUTS: dict[str, Layout] = {
    RegionKind.STATE: Layout(r"\d{2}", "24", 0.02),
    RegionKind.COUNTY: Layout(r"\d{5}", "24510", 0.005),
    RegionKind.CONGRESSIONAL_DISTRICT: Layout(
        r"\d{2}(\d{2}|ZZ)",
        "2403",
        0.005,
        name_fields=(),
        description="Congressional District",
        undefined_code="ZZ",
    ),
    RegionKind.STATE_SENATE: Layout(
        r"\d{2}[0-9A-Z]{3}", "24046", 0.005, description="State Senate District", undefined_code="ZZZ"
    ),
    RegionKind.STATE_HOUSE: Layout(
        r"\d{2}[0-9A-Z]{3}", "2446A", 0.003, description="State House District", undefined_code="ZZZ"
    ),
    RegionKind.ZIP_AREA: Layout(
        r"\d{5}",
        "21201",
        0.002,
        geoid_fields=("GEOID", "ZCTA5CE"),
        name_fields=("NAME", "ZCTA5CE"),
        description="ZIP",
    ),
}
# What keeps the outline of a small region, which maps show as large as others, from being a triangle.
OUTLINE_TOLERANCE_OF_SIZE = 1 / 200
_AREA_MAX_DIGITS = 18
_AT_LARGE = {"00", "98"}


class RejectedError(Exception):
    """The record can't become a region; the message says why."""


class SkippedError(Exception):
    """The record is no region by design; the message says what it is."""


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """The columns of a region that come from the attributes of a record."""

    geoid: str
    name: str
    full_name: str
    state_fips: str
    usps: str
    land_area_m2: int
    water_area_m2: int


def check_fields(kind: str, fields: Iterable[str]) -> None:
    """Refuse a file that can't hold regions of this kind.

    Raises:
        SourceError: names the field that is missing and those that are there.
    """
    layout, present = LAYOUTS[kind], set(fields)
    for candidates in (layout.geoid_fields, layout.name_fields):
        if candidates and not any(base + year in present for base in candidates for year in _YEARS):
            raise SourceError(
                f"There is no field {' or '.join(candidates)}, which a file of kind {kind} has;"
                f" its fields are {', '.join(sorted(present))}."
            )


def geoid_of(record: Record, kind: str) -> str:
    """The GEOID as it stands, for messages about a record too; empty if there is none."""
    return _text(record.attributes or {}, *LAYOUTS[kind].geoid_fields)


def read_attributes(record: Record, kind: str) -> Attributes:
    """A record's attributes as a region of this kind.

    Raises:
        SkippedError: the record is deleted, or a district that is not defined.
        RejectedError: something is missing or malformed.
    """
    if record.attributes is None:
        raise SkippedError("marked as deleted")
    fields, layout, geoid = record.attributes, LAYOUTS[kind], geoid_of(record, kind)
    if not re.fullmatch(layout.geoid_pattern, geoid, re.ASCII):
        problem = f"the GEOID {geoid} is not one" if geoid else "it has no GEOID"
        raise RejectedError(f"{problem} of kind {kind}, as {layout.geoid_example}")
    if layout.undefined_code and geoid.endswith(layout.undefined_code):
        raise SkippedError("district not defined")
    name = _name(fields, kind, geoid)
    return Attributes(
        geoid=geoid,
        name=_fitting(name, "name"),
        full_name=_fitting(_text(fields, "NAMELSAD") or _full_name(fields, kind, name), "full_name"),
        state_fips=_state_fips(fields, kind, geoid),
        usps=_usps(fields) if kind == RegionKind.STATE else "",
        land_area_m2=_area(fields, "ALAND"),
        water_area_m2=_area(fields, "AWATER"),
    )


def _text(fields: Mapping[str, str], *bases: str) -> str:
    for base in bases:
        for year in _YEARS:
            if value := fields.get(base + year):
                return value
    return ""


def _area(fields: Mapping[str, str], base: str) -> int:
    text = _text(fields, base)
    # More digits than fit into the column are no area on this globe either.
    if text and not (text.isascii() and text.isdecimal() and len(text) <= _AREA_MAX_DIGITS):
        raise RejectedError(f"{base} is {text}, not a number of square metres")
    return int(text or 0)


def _name(fields: Mapping[str, str], kind: str, geoid: str) -> str:
    layout = LAYOUTS[kind]
    if name := _text(fields, *layout.name_fields):
        return name
    if layout.name_fields:
        raise RejectedError("it has no name")
    number = geoid[2:]
    return "at large" if number in _AT_LARGE else number.lstrip("0")


def _full_name(fields: Mapping[str, str], kind: str, name: str) -> str:
    code = _text(fields, "LSAD")
    if kind == RegionKind.COUNTY:
        return f"{name} {_COUNTY_DESCRIPTIONS.get(code, '')}".strip()
    if code in _DISTRICT_DESCRIPTIONS:
        return _DISTRICT_DESCRIPTIONS[code]
    description = LAYOUTS[kind].description
    # Districts are numbers in most states and places in a few: "State Senate District 27", "Addison State Senate …".
    is_place = bool(re.search(r"[a-z]", name)) and kind != RegionKind.CONGRESSIONAL_DISTRICT
    return f"{name} {description}".strip() if is_place else f"{description} {name}".strip()


def _fitting(text: str, column: str) -> str:
    limit = Region._meta.get_field(column).max_length  # type: ignore[union-attr]  # noqa: SLF001 - Django's public name; both columns are texts
    if limit is not None and len(text) > limit:
        raise RejectedError(f"its {column.replace('_', ' ')} is longer than {limit} characters")
    return text


def _state_fips(fields: Mapping[str, str], kind: str, geoid: str) -> str:
    if kind == RegionKind.ZIP_AREA:
        return ""
    state = _text(fields, "STATEFP") or geoid[:2]
    if state != geoid[:2]:
        raise RejectedError(f"STATEFP {state} does not fit its GEOID")
    return state


def _usps(fields: Mapping[str, str]) -> str:
    usps = _text(fields, "STUSPS").upper()
    if not re.fullmatch(r"[A-Z]{2}", usps):
        raise RejectedError(f"STUSPS is {usps!r}, not a postal code of two letters")
    return usps
