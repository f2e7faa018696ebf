"""The database itself refuses what can't be."""

from typing import Any

import pytest
from django.db import IntegrityError, connection

from app.regions.models import Region
from app.stakeholders.models import RegionAssignment, Stakeholder
from tests.shapes import make_region, square


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("region_kind_known", {"kind": "parish"}),
        ("region_vintage_plausible", {"vintage": 16}),
        ("region_named", {"geoid": ""}),
        ("region_named", {"name": ""}),
        ("region_usps_for_states", {"usps": "MD"}),
        ("region_usps_for_states", {"kind": "state", "usps": ""}),
        ("region_bounds_ordered", {"west": 1.0, "east": 0.0}),
        ("region_bounds_ordered", {"south": 1.0, "north": 0.0}),
    ],
)
@pytest.mark.django_db
def test_it_refuses_a_region_that_breaks(constraint: str, columns: dict[str, Any]) -> None:
    good = {"kind": "county", "geoid": "24510", "name": "Baltimore", "full_name": "Baltimore city"}
    with pytest.raises(IntegrityError, match=constraint):
        _make({**good, **columns})


def _make(columns: dict[str, Any]) -> Region:
    kind, geoid, name = (columns.pop(key) for key in ("kind", "geoid", "name"))
    return make_region(kind, geoid, name, square(-77, 38, -75, 40), **columns)


def test_a_state_has_no_parent(maryland: Region) -> None:
    with pytest.raises(IntegrityError, match="region_state_has_no_parent"):
        make_region("state", "51", "Virginia", square(-80, 36, -77, 38), usps="VA", parent=maryland)


def test_a_region_stands_once_in_a_layer(maryland: Region) -> None:
    with pytest.raises(IntegrityError, match="region_identity"):
        _make({"kind": "state", "geoid": "24", "name": "Maryland", "usps": "MD"})


def test_a_region_stands_in_every_vintage(maryland: Region) -> None:
    _make({"kind": "state", "geoid": "24", "name": "Maryland", "usps": "MD", "vintage": 2024})
    assert [region.vintage for region in Region.objects.of("state").current()] == [2024]


@pytest.fixture
def ada(db: None) -> Stakeholder:
    return Stakeholder.objects.create(name="Ada", email="ada@example.org")


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("stakeholder_kind_known", {"kind": "robot"}),
        ("stakeholder_named", {"name": ""}),
        ("stakeholder_named", {"email": ""}),
        ("stakeholder_email_normalised", {"email": "Grace@example.org"}),
        ("stakeholder_email_normalised", {"email": "grace@example.org "}),
        ("stakeholder_county_geoid", {"county_geoid": "2451"}),
        ("email", {"email": "ada@example.org"}),
    ],
)
def test_it_refuses_a_stakeholder_that_breaks(
    ada: Stakeholder, constraint: str, columns: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        Stakeholder.objects.create(**{"name": "Grace", "email": "grace@example.org", **columns})


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("assignment_basis_known", {"basis": "guess"}),
        ("assignment_kind_known", {"kind": "parish"}),
        ("assignment_matches_region", {"kind": "county"}),
        ("assignment_matches_region", {"vintage": 2024}),
    ],
)
def test_it_refuses_an_assignment_that_breaks(
    ada: Stakeholder, maryland: Region, constraint: str, columns: dict[str, Any]
) -> None:
    good = {"stakeholder": ada, "region": maryland, "kind": "state", "vintage": 2016, "basis": "point"}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match=constraint):
        RegionAssignment.objects.create(**{**good, **columns})


def test_a_stakeholder_is_in_one_region_of_a_layer(ada: Stakeholder, maryland: Region) -> None:
    county = {"stakeholder": ada, "kind": "county", "vintage": 2016, "basis": "point"}
    city, harford = Region.objects.filter(geoid__in=("24510", "24025"))
    RegionAssignment.objects.create(region=city, **county)
    with pytest.raises(IntegrityError, match="assignment_one_region_per_kind_and_vintage"):
        RegionAssignment.objects.create(region=harford, **county)
