"""Where the Census Bureau keeps the TIGER/Line files of a kind and vintage, by name.

Sources: TIGER/Line Shapefiles Technical Documentation, chapter 2 "File naming"; the folders TIGER2012 to TIGER2025 under
ROOT. A vintage's file of congressional districts is named after the Congress that they elect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.regions.models import RegionKind
from app.regions.sources import SourceError

ROOT = "https://www2.census.gov/geo/tiger"
# Older vintages lie in other folders and under other names.
FIRST_NAMED_VINTAGE = 2012
# The last one whose Congress is known. Later ones need a line in _CONGRESS_FROM, or their files by name.
LAST_NAMED_CONGRESS = 2025
_CONGRESS_FROM = {2012: 112, 2013: 113, 2014: 114, 2016: 115, 2018: 116, 2023: 118, 2024: 119}
_CONGRESS_BY_STATE_FROM = 2023
_ZIP_AREAS_OF_2020_FROM = 2020

FIPS_BY_USPS = {
    "AL": "01", "AK": "02", "AZ": "04", "AR": "05", "CA": "06", "CO": "08", "CT": "09", "DE": "10", "DC": "11",
    "FL": "12", "GA": "13", "HI": "15", "ID": "16", "IL": "17", "IN": "18", "IA": "19", "KS": "20", "KY": "21",
    "LA": "22", "ME": "23", "MD": "24", "MA": "25", "MI": "26", "MN": "27", "MS": "28", "MO": "29", "MT": "30",
    "NE": "31", "NV": "32", "NH": "33", "NJ": "34", "NM": "35", "NY": "36", "NC": "37", "ND": "38", "OH": "39",
    "OK": "40", "OR": "41", "PA": "42", "RI": "44", "SC": "45", "SD": "46", "TN": "47", "TX": "48", "UT": "49",
    "VT": "50", "VA": "51", "WA": "53", "WV": "54", "WI": "55", "WY": "56", "AS": "60", "GU": "66", "MP": "69",
    "PR": "72", "VI": "78",
}  # fmt: skip
_ISLAND_AREAS = {"60", "66", "69", "78"}
# Nebraska's legislature and the District of Columbia's council have one chamber, which counts as the upper one.
_ONE_CHAMBER = {"11", "31"}


@dataclass(frozen=True)
class _Naming:
    """How the files of a kind are named.

    Attributes:
        folder: below the vintage's own.
        suffix: the end of the name.
        states: those that have a file of their own; empty if one file holds the whole country.
    """

    folder: str
    suffix: str
    states: tuple[str, ...] = ()


def _naming(kind: str, vintage: int) -> _Naming:
    states = tuple(FIPS_BY_USPS.values())
    with_legislature = tuple(state for state in states if state not in _ISLAND_AREAS)
    recent_zip_areas = vintage >= _ZIP_AREAS_OF_2020_FROM
    namings = {
        RegionKind.STATE: lambda: _Naming("STATE", "state"),
        RegionKind.COUNTY: lambda: _Naming("COUNTY", "county"),
        RegionKind.CONGRESSIONAL_DISTRICT: lambda: _Naming(
            "CD", f"cd{_congress(vintage)}", states if vintage >= _CONGRESS_BY_STATE_FROM else ()
        ),
        RegionKind.STATE_SENATE: lambda: _Naming("SLDU", "sldu", with_legislature),
        RegionKind.STATE_HOUSE: lambda: _Naming(
            "SLDL", "sldl", tuple(state for state in with_legislature if state not in _ONE_CHAMBER)
        ),
        RegionKind.ZIP_AREA: lambda: _Naming(
            *(("ZCTA520", "zcta520") if recent_zip_areas else ("ZCTA5", "zcta510"))
        ),
    }
    return namings[RegionKind(kind)]()


def _congress(vintage: int) -> int:
    if vintage > LAST_NAMED_CONGRESS:
        raise SourceError(
            f"Which Congress the districts of {vintage} elect is not known here: name their files, or add the vintage"
            " to app/regions/census.py."
        )
    return _CONGRESS_FROM[max(first for first in _CONGRESS_FROM if first <= vintage)]


def file_names(kind: str, vintage: int, states: Sequence[str] = ()) -> list[str]:
    """The paths of a layer's files below ROOT, as "TIGER2024/STATE/tl_2024_us_state.zip".

    Args:
        kind: one of RegionKind.
        vintage: of the files.
        states: FIPS codes of those to take of a kind that comes by state; all if not given.

    Raises:
        SourceError: the Bureau has no such files, or their names are not known.
    """
    if vintage < FIRST_NAMED_VINTAGE:
        raise SourceError(
            f"The Census' own names are known from {FIRST_NAMED_VINTAGE} on: name the files of {vintage}."
        )
    naming = _naming(kind, vintage)
    areas: Sequence[str] = [state for state in naming.states if not states or state in states]
    if naming.states and not areas:
        raise SourceError(f"None of the states has regions of kind {kind}.")
    return [
        f"TIGER{vintage}/{naming.folder}/tl_{vintage}_{area}_{naming.suffix}.zip" for area in areas or ["us"]
    ]


def may_be_missing(path: str) -> bool:
    """Whether the Bureau may have no such file: the island areas' delegate districts do not come every year."""
    return any(f"_{area}_" in path for area in _ISLAND_AREAS)


def state_codes(text: str) -> list[str]:
    """FIPS codes of states as an operator lists them, by either code: "MD,51".

    Raises:
        SourceError: one is none.
    """
    codes = []
    for word in text.upper().replace(",", " ").split():
        code = FIPS_BY_USPS.get(word, word)
        if code not in FIPS_BY_USPS.values():
            raise SourceError(f"{word} is no state: give postal or FIPS codes, as MD,51.")
        codes.append(code)
    return codes
