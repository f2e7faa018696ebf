"""What is made of a geocoder's answers, good and bad. It is asked over real HTTP."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from app.regions.geocoding import (
    KEEP_ANSWERS_DAYS,
    CensusGeocoder,
    GeocoderRefusedError,
    GeocoderUnavailableError,
    Match,
    NoGeocoder,
    find_address,
    forget_old_answers,
    geocoder,
    known_answer,
)
from app.regions.geometry import Point
from app.regions.models import AddressAnswer
from tests.census import CITY_HALL, Census, found, serve
from tests.ports import refusing

ADDRESS = "100 N Holliday St\nBaltimore, MD 21202"


@pytest.fixture
def census(settings: Any) -> Iterator[Census]:
    with serve() as server:
        settings.GEOCODER = "census"
        settings.CENSUS_GEOCODER_URL = server.url
        yield server


def find(census: Census, timeout_seconds: float = 60) -> list[Match]:
    return CensusGeocoder(census.url, timeout_seconds).find("100 N Holliday St, Baltimore")


def test_the_question_is_the_documented_one(census: Census, db: None) -> None:
    find_address(ADDRESS)
    assert census.paths == ["/geocoder/locations/onelineaddress"]
    assert census.asked == [
        {
            "address": "100 N Holliday St, Baltimore, MD 21202",
            "benchmark": "Public_AR_Current",
            "format": "json",
        }
    ]


def test_x_is_the_longitude(census: Census) -> None:
    (match,) = find(census)
    assert match == Match(Point(longitude=-76.61, latitude=39.29), CITY_HALL["matchedAddress"])


def test_no_match_is_an_answer(census: Census) -> None:
    census.matches = []
    assert find(census) == []


def test_both_sides_of_a_street_are_one_place(census: Census) -> None:
    census.matches = [CITY_HALL, {**CITY_HALL, "tigerLine": {"side": "R", "tigerLineId": "76355984"}}]
    assert len(find(census)) == 1


def test_two_places_are_ambiguous(census: Census, db: None) -> None:
    census.matches = [CITY_HALL, found("100 S HOLLIDAY ST, BALTIMORE, MD, 21202", -76.61, 39.28)]
    assert len(find(census)) == 2
    answer = find_address(ADDRESS)
    assert (answer.matches, answer.point) == (2, None)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_a_failing_server_may_answer_later(census: Census, status: int) -> None:
    census.status = status
    with pytest.raises(GeocoderUnavailableError, match=str(status)):
        find(census)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_permanent(census: Census, status: int) -> None:
    census.status = status
    with pytest.raises(GeocoderRefusedError, match=str(status)) as refused:
        find(census)
    assert refused.value.is_permanent


def test_a_server_that_says_nothing_is_given_up(census: Census) -> None:
    census.answers.clear()
    with pytest.raises(GeocoderUnavailableError, match="timed out"):
        find(census, timeout_seconds=0.5)


def test_a_server_that_drips_is_given_up(census: Census) -> None:
    census.drips = True
    impatient = CensusGeocoder(census.url, timeout_seconds=60, deadline_seconds=0.1)
    with pytest.raises(GeocoderUnavailableError, match=r"not all of it came within 0\.1 s"):
        impatient.find("100 N Holliday St, Baltimore")


def test_a_server_that_is_not_there_may_come_back() -> None:
    with refusing() as port:
        nobody = CensusGeocoder(f"http://127.0.0.1:{port}", timeout_seconds=60)
        with pytest.raises(GeocoderUnavailableError, match="does not answer"):
            nobody.find("anywhere")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Scheduled maintenance</html>",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"result": {}}',
        b'{"result": {"addressMatches": null}}',
        b'{"result": {"addressMatches": [{"matchedAddress": "A"}]}}',
        b'{"result": {"addressMatches": [{"matchedAddress": "A", "coordinates": {"x": "west", "y": 1}}]}}',
        b'{"result": {"addressMatches": [{"matchedAddress": "A", "coordinates": {"x": -276.6, "y": 39}}]}}',
        b'{"result": {"addressMatches": [{"matchedAddress": "A", "coordinates": {"x": NaN, "y": 39}}]}}',
        b'{"result": {"addressMatches": []}}' + b" " * (1 << 20),
    ],
    ids=range(12),
)
def test_an_answer_that_makes_no_sense_is_none(census: Census, db: None, body: bytes) -> None:
    census.body = body
    with pytest.raises(GeocoderUnavailableError):
        find_address(ADDRESS)
    assert not AddressAnswer.objects.exists()


def test_no_error_repeats_the_address(census: Census) -> None:
    for census.status in (400, 500):
        with pytest.raises((GeocoderRefusedError, GeocoderUnavailableError)) as error:
            find(census)
        assert "Holliday" not in str(error.value)
        assert error.value.__suppress_context__


def test_an_address_is_asked_for_once_however_it_is_typed(census: Census, db: None) -> None:
    first = find_address(ADDRESS)
    for typed in (
        " 100 n holliday st,\r\n\r\nBaltimore, MD  21202 ",
        "100 N Holliday St, Baltimore, MD 21202",
    ):
        assert find_address(typed) == first
    assert len(census.asked) == 1
    find_address("101 N Holliday St, Baltimore, MD 21202")
    assert len(census.asked) == 2


def test_an_answer_is_kept_without_its_address_and_not_for_ever(census: Census, db: None) -> None:
    answer = find_address(ADDRESS)
    assert all("olliday" not in str(value) for value in AddressAnswer.objects.values_list().get())
    assert known_answer(ADDRESS) == answer
    AddressAnswer.objects.update(asked_at=timezone.now() - dt.timedelta(days=KEEP_ANSWERS_DAYS))
    assert known_answer(ADDRESS) is None
    assert forget_old_answers() == 1


def test_an_old_answer_is_replaced(census: Census, db: None) -> None:
    find_address(ADDRESS)
    AddressAnswer.objects.update(asked_at=timezone.now() - dt.timedelta(days=KEEP_ANSWERS_DAYS + 1))
    census.matches = []
    assert find_address(ADDRESS).matches == 0
    assert AddressAnswer.objects.count() == 1


def test_nobody_is_asked_where_there_is_no_geocoder(census: Census, settings: Any, db: None) -> None:
    settings.GEOCODER = "none"
    assert geocoder() == NoGeocoder()
    with pytest.raises(GeocoderRefusedError, match="GEOCODER is none"):
        find_address(ADDRESS)
    assert census.asked == []


def test_an_answer_of_another_geocoder_is_not_taken(census: Census, settings: Any, db: None) -> None:
    find_address(ADDRESS)
    settings.GEOCODER = "none"
    assert known_answer(ADDRESS) is None
