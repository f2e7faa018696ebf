"""Find my district: from a point every kind of region, from a county what it tells."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from app.regions.models import Region
from tests.shapes import make_region, square
from tests.site.html import Page, checked, get

PAGE = "/find-my-district/"


def ask(client: Client, place: str) -> Page:
    """What the form answers; the place is written as a form sends it."""
    return checked(client.post(PAGE, place, content_type="application/x-www-form-urlencoded"))


def test_it_asks_and_keeps_nothing(outsider: Client, maryland: Region) -> None:
    response = outsider.get(PAGE)
    page = checked(response)
    assert "Your regions" not in page.text
    assert response["Cache-Control"] == "private, no-store"
    (form,) = page.having("form")
    assert (form["method"], form["action"]) == ("post", PAGE)


def test_an_address_with_a_place_in_it_is_not_answered(outsider: Client, maryland: Region) -> None:
    page = get(outsider, f"{PAGE}?latitude=39.3&longitude=-76.6")
    assert "Your regions" not in page.text
    assert not page.having("input", value="39.3")


def test_the_answer_is_kept_by_no_cache_and_asked_for_with_a_token(maryland: Region) -> None:
    client = Client(enforce_csrf_checks=True)
    place = {"state": "MD", "county": "Harford"}
    assert client.post(PAGE, place).status_code == 403
    (token,) = get(client, PAGE).having("input", name="csrfmiddlewaretoken")
    response = client.post(PAGE, {**place, "csrfmiddlewaretoken": token["value"]})
    assert "Harford County" in checked(response).text
    assert response["Cache-Control"] == "private, no-store"


def test_a_point_shows_its_region_of_each_kind_and_a_picture(outsider: Client, maryland: Region) -> None:
    make_region(
        "congressional_district", "2407", "7", square(-77, 39, -76, 40), full_name="Congressional District 7"
    )
    page = ask(outsider, "latitude=39.3&longitude=-76.6")
    for words in (
        "State Maryland",
        "County Baltimore city",
        "Congressional district Congressional District 7",
    ):
        assert words in page.text
    assert page.having("svg", aria_label="Baltimore city in Maryland")
    assert page.having("input", name="latitude", value="39.3")


def test_a_county_shows_itself_its_state_and_what_it_cannot_tell(outsider: Client, maryland: Region) -> None:
    page = ask(outsider, "state=MD&county=Harford")
    assert "County Harford County" in page.text
    assert "Legislative districts cut through counties" in page.text
    assert page.having("svg", aria_label="Harford County in Maryland")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("state=MD&county=Baltimore", "Baltimore County (24005) or Baltimore city (24510)"),
        ("latitude=39.3&longitude=76.6", "-76.6, not 76.6"),
        ("latitude=x&longitude=1", "Give the latitude as a number"),
        ("state=&county=", "choose a state and a county"),
        ("state=%00&county=%00", "Null characters are not allowed"),
        ("latitude=nan&longitude=1", "Give the latitude as a number"),
    ],
)
def test_a_mistake_is_named(query: str, message: str, outsider: Client, maryland: Region) -> None:
    page = ask(outsider, query)
    assert message in page.text
    assert "Your regions" not in page.text


def test_a_point_in_the_water_is_told_so(outsider: Client, maryland: Region) -> None:
    make_region("state", "51", "Virginia", square(-77, 36, -76, 37), usps="VA")
    (virginia,) = Region.objects.filter(geoid="51")
    Region.objects.filter(pk=virginia.pk).update(east=-70)
    page = ask(outsider, "latitude=36.5&longitude=-71")
    assert "No region that we know covers this point" in page.text


@pytest.mark.parametrize(
    ("query", "queries"), [("latitude=39.3&longitude=-76.6", 5), ("state=MD&county=Harford", 9)]
)
@pytest.mark.parametrize("count", [0, 30])
def test_it_takes_the_same_queries_however_many_regions_there_are(
    query: str,
    queries: int,
    count: int,
    outsider: Client,
    maryland: Region,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        make_region(
            "county", f"24{900 + number}", f"County {number}", square(-75, 38, -74, 40), parent=maryland
        )
    with django_assert_num_queries(queries):
        ask(outsider, query)


@pytest.fixture
def zip_areas(maryland: Region) -> None:
    """One within Baltimore city; one that is a quarter in Harford and for the rest in Baltimore County."""
    make_region("zip_area", "21201", "21201", square(-76.65, 39.25, -76.6, 39.3), state_fips="")
    make_region("zip_area", "21013", "21013", square(-76.3, 39.5, -75.9, 39.6), state_fips="")
    # A border drawn twice is no neighbour.
    make_region("zip_area", "21099", "21099", square(-76.5, 39.5, -75.9999, 39.6), state_fips="")


@pytest.mark.usefixtures("zip_areas")
def test_a_zip_code_within_one_county_names_it(outsider: Client) -> None:
    page = ask(outsider, "zip_code=21201-1234")
    assert "County Baltimore city" in page.text
    assert "State Maryland" in page.text
    assert "%" not in page.text
    assert page.having("svg", aria_label="ZIP code 21201 in Maryland")


@pytest.mark.usefixtures("zip_areas")
def test_a_zip_code_in_two_counties_names_both_with_their_shares(outsider: Client) -> None:
    page = ask(outsider, "zip_code=+21013+")
    assert "Baltimore County 75 % of 21013 Harford County 25 % of 21013" in page.text
    assert "By ground, not by people" in page.text


@pytest.mark.usefixtures("zip_areas")
def test_a_sliver_across_a_border_is_no_neighbour(outsider: Client) -> None:
    assert "Harford" not in ask(outsider, "zip_code=21099").text


@pytest.mark.usefixtures("zip_areas")
@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("zip_code=21999", "We know no area of ZIP code 21999"),
        ("zip_code=2120", "Give the ZIP code as five digits"),
        ("zip_code=%EF%BC%92%EF%BC%91201", "Give the ZIP code as five digits"),
        ("zip_code=21201&state=MD&county=Harford", "Give a ZIP code, or a place below. Not both."),
        ("zip_code=21201&latitude=x", "Give the latitude as a number"),
        ("zip_code=+", "Say where you are"),
    ],
)
def test_a_zip_code_that_is_wrong_is_explained(outsider: Client, typed: str, error: str) -> None:
    page = ask(outsider, typed)
    assert error in page.text
    assert "Your regions" not in page.text


def test_no_zip_code_is_asked_for_where_none_is_imported(outsider: Client, maryland: Region) -> None:
    page = get(outsider, PAGE)
    assert not page.having("input", name="zip_code")
    assert "No street address is looked up here." in page.text
