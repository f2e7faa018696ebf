"""Regions over HTTP."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from app.regions.models import Region
from tests.shapes import make_region, square


def get(client: Client, path: str, **query: Any) -> Any:
    return client.get(f"/api/regions/{path}", query)


def geoids(response: Any) -> list[str]:
    return [row["geoid"] for row in response.json()["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["24", "24005", "24025", "24510"]),
        ({"kind": "state"}, ["24"]),
        ({"kind": "county", "search": "balt"}, ["24005", "24510"]),
        ({"search": "Baltimore city"}, ["24510"]),
        ({"kind": "county", "state": "MD"}, ["24005", "24025", "24510"]),
        ({"kind": "county", "state": "md"}, ["24005", "24025", "24510"]),
        ({"kind": "county", "state": "24"}, ["24005", "24025", "24510"]),
        ({"kind": "county", "state": "VA"}, []),
        ({"vintage": 2024}, []),
    ],
)
def test_it_lists(maryland: Region, outsider: Client, query: dict[str, Any], expected: list[str]) -> None:
    assert geoids(get(outsider, "", **query)) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [({"kind": "parish"}, "kind"), ({"state": "Maryland"}, "state"), ({"vintage": "x"}, "vintage")],
)
def test_it_refuses_a_filter_it_does_not_know(outsider: Client, query: dict[str, Any], field: str) -> None:
    response = get(outsider, "", **query)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == [field]


def test_the_list_costs_the_same_whatever_it_holds(
    maryland: Region, outsider: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 4):
        with django_assert_num_queries(1):
            assert len(geoids(get(outsider, "", page_size=size))) == size


@pytest.mark.parametrize(
    ("longitude", "latitude", "expected"),
    [
        (-76.6, 39.3, ["24", "24510"]),
        (-76.9, 39.1, ["24", "24005"]),
        (-75.5, 39.5, ["24", "24025"]),
        (-76.0, 39.5, ["24", "24005"]),
        (-75.5, 38.5, ["24"]),
        (-70.0, 39.5, []),
    ],
)
def test_it_locates(
    maryland: Region, outsider: Client, longitude: float, latitude: float, expected: list[str]
) -> None:
    assert geoids(get(outsider, "locate/", latitude=latitude, longitude=longitude)) == expected


def test_it_locates_in_the_newest_vintage_by_one_query(
    maryland: Region, outsider: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_region("county", "24999", "New", square(-77, 38, -75, 40), vintage=2024)
    with django_assert_num_queries(1):
        response = get(outsider, "locate/", latitude=39.3, longitude=-76.6)
    assert geoids(response) == ["24", "24999"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"latitude": 39.3}, "longitude"),
        ({"longitude": -76.6}, "latitude"),
        ({"latitude": 91, "longitude": 0}, "latitude"),
        ({"latitude": 0, "longitude": -181}, "longitude"),
        ({"latitude": "nan", "longitude": 0}, "latitude"),
        ({"latitude": "x", "longitude": 0}, "latitude"),
    ],
)
def test_it_refuses_what_is_no_place_on_the_globe(
    outsider: Client, query: dict[str, Any], field: str
) -> None:
    response = get(outsider, "locate/", **query)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == [field]


def test_a_region_names_its_parent(maryland: Region, outsider: Client) -> None:
    region = get(outsider, "county/24510/").json()
    assert region["full_name"] == "Baltimore city"
    assert region["bounds"] == [-76.7, 39.2, -76.5, 39.4]
    assert region["parent"] == {"kind": "state", "geoid": "24", "name": "Maryland", "usps": "MD"}


def test_a_boundary_is_a_geojson_feature(maryland: Region, outsider: Client) -> None:
    response = get(outsider, "county/24510/boundary/")
    assert response["Content-Type"] == "application/geo+json"
    feature = response.json()
    assert feature["type"] == "Feature"
    assert feature["id"] == "24510"
    assert feature["geometry"]["type"] == "MultiPolygon"
    [[ring]] = feature["geometry"]["coordinates"]
    assert sorted(map(tuple, ring[:-1])) == [(-76.7, 39.2), (-76.7, 39.4), (-76.5, 39.2), (-76.5, 39.4)]


@pytest.mark.parametrize(
    "path", ["county/99999/", "parish/24510/", "county/24510/?vintage=2024", "county/99999/boundary/"]
)
def test_what_is_not_there_is_not_found(maryland: Region, outsider: Client, path: str) -> None:
    response = outsider.get(f"/api/regions/{path}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"
