"""Everybody in a layer at once, whichever came first."""

import importlib
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from app.regions.geometry import Point, multipolygon_ewkb
from app.regions.layers import import_layer
from app.regions.models import Region
from app.stakeholders.assignment import LayerAssignment, assign_layer
from app.stakeholders.models import RegionAssignment, Stakeholder
from app.stakeholders.places import Place
from app.stakeholders.services import locate
from ops.processes import wait_until
from tests.layers import county, degree_square, state, write_layer
from tests.shapes import make_region, square

pytestmark = pytest.mark.django_db

IN_BALTIMORE = Place(point=Point(-76.6, 39.3))
CHOSEN_BALTIMORE = Place(county_geoid="24510")


def located(name: str, place: Place) -> Stakeholder:
    stakeholder = Stakeholder.objects.create(name=name, email=f"{name.lower()}@example.org")
    locate(stakeholder, place)
    return stakeholder


def regions_of(stakeholder: Stakeholder, vintage: int) -> list[tuple[str, str, str]]:
    rows = stakeholder.assignments.filter(vintage=vintage).order_by("-kind")
    return list(rows.values_list("kind", "region__geoid", "basis"))


def newer_county(vintage: int = 2024) -> Region:
    return make_region("county", "24510", "Baltimore", square(-76.7, 39.2, -76.5, 39.4), vintage=vintage)


