"""What the Census' fields say about a region, for every kind and both families of files."""

from typing import Any

import pytest

from app.regions.models import RegionKind
from app.regions.shapefiles import Record
from app.regions.sources import SourceError
from app.regions.tiger import LAYOUTS, check_fields, read_attributes


def read(kind: str, **fields: Any) -> Any:
    check_fields(kind, fields)
    return read_attributes(Record(1, fields, None), kind)


def test_every_kind_has_a_layout() -> None:
    assert set(LAYOUTS) == set(RegionKind)


@pytest.mark.parametrize(
    ("name", "lsad", "full_name"),
    [
        ("Baltimore", "06", "Baltimore County"),
        ("Baltimore", "25", "Baltimore city"),
        ("Orleans", "15", "Orleans Parish"),
        ("North Slope", "04", "North Slope Borough"),
        ("Nome", "05", "Nome Census Area"),
        ("Juneau", "03", "Juneau City and Borough"),
        ("Anchorage", "12", "Anchorage Municipality"),
        ("Mayagüez", "13", "Mayagüez Municipio"),
        ("Manu'a", "07", "Manu'a District"),
        ("St. Croix", "10", "St. Croix Island"),
        ("Capitol", "PL", "Capitol Planning Region"),
        ("Carson City", "00", "Carson City"),
        ("District of Columbia", "", "District of Columbia"),
    ],
)
def test_a_countys_description_follows_its_name(name: str, lsad: str, full_name: str) -> None:
    county = read("county", GEOID="24005", STATEFP="24", NAME=name, LSAD=lsad)
    assert (county.name, county.full_name) == (name, full_name)


@pytest.mark.parametrize(
    ("kind", "fields", "geoid", "name", "full_name"),
    [
        ("state", {"GEOID": "24", "STATEFP": "24", "STUSPS": "MD", "NAME": "Maryland"}, "24", "Maryland", "Maryland"),
        (
            "county",
            {"GEOID": "24005", "STATEFP": "24", "NAME": "Baltimore", "NAMELSAD": "Baltimore County", "LSAD": "06"},
            "24005", "Baltimore", "Baltimore County",
        ),
        (
            "county",
            {"GEOID20": "24005", "STATEFP20": "24", "NAME20": "Baltimore", "NAMELSAD20": "Baltimore County"},
            "24005", "Baltimore", "Baltimore County",
        ),
        (
            "congressional_district",
            {"GEOID": "2403", "STATEFP": "24", "CD119FP": "03", "NAMELSAD": "Congressional District 3", "LSAD": "C2"},
            "2403", "3", "Congressional District 3",
        ),
        (
            "congressional_district",
            {"GEOID": "2403", "STATEFP": "24", "CD115FP": "03", "LSAD": "C2"},
            "2403", "3", "Congressional District 3",
        ),
        (
            "congressional_district",
            {"GEOID": "5600", "STATEFP": "56", "LSAD": "C1"},
            "5600", "at large", "Congressional District (at Large)",
        ),
        (
            "congressional_district",
            {"GEOID": "1198", "STATEFP": "11", "LSAD": "C4"},
            "1198", "at large", "Delegate District (at Large)",
        ),
        (
            "state_senate",
            {"GEOID": "24046", "STATEFP": "24", "NAME": "46", "NAMELSAD": "State Legislative District 46"},
            "24046", "46", "State Legislative District 46",
        ),
        (
            "state_senate",
            {"GEOID": "24046", "STATEFP": "24", "NAME": "46", "LSAD": "LU"},
            "24046", "46", "State Senate District 46",
        ),
        (
            "state_senate",
            {"GEOID": "50ADD", "STATEFP": "50", "NAME": "Addison", "LSAD": "LU"},
            "50ADD", "Addison", "Addison State Senate District",
        ),
        (
            "state_house",
            {"GEOID": "2446A", "STATEFP": "24", "NAME": "46A", "LSAD": "LL"},
            "2446A", "46A", "State House District 46A",
        ),
        ("zip_area", {"GEOID10": "21201", "ZCTA5CE10": "21201"}, "21201", "21201", "ZIP 21201"),
        ("zip_area", {"GEOID20": "21201", "ZCTA5CE20": "21201", "NAME20": "21201"}, "21201", "21201", "ZIP 21201"),
        ("zip_area", {"ZCTA5CE10": "00601"}, "00601", "00601", "ZIP 00601"),
    ],
)  # fmt: skip
def test_a_region_is_read_from_the_fields_of_its_kind(
    kind: str, fields: dict[str, str], geoid: str, name: str, full_name: str
) -> None:
    region = read(kind, **fields)
    assert (region.geoid, region.name, region.full_name) == (geoid, name, full_name)
    assert region.state_fips == ("" if kind == "zip_area" else geoid[:2])
    assert region.usps == ("MD" if kind == "state" else "")


def test_areas_may_have_leading_zeros_or_be_missing() -> None:
    fields = {"GEOID": "24005", "NAME": "Baltimore"}
    areas = [
        read("county", **fields, **given).land_area_m2 for given in ({"ALAND": "5"}, {"ALAND10": "0005"}, {})
    ]
    assert areas == [5, 5, 0]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("county", {"NAME": "x"}),
        ("county", {"GEOID": "x"}),
        ("zip_area", {"STATEFP": "x"}),
        ("congressional_district", {"CD119FP": "x"}),
    ],
)
def test_a_file_without_the_fields_of_its_kind_is_refused(kind: str, fields: dict[str, str]) -> None:
    with pytest.raises(SourceError, match="There is no field"):
        check_fields(kind, fields)
