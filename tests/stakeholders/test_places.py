"""Where somebody says they are."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from app.regions.geometry import Point
from app.regions.models import Region
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place, resolve_place
from app.stakeholders.services import locate
from tests.shapes import make_region, square


@pytest.mark.parametrize("state", ["MD", "md", "24", "Maryland", " maryland "])
@pytest.mark.parametrize("county", ["Baltimore city", "baltimore CITY", "24510"])
def test_it_knows_a_county_by(maryland: Region, state: str, county: str) -> None:
    assert resolve_place(state=state, county=county) == Place(county_geoid="24510")


def test_it_takes_coordinates(maryland: Region) -> None:
    assert resolve_place(latitude=39.3, longitude=-76.6) == Place(point=Point(-76.6, 39.3))


def test_it_takes_any_point_before_regions_are_imported(db: None) -> None:
    assert resolve_place(latitude=-33.0, longitude=151.0).point is not None


@pytest.mark.parametrize(
    ("where", "field", "message"),
    [
        ({}, "latitude", "Give latitude and longitude, or state and county"),
        ({"latitude": 39.3}, "longitude", "come together"),
        ({"longitude": -76.6}, "latitude", "come together"),
        ({"state": "MD"}, "county", "come together"),
        ({"county": "Harford"}, "state", "come together"),
        ({"latitude": 39.3, "longitude": -76.6, "state": "MD", "county": "Harford"}, "latitude", "Not both"),
        ({"latitude": 91.0, "longitude": -76.6}, "latitude", "from -90 to 90"),
        ({"latitude": 39.3, "longitude": 181.0}, "longitude", "from -180 to 180"),
        ({"latitude": float("nan"), "longitude": 0.0}, "latitude", "from -90 to 90"),
        ({"latitude": 39.3, "longitude": 76.6}, "longitude", "negative"),
        ({"state": "XX", "county": "Harford"}, "state", "XX is no state"),
        ({"state": "MD", "county": "Fairfax"}, "county", "Maryland has no county of the name Fairfax"),
        (
            {"state": "MD", "county": "baltimore"},
            "county",
            r"Baltimore County \(24005\) or Baltimore city \(24510\)",
        ),
    ],
)
def test_it_says_what_is_wrong_with(
    maryland: Region, where: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ValidationError, match=message) as refused:
        resolve_place(**where)
    assert list(refused.value.message_dict) == [field]


@pytest.fixture
def ada(db: None) -> Stakeholder:
    return Stakeholder.objects.create(name="Ada", email="ada@example.org")


def regions_of(stakeholder: Stakeholder) -> set[tuple[str, str, int, str]]:
    rows = stakeholder.assignments.values_list("kind", "region__geoid", "vintage", "basis")
    return set(rows)


def test_a_point_is_assigned_in_every_vintage(ada: Stakeholder, maryland: Region) -> None:
    make_region("county", "24510", "Baltimore", square(-76.7, 39.2, -76.5, 39.4), vintage=2024)
    locate(ada, Place(point=Point(-76.6, 39.3)))
    assert regions_of(ada) == {
        ("state", "24", 2016, "point"),
        ("county", "24510", 2016, "point"),
        ("county", "24510", 2024, "point"),
    }


def test_a_chosen_county_brings_its_state(ada: Stakeholder, maryland: Region) -> None:
    locate(ada, Place(county_geoid="24025"))
    assert regions_of(ada) == {("state", "24", 2016, "choice"), ("county", "24025", 2016, "choice")}
    assert ada.location is None


@pytest.mark.parametrize("place", [Place(point=Point(-76.6, 39.3)), Place(county_geoid="24025")])
def test_whatever_the_place_its_regions_are_one_query(
    ada: Stakeholder, maryland: Region, place: Place
) -> None:
    with CaptureQueriesContext(connection) as asked:
        locate(ada, place)
    assert sum('FROM "regions_region"' in query["sql"] for query in asked.captured_queries) == 1


def test_who_moves_leaves_nothing_behind(ada: Stakeholder, maryland: Region) -> None:
    locate(ada, Place(point=Point(-76.6, 39.3)))
    locate(ada, Place(county_geoid="24025"))
    ada.refresh_from_db()
    assert ada.location is None
    assert ("county", "24510", 2016, "point") not in regions_of(ada)


def test_the_location_is_kept_as_a_point(ada: Stakeholder, maryland: Region) -> None:
    locate(ada, Place(point=Point(-76.6, 39.3)))
    assert Stakeholder.objects.get().location == Point(-76.6, 39.3)


def test_on_a_shared_edge_the_lowest_geoid_wins(ada: Stakeholder, maryland: Region) -> None:
    locate(ada, Place(point=Point(-76.0, 39.5)))
    assert ("county", "24005", 2016, "point") in regions_of(ada)


def test_outside_every_region_is_no_error(ada: Stakeholder, maryland: Region) -> None:
    locate(ada, Place(point=Point(-70.0, 39.5)))
    assert regions_of(ada) == set()
