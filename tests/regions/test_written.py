"""Regions as people write them."""

import pytest

from app.regions.models import Region
from app.regions.written import meant, written
from tests.shapes import make_region, square

SHAPE = square(-77, 39, -76, 40)


@pytest.fixture
def places(maryland: Region) -> None:
    """Beside Maryland's: two houses whose districts have one name, a ZIP area with a county's GEOID, a name with a comma."""
    for kind, geoid, name, full_name in (
        ("congressional_district", "2403", "3", "Congressional District 3"),
        ("state_senate", "24005", "5", "State Legislative District 5"),
        ("state_house", "24005", "5", "State Legislative District 5"),
        ("state_house", "2405B", "5B", "State Legislative Subdistrict 5B"),
    ):
        make_region(kind, geoid, name, SHAPE, full_name=full_name, parent=maryland)
    make_region("zip_area", "24025", "24025", SHAPE, full_name="ZIP 24025", state_fips="")
    massachusetts = make_region("state", "25", "Massachusetts", SHAPE, usps="MA")
    coast = "Barnstable, Dukes and Nantucket"
    make_region("state_house", "25001", coast, SHAPE, full_name=f"{coast} District", parent=massachusetts)
    make_region("county", "25005", "Harford", SHAPE, full_name="Harford County", parent=massachusetts)
    make_region("county", "72011", "Añasco", SHAPE, full_name="Añasco Municipio")


def understood(text: str) -> list[str]:
    return [written(region) for region in meant([text])[text]]


def test_what_is_written_means_that_region_and_no_other(places: None) -> None:
    regions = list(Region.objects.to_be_written())
    names = [written(region) for region in regions]
    assert len(set(names)) == len(names) == 13
    for spelling in (names, [name.upper() for name in names], [name.lower() for name in names]):
        found = meant(spelling)
        assert [found[name] for name in spelling] == [[region] for region in regions]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("md", ["MD"]),
        ("Maryland", ["MD"]),
        ("24", ["MD"]),
        ("Baltimore county, md", ["Baltimore County, MD"]),
        ("Baltimore County", ["Baltimore County, MD"]),
        ("Baltimore County , 24", ["Baltimore County, MD"]),
        ("Baltimore, MD", ["Baltimore County, MD", "Baltimore city, MD"]),
        ("Harford County", ["Harford County, MD", "Harford County, MA"]),
        ("Harford, MA", ["Harford County, MA"]),
        ("24510", ["Baltimore city, MD"]),
        ("24025", ["Harford County, MD", "ZIP area 24025"]),
        ("ZIP 24025", ["ZIP area 24025"]),
        ("Congressional District 3, MD", ["Congressional district 3, MD"]),
        ("Congressional district 3", ["Congressional district 3, MD"]),
        (
            "State Legislative District 5, MD",
            ["State senate district 5, MD", "State house district 5, MD"],
        ),
        ("Barnstable, Dukes and Nantucket District", ["State house district Barnstable, Dukes and Nantucket, MA"]),
        ("Barnstable, Dukes and Nantucket, MA", ["State house district Barnstable, Dukes and Nantucket, MA"]),
        ("Añasco Municipio", ["Añasco Municipio, 72"]),
        ("Harford County, VA", []),
        ("MD, VA", []),
        ("", []),
        (",", []),
        ("%", []),
    ],
)  # fmt: skip
def test_other_spellings_are_understood(places: None, text: str, names: list[str]) -> None:
    assert understood(text) == names


def test_of_several_vintages_the_newest_is_meant(places: None) -> None:
    newer = make_region(
        "county", "24025", "Harford", square(-76, 39, -75, 40), full_name="Harford County",
        parent=Region.objects.get(usps="MD"), vintage=2024,
    )  # fmt: skip
    assert meant(["Harford County, MD"])["Harford County, MD"] == [newer]


def test_any_number_of_names_is_one_question(places: None, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django's fixture has no type
        meant([f"Place {number}, MD" for number in range(600)])
