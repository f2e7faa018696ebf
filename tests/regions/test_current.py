"""Which regions are the newest where layers come state by state."""

import pytest

from app.regions.geometry import Point
from app.regions.models import Region
from tests.shapes import make_region, square

pytestmark = pytest.mark.django_db


def current(kind: str) -> list[tuple[str, int]]:
    regions = Region.objects.of(kind).current().order_by("geoid")
    return list(regions.values_list("geoid", "vintage"))


def test_a_newer_state_leaves_the_others_current(maryland: Region) -> None:
    for vintage in (2016, 2024):
        make_region("state", "51", "Virginia", square(-80, 36, -77, 38), usps="VA", vintage=vintage)
    assert current("state") == [("24", 2016), ("51", 2024)]


def test_newer_counties_of_one_state_leave_those_of_the_others_current(maryland: Region) -> None:
    for vintage in (2016, 2024):
        make_region("county", "51510", "Alexandria", square(-77.2, 37.9, -77, 38), vintage=vintage)
    assert current("county") == [("24005", 2016), ("24025", 2016), ("24510", 2016), ("51510", 2024)]


def test_newer_counties_of_a_state_replace_all_its_older_ones(maryland: Region) -> None:
    make_region("county", "24999", "Merged", square(-77, 38, -75, 40), vintage=2024)
    assert current("county") == [("24999", 2024)]


def test_zip_areas_belong_to_no_state_and_are_one_layer(db: None) -> None:
    for geoid, vintage in (("21201", 2010), ("22301", 2010), ("21201", 2020)):
        make_region("zip_area", geoid, geoid, square(-77, 38, -75, 40), vintage=vintage, state_fips="")
    assert current("zip_area") == [("21201", 2020)]


def test_a_kind_without_newer_regions_stays_current(maryland: Region) -> None:
    make_region("county", "24005", "Baltimore", square(-77, 38, -75, 40), vintage=2024)
    assert current("state") == [("24", 2016)]


def test_a_point_is_located_in_the_current_regions_alone(maryland: Region) -> None:
    """Harford is not among the newer counties, and an older one must not stand in for it."""
    make_region("county", "24510", "Baltimore", square(-76.7, 39.2, -76.5, 39.4), vintage=2024)
    in_baltimore = Region.objects.located_at(Point(-76.6, 39.3))
    assert [(region.geoid, region.vintage) for region in in_baltimore] == [("24", 2016), ("24510", 2024)]
    assert [region.kind for region in Region.objects.located_at(Point(-75.5, 39.5))] == ["state"]


def test_where_states_meet_the_newer_layer_wins(maryland: Region) -> None:
    make_region("state", "51", "Virginia", square(-80, 38, -77, 40), usps="VA", vintage=2024)
    (region,) = [region for region in Region.objects.located_at(Point(-77, 38.5)) if region.kind == "state"]
    assert region.geoid == "51"
