"""The real counties and states of 2016 (plotly-geo), imported into PostGIS once for all of these tests."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from app.regions.geometry import IsValid, Point
from app.regions.layers import ImportSummary, import_layer
from app.regions.models import Region


def census_file(kind: str) -> str:
    found = importlib.util.find_spec("_plotly_geo")
    assert found
    assert found.submodule_search_locations
    return str(Path(found.submodule_search_locations[0]) / "package_data" / f"cb_2016_us_{kind}_500k.shp")


@pytest.fixture(scope="module")
def imported(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, tuple[ImportSummary, ImportSummary]]]:
    """Both layers imported twice, counties first; taken back when the module ends."""
    del django_db_setup
    with django_db_blocker.unblock(), transaction.atomic():
        yield {
            kind: (import_layer(census_file(kind), kind, 2016), import_layer(census_file(kind), kind, 2016))
            for kind in ("county", "state")
        }
        transaction.set_rollback(True)


# Inside the module's transaction, each test's own is a savepoint.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("imported")]
Imported = dict[str, tuple[ImportSummary, ImportSummary]]


@pytest.mark.parametrize(("kind", "count"), [("county", 3233), ("state", 56)])
def test_the_second_import_changes_nothing(imported: Imported, kind: str, count: int) -> None:
    first, second = imported[kind]
    assert (first.read, first.inserted, first.rejected) == (count, count, [])
    assert (second.inserted, second.updated, second.unchanged) == (0, 0, count)
    assert Region.objects.of(kind).count() == count


def test_counties_are_linked_when_their_states_come(imported: Imported) -> None:
    assert [summary.linked for kind in ("county", "state") for summary in imported[kind]] == [0, 0, 3233, 0]
    assert not Region.objects.of("county").filter(parent=None).exists()


@pytest.mark.parametrize(
    ("geoid", "full_name", "usps"),
    [
        ("72097", "Mayagüez Municipio", "PR"),
        ("35013", "Doña Ana County", "NM"),
        ("24005", "Baltimore County", "MD"),
        ("24510", "Baltimore city", "MD"),
        ("29189", "St. Louis County", "MO"),
        ("29510", "St. Louis city", "MO"),
        ("22071", "Orleans Parish", "LA"),
        ("02110", "Juneau City and Borough", "AK"),
        ("02180", "Nome Census Area", "AK"),
        ("32510", "Carson City", "NV"),
        ("11001", "District of Columbia", "DC"),
        ("78010", "St. Croix Island", "VI"),
    ],
)
def test_names_are_spelled_right(geoid: str, full_name: str, usps: str) -> None:
    county = Region.objects.select_related("parent").get(kind="county", geoid=geoid)
    assert county.parent
    assert (county.full_name, county.parent.usps) == (full_name, usps)


@pytest.mark.parametrize(
    ("latitude", "longitude", "county", "state"),
    [
        (39.2904, -76.6122, "Baltimore city", "Maryland"),
        (39.4015, -76.6019, "Baltimore County", "Maryland"),
        (38.6270, -90.1994, "St. Louis city", "Missouri"),
        (38.6426, -90.3237, "St. Louis County", "Missouri"),
        (18.2011, -67.1397, "Mayagüez Municipio", "Puerto Rico"),
        (32.3199, -106.7637, "Doña Ana County", "New Mexico"),
        (51.88, -176.65, "Aleutians West Census Area", "Alaska"),
        (52.92, 172.95, "Aleutians West Census Area", "Alaska"),
    ],
)
def test_a_point_lands_in_its_own_county(latitude: float, longitude: float, county: str, state: str) -> None:
    located = Region.objects.located_at(Point(longitude, latitude))
    assert [region.full_name for region in located] == [state, county]


def test_every_shape_is_valid() -> None:
    shapes = Region.objects.annotate(shape=IsValid("geometry"), simplified=IsValid("outline"))
    assert not shapes.filter(shape=False).exists()
    assert not shapes.filter(simplified=False).exists()
