"""How the Census Bureau names its files."""

import pytest

from app.regions.census import FIPS_BY_USPS, file_names, may_be_missing, state_codes
from app.regions.models import RegionKind
from app.regions.sources import SourceError


@pytest.mark.parametrize(
    ("kind", "vintage", "name"),
    [
        ("state", 2024, "TIGER2024/STATE/tl_2024_us_state.zip"),
        ("county", 2012, "TIGER2012/COUNTY/tl_2012_us_county.zip"),
        ("congressional_district", 2012, "TIGER2012/CD/tl_2012_us_cd112.zip"),
        ("congressional_district", 2013, "TIGER2013/CD/tl_2013_us_cd113.zip"),
        ("congressional_district", 2015, "TIGER2015/CD/tl_2015_us_cd114.zip"),
        ("congressional_district", 2017, "TIGER2017/CD/tl_2017_us_cd115.zip"),
        ("congressional_district", 2022, "TIGER2022/CD/tl_2022_us_cd116.zip"),
        ("zip_area", 2019, "TIGER2019/ZCTA5/tl_2019_us_zcta510.zip"),
        ("zip_area", 2020, "TIGER2020/ZCTA520/tl_2020_us_zcta520.zip"),
    ],
)
def test_a_layer_of_the_whole_country_is_one_file(kind: str, vintage: int, name: str) -> None:
    assert file_names(kind, vintage) == [name]


@pytest.mark.parametrize(
    ("kind", "vintage", "count", "lacks", "first"),
    [
        ("congressional_district", 2023, 56, [], "TIGER2023/CD/tl_2023_01_cd118.zip"),
        ("congressional_district", 2024, 56, [], "TIGER2024/CD/tl_2024_01_cd119.zip"),
        ("state_senate", 2024, 52, ["60", "66", "69", "78"], "TIGER2024/SLDU/tl_2024_01_sldu.zip"),
        ("state_house", 2024, 50, ["11", "31", "60", "66", "69", "78"], "TIGER2024/SLDL/tl_2024_01_sldl.zip"),
    ],
)
def test_districts_come_by_state(kind: str, vintage: int, count: int, lacks: list[str], first: str) -> None:
    names = file_names(kind, vintage)
    assert (len(names), min(names)) == (count, first)
    there = {name.split("_")[2] for name in names}
    assert set(FIPS_BY_USPS.values()) - there == set(lacks)


def test_only_the_states_that_are_asked_for_are_named() -> None:
    assert file_names("state_house", 2024, state_codes("md, 51")) == [
        "TIGER2024/SLDL/tl_2024_24_sldl.zip",
        "TIGER2024/SLDL/tl_2024_51_sldl.zip",
    ]


def test_every_kind_is_named() -> None:
    assert all(file_names(kind, 2024) for kind in RegionKind.values)


@pytest.mark.parametrize(
    ("kind", "vintage", "states", "reason"),
    [
        ("county", 2011, [], "known from 2012 on"),
        ("congressional_district", 2026, [], "Which Congress the districts of 2026 elect is not known"),
        ("state_house", 2024, ["31"], "None of the states has regions of kind state_house"),
    ],
)
def test_what_the_bureau_does_not_have_is_said(
    kind: str, vintage: int, states: list[str], reason: str
) -> None:
    with pytest.raises(SourceError, match=reason):
        file_names(kind, vintage, states)


def test_a_code_that_is_no_states_is_refused() -> None:
    with pytest.raises(SourceError, match="ZZ is no state"):
        state_codes("MD,ZZ")


def test_only_the_island_areas_may_lack_a_file() -> None:
    missing = [name for name in file_names("congressional_district", 2024) if may_be_missing(name)]
    assert [name.split("_")[2] for name in missing] == ["60", "66", "69", "78"]
