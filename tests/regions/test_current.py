"""Which regions are the newest where layers come state by state."""

import pytest

from app.regions.geometry import Point, multipolygon_ewkb
from app.regions.models import Region
from app.regions.succession import succeed
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


def test_a_newer_layer_of_a_part_of_a_state_leaves_the_rest_of_the_older_one(maryland: Region) -> None:
    make_region("county", "24510", "Baltimore", square(-76.7, 39.2, -76.5, 39.4), vintage=2024)
    assert current("county") == [("24005", 2016), ("24025", 2016), ("24510", 2024)]
    in_baltimore = Region.objects.located_at(Point(-76.6, 39.3))
    assert [(region.geoid, region.vintage) for region in in_baltimore] == [("24", 2016), ("24510", 2024)]
    in_harford = Region.objects.located_at(Point(-75.5, 39.5))
    assert [(region.geoid, region.vintage) for region in in_harford] == [("24", 2016), ("24025", 2016)]


def test_a_region_whose_ground_went_to_others_is_replaced(maryland: Region) -> None:
    """As Connecticut's counties by planning regions in 2022, whose borders are others."""
    for geoid, west, east in (("24110", -77.1, -75.9), ("24120", -75.9, -74.9)):
        make_region("county", geoid, geoid, square(west, 38.9, east, 40.1), vintage=2022)
    assert current("county") == [("24110", 2022), ("24120", 2022)]


def test_half_of_a_region_is_not_most_of_it(maryland: Region) -> None:
    make_region("county", "24110", "Half", square(-76, 39, -75.51, 40), vintage=2022)
    assert current("county") == [("24005", 2016), ("24025", 2016), ("24110", 2022), ("24510", 2016)]
    make_region("county", "24110", "Most", square(-76, 39, -75.49, 40), vintage=2024)
    assert current("county") == [("24005", 2016), ("24110", 2024), ("24510", 2016)]


def test_layers_that_come_in_another_order_are_told_apart_the_same(maryland: Region) -> None:
    make_region("county", "24110", "North", square(-77, 39, -75, 40), vintage=2022)
    make_region("county", "24025", "Harford", square(-76, 39, -75, 40), vintage=2010)
    make_region("county", "24999", "Long gone", square(-76, 39, -75, 40), vintage=2000)
    assert current("county") == [("24110", 2022)]
    told = Region.objects.of("county").values_list("geoid", "vintage", "superseded_in")
    assert set(told) >= {("24025", 2010, 2016), ("24999", 2000, 2010), ("24025", 2016, 2022)}


def test_a_region_that_comes_back_is_current_in_its_newest_form(maryland: Region) -> None:
    make_region("county", "24110", "North", square(-77, 39, -75, 40), vintage=2020)
    make_region("county", "24025", "Harford", square(-76, 39, -75, 40), vintage=2024)
    assert ("24025", 2024) in current("county")
    assert Region.objects.get(geoid="24025", vintage=2016).superseded_in == 2024


def test_ground_that_a_layer_gives_back_makes_a_region_current_again(maryland: Region) -> None:
    newer = make_region("county", "24110", "East", square(-76, 39, -75, 40), vintage=2024)
    assert ("24025", 2016) not in current("county")
    newer.geometry = newer.outline = multipolygon_ewkb([[square(-75.1, 39, -75, 40)]])
    newer.save()
    assert succeed("county", 2024).outside == 3
    assert ("24025", 2016) in current("county")


def test_where_states_meet_the_newer_layer_wins(maryland: Region) -> None:
    make_region("state", "51", "Virginia", square(-80, 38, -77, 40), usps="VA", vintage=2024)
    (region,) = [region for region in Region.objects.located_at(Point(-77, 38.5)) if region.kind == "state"]
    assert region.geoid == "51"