@pytest.mark.parametrize(("place", "basis"), [(IN_BALTIMORE, "point"), (CHOSEN_BALTIMORE, "choice")])
def test_who_confirmed_before_an_import_is_located_by_it(
    place: Place, basis: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = located("Ada", place)
    assert regions_of(ada, 2024) == []
    for kind, attributes in (("state", state()), ("county", county())):
        source = write_layer(tmp_path / kind, [(attributes, degree_square(-77, 39))])
        call_command("import_tiger", str(source), kind=kind, vintage=2024)
        said = "1 stakeholders located in this layer, 1 of them newly or in another region than before."
        assert said in capsys.readouterr().out
    assert regions_of(ada, 2024) == [("state", "24", basis), ("county", "24510", basis)]


def test_a_layer_is_assigned_as_one_person_is_located(maryland: Region) -> None:
    """On a shared edge, in the gap of the city, outside of everything, by choice."""
    places = [Place(point=Point(x, 39.3)) for x in (-76.6, -76.9, -76.0, -75.5, -70.0)]
    for number, place in enumerate([*places, CHOSEN_BALTIMORE, Place(county_geoid="24025")]):
        located(f"Person{number}", place)
    columns = ("stakeholder", "region", "kind", "vintage", "basis")
    one_by_one = set(RegionAssignment.objects.values_list(*columns))
    RegionAssignment.objects.all().delete()
    assert assign_layer("state", 2016) == LayerAssignment(placed=6, changed=6)
    assert assign_layer("county", 2016) == LayerAssignment(placed=6, changed=6)
    assert set(RegionAssignment.objects.values_list(*columns)) == one_by_one


def test_a_choice_says_nothing_of_districts(maryland: Region) -> None:
    ada = located("Ada", CHOSEN_BALTIMORE)
    make_region("state_senate", "24046", "46", square(-77, 38, -75, 40))
    assert assign_layer("state_senate", 2016) == LayerAssignment(placed=0, changed=0)
    assert {kind for kind, *_ in regions_of(ada, 2016)} == {"state", "county"}


def test_a_chosen_county_that_a_layer_lacks_leaves_the_state(maryland: Region) -> None:
    ada = located("Ada", Place(county_geoid="24025"))
    newer_county()
    make_region("state", "24", "Maryland", square(-77, 38, -75, 40), usps="MD", vintage=2024)
    for kind in ("state", "county"):
        assign_layer(kind, 2024)
    assert regions_of(ada, 2024) == [("state", "24", "choice")]


def test_a_choice_finds_its_state_in_another_vintage_than_the_county(maryland: Region) -> None:
    Region.objects.filter(kind="county").update(vintage=2024, parent=None)
    ada = located("Ada", CHOSEN_BALTIMORE)
    assert regions_of(ada, 2016) == [("state", "24", "choice")]
    assert regions_of(ada, 2024) == [("county", "24510", "choice")]


def test_older_vintages_stay_as_they_are(maryland: Region) -> None:
    ada = located("Ada", IN_BALTIMORE)
    before = list(RegionAssignment.objects.order_by("pk").values())
    newer_county()
    assign_layer("county", 2024)
    assert list(RegionAssignment.objects.filter(vintage=2016).order_by("pk").values()) == before
    assert regions_of(ada, 2024) == [("county", "24510", "point")]


def test_a_rerun_changes_nothing(maryland: Region) -> None:
    located("Ada", IN_BALTIMORE)
    located("Grace", CHOSEN_BALTIMORE)
    before = list(RegionAssignment.objects.order_by("pk").values())
    assert assign_layer("county", 2016) == LayerAssignment(placed=2, changed=0)
    assert list(RegionAssignment.objects.order_by("pk").values()) == before


def test_it_follows_shapes_that_changed(maryland: Region) -> None:
    ada, grace = located("Ada", IN_BALTIMORE), located("Grace", Place(point=Point(-75.5, 39.5)))
    for geoid, corners in (("24510", (-80, 39, -79, 40)), ("24025", (-79, 39, -78, 40))):
        Region.objects.filter(geoid=geoid).update(geometry=multipolygon_ewkb([[square(*corners)]]))
    Region.objects.filter(geoid="24005").update(geometry=multipolygon_ewkb([[square(-77, 39, -76, 40)]]))
    assert assign_layer("county", 2016) == LayerAssignment(placed=1, changed=1)
    assert regions_of(ada, 2016) == [("state", "24", "point"), ("county", "24005", "point")]
    assert regions_of(grace, 2016) == [("state", "24", "point")]


def test_a_location_outweighs_a_county_chosen_before(maryland: Region) -> None:
    ada = located("Ada", CHOSEN_BALTIMORE)
    locate(ada, Place(point=Point(-75.5, 39.5)))
    newer_county()
    assert assign_layer("county", 2024).placed == 0


def test_choices_made_before_the_county_was_kept_are_taken_over(maryland: Region) -> None:
    ada, grace = located("Ada", Place(county_geoid="24025")), located("Grace", IN_BALTIMORE)
    newer = newer_county()
    RegionAssignment.objects.create(
        stakeholder=ada, region=newer, kind="county", vintage=2024, basis="choice"
    )
    Stakeholder.objects.update(county_geoid="")
    migration = importlib.import_module("app.stakeholders.migrations.0005_county_geoid_from_choices")
    migration.fill(apps, SimpleNamespace(connection=connection))
    ada.refresh_from_db()
    grace.refresh_from_db()
    assert (ada.county_geoid, grace.county_geoid) == ("24510", "")


def test_everybody_is_located_anew_without_a_file(
    maryland: Region, capsys: pytest.CaptureFixture[str]
) -> None:
    located("Ada", IN_BALTIMORE)
    newer_county()
    RegionAssignment.objects.filter(kind="state").delete()
    call_command("assign_regions")
    assert capsys.readouterr().out.splitlines() == [
        "county 2016: 1 stakeholders located, 0 of them newly or in another region than before.",
        "county 2024: 1 stakeholders located, 1 of them newly or in another region than before.",
        "state 2016: 1 stakeholders located, 1 of them newly or in another region than before.",
    ]
    with pytest.raises(CommandError, match="There is no such layer"):
        call_command("assign_regions", kind="zip_area")


def test_an_endorsement_of_old_districts_still_shows_them(maryland: Region, tmp_path: Path) -> None:
    """Whose ground went to another district since."""
    make_region("state_senate", "24046", "46", square(-77, 38, -75, 40))
    ada = located("Ada", IN_BALTIMORE)
    source = write_layer(tmp_path / "newer", [(county("24011", "11"), degree_square(-77, 39))])
    call_command("import_tiger", str(source), kind="state_senate", vintage=2024)
    assert ("state_senate", "24046", "point") in regions_of(ada, 2016)
    assert regions_of(ada, 2024) == [("state_senate", "24011", "point")]


def is_waited_for() -> bool:
    """Whether somebody waits for what this connection's transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_who_confirms_during_an_import_is_located_in_its_layer(maryland: Region) -> None:
    ada = located("Ada", Place(point=Point(-75.5, 39.5)))

    def move() -> None:
        with transaction.atomic():
            # As a confirmation does.
            stakeholder = Stakeholder.objects.select_for_update().get(pk=ada.pk)
            locate(stakeholder, IN_BALTIMORE)
        connection.close()

    mover = threading.Thread(target=move)
    with transaction.atomic():
        newer_county()
        assign_layer("county", 2024)
        mover.start()
        wait_until(is_waited_for, "Who confirms", 60)
    mover.join(300)
    assert regions_of(ada, 2024) == [("county", "24510", "point")]


@pytest.mark.django_db(transaction=True)
def test_an_import_waits_for_who_is_being_located(maryland: Region) -> None:
    ada = located("Ada", Place(point=Point(-75.5, 39.5)))

    def import_it() -> None:
        with transaction.atomic():
            newer_county()
            assign_layer("county", 2024)
        connection.close()

    importer = threading.Thread(target=import_it)
    with transaction.atomic():
        stakeholder = Stakeholder.objects.select_for_update().get(pk=ada.pk)
        importer.start()
        wait_until(is_waited_for, "The import", 60)
        locate(stakeholder, IN_BALTIMORE)
    importer.join(300)
    assert regions_of(ada, 2024) == [("county", "24510", "point")]


@pytest.mark.django_db(transaction=True)
def test_regions_are_imported_again_beside_who_is_being_located(maryland: Region, tmp_path: Path) -> None:
    """An assignment's foreign key locks its region's row against a change of what identifies it alone."""
    source = write_layer(tmp_path, [(county("24510", "Renamed"), degree_square())])
    updated = []

    def import_it() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '30s'")
            updated.append(import_layer(source, "county", 2016).updated)
        connection.close()

    importer = threading.Thread(target=import_it)
    with transaction.atomic():
        located("Ada", IN_BALTIMORE)
        # As the end of the transaction does.
        connection.check_constraints()
        importer.start()
        # It waits for nothing, or for its lock_timeout.
        importer.join()
    assert updated == [1]
