"""An address becomes coordinates in a job, where the internet is; saving never waits for it."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult, get_date_max

from app.accounts.models import User
from app.jobs import schedule, worker
from app.regions.geocoding import find_address
from app.regions.geometry import Point
from app.regions.models import AddressAnswer, Region
from app.stakeholders.management.commands import geocode_pending
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place
from app.stakeholders.services import locate
from app.stakeholders.tasks import locate_by_address, request_location
from tests.census import Census, found, serve

ADDRESS = "100 N Holliday St, Baltimore, MD 21202"
FORM = {"kind": "person", "name": "Ada", "email": "ada@example.org", "address": ADDRESS}
INLINE = {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}


class LambdaContext:
    def get_remaining_time_in_millis(self) -> int:
        return 600_000


class Geocode(Protocol):
    def __call__(self, **options: Any) -> str: ...


@pytest.fixture
def census(settings: Any) -> Iterator[Census]:
    with serve() as server:
        settings.CENSUS_GEOCODER_URL = server.url
        yield server


@pytest.fixture
def ada(maryland: Region) -> Stakeholder:
    return Stakeholder.objects.create(name="Ada", email="ada@example.org", address=ADDRESS)


@pytest.fixture
def geocode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Geocode:
    """Run the command; returns what it says."""
    for module in (db_worker, worker):
        monkeypatch.setattr(module, "close_old_connections", lambda: None)

    def run(**options: Any) -> str:
        call_command("geocode_pending", **options)
        return capsys.readouterr().out

    return run


@pytest.fixture
def staff(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


def regions(stakeholder: Stakeholder) -> set[str]:
    return set(stakeholder.assignments.values_list("region__geoid", flat=True))


def said_to_staff(staff: Client, stakeholder: Stakeholder) -> str:
    return staff.get(f"/admin/stakeholders/stakeholder/{stakeholder.pk}/change/").content.decode()


def test_saving_an_address_queues_its_look_up_and_asks_nobody(
    staff: Client, census: Census, maryland: Region, geocode: Geocode
) -> None:
    saved = staff.post("/admin/stakeholders/stakeholder/add/", FORM | INLINE)
    assert saved.status_code == 302, saved.content.decode()
    ada = Stakeholder.objects.get()
    assert census.asked == []
    assert "The address waits for the geocoder." in said_to_staff(staff, ada)
    assert geocode().startswith("Jobs: 1 succeeded; 0 left")
    ada.refresh_from_db()
    assert ada.location == Point(-76.61, 39.29)
    assert regions(ada) == {"24", "24510"}
    assert "By coordinates." in said_to_staff(staff, ada)


def test_saving_without_a_change_of_the_address_queues_nothing(
    staff: Client, census: Census, ada: Stakeholder
) -> None:
    form = {**FORM, "name": "Augusta", **INLINE}
    saved = staff.post(f"/admin/stakeholders/stakeholder/{ada.pk}/change/", form)
    assert saved.status_code == 302, saved.content.decode()
    assert not DBTaskResult.objects.exists()


def test_the_job_holds_no_address(ada: Stakeholder) -> None:
    request_location(ada)
    assert DBTaskResult.objects.get().args_kwargs == {"args": [ada.pk], "kwargs": {}}


def test_the_function_in_the_vpc_leaves_it_to_the_task(
    census: Census, ada: Stakeholder, geocode: Geocode
) -> None:
    request_location(ada)
    assert schedule.work_off_queue({}, LambdaContext()) == {}
    assert census.asked == []
    assert DBTaskResult.objects.get().worker_ids == []
    assert "1 succeeded" in geocode()


@pytest.mark.parametrize(
    ("matches", "told"),
    [
        ([], "The geocoder knows no such address"),
        ([found("A", -76.61, 39.29), found("B", -75.5, 39.5)], "The address can mean 2 places"),
    ],
    ids=["none", "two"],
)
def test_an_address_that_is_not_certain_moves_nobody_and_staff_learn_why(
    census: Census, ada: Stakeholder, geocode: Geocode, staff: Client, matches: list[Any], told: str
) -> None:
    census.matches = matches
    request_location(ada)
    assert "1 succeeded" in geocode()
    ada.refresh_from_db()
    assert ada.location is None
    assert told in said_to_staff(staff, ada)


def test_a_geocoder_that_is_down_is_asked_again_later(
    census: Census, ada: Stakeholder, geocode: Geocode
) -> None:
    census.status = 503
    request_location(ada)
    assert "1 failed; 1 left" in geocode()
    job = DBTaskResult.objects.get()
    assert (job.status, job.exception_class_path.rpartition(".")[2]) == ("READY", "GeocoderUnavailableError")
    assert "Holliday" not in job.traceback
    # Its time has not come.
    assert "nothing was waiting; 1 left" in geocode()
    census.status = 200
    DBTaskResult.objects.update(run_after=get_date_max())
    assert "1 succeeded; 0 left" in geocode()


def test_a_geocoder_that_refuses_is_not_asked_again(
    census: Census, ada: Stakeholder, geocode: Geocode
) -> None:
    census.status = 400
    request_location(ada)
    assert "1 failed; 0 left" in geocode()
    assert DBTaskResult.objects.get().status == "FAILED"


def test_who_gave_coordinates_is_not_moved_by_an_address(
    census: Census, ada: Stakeholder, geocode: Geocode
) -> None:
    locate(ada, Place(point=Point(-75.5, 39.5)))
    assert not request_location(ada)
    locate_by_address.enqueue(ada.pk)
    geocode()
    ada.refresh_from_db()
    assert ada.location == Point(-75.5, 39.5)
    assert census.asked == []


def test_the_county_that_they_named_holds_against_the_geocoder(
    census: Census, ada: Stakeholder, geocode: Geocode, staff: Client
) -> None:
    locate(ada, Place(county_geoid="24025"))
    request_location(ada)
    geocode()
    ada.refresh_from_db()
    assert (ada.location, ada.county_geoid, regions(ada)) == (None, "24025", {"24", "24025"})
    assert "in another county than the one they named" in said_to_staff(staff, ada)


def test_an_address_in_the_county_that_they_named_adds_the_point(
    census: Census, ada: Stakeholder, geocode: Geocode
) -> None:
    locate(ada, Place(county_geoid="24510"))
    request_location(ada)
    geocode()
    ada.refresh_from_db()
    assert ada.location == Point(-76.61, 39.29)


def test_an_address_that_changes_meanwhile_moves_nobody(
    census: Census, ada: Stakeholder, geocode: Geocode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(address: str) -> AddressAnswer:
        answer = find_address(address)
        Stakeholder.objects.filter(pk=ada.pk).update(address="1 Elsewhere Rd, Bel Air, MD")
        return answer

    monkeypatch.setattr("app.stakeholders.tasks.find_address", find)
    request_location(ada)
    geocode()
    ada.refresh_from_db()
    assert (ada.location, ada.address) == (None, "1 Elsewhere Rd, Bel Air, MD")


def test_somebody_who_is_gone_is_no_failure(census: Census, ada: Stakeholder, geocode: Geocode) -> None:
    request_location(ada)
    ada.delete()
    assert "1 succeeded" in geocode()


def test_everybody_is_queued_once_and_who_was_answered_is_not(
    census: Census, ada: Stakeholder, geocode: Geocode
) -> None:
    Stakeholder.objects.create(name="Grace", email="grace@example.org", address="1 Nowhere St")
    Stakeholder.objects.create(name="Katherine", email="katherine@example.org")
    request_location(ada)
    assert "1 more addresses queued" in geocode(everybody=True)
    census.matches = []
    assert "0 more addresses queued" in geocode(everybody=True)
    assert len(census.asked) == 2


def test_what_was_answered_is_asked_for_by_the_batch(
    census: Census, geocode: Geocode, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geocode_pending, "_BATCH", 2)
    for number in range(5):
        address = f"{number} Nowhere St"
        Stakeholder.objects.create(name="Grace", email=f"grace{number}@example.org", address=address)
    census.matches = []
    assert "5 more addresses queued" in geocode(everybody=True)
    Stakeholder.objects.create(name="Ada", email="ada@example.org", address=ADDRESS)

    with CaptureQueriesContext(connection) as queries:
        assert "1 more addresses queued" in geocode(everybody=True)

    # The last one is what the look-up itself asks.
    assert sum('"regions_addressanswer"."key" IN (' in query["sql"] for query in queries) == 3 + 1
    assert len(census.asked) == 6


def test_staff_may_have_addresses_looked_up(
    staff: Client, census: Census, ada: Stakeholder, geocode: Geocode
) -> None:
    located = Stakeholder.objects.create(name="Grace", email="grace@example.org", location=Point(-76.6, 39.3))
    page = staff.post(
        "/admin/stakeholders/stakeholder/",
        {"action": "locate_by_address", "_selected_action": [ada.pk, located.pk]},
        follow=True,
    ).content.decode()
    assert "1 addresses will be looked up." in page
    assert "1 have coordinates already, or no address: they stay." in page
    assert "1 succeeded" in geocode()


def test_staff_are_told_of_a_look_up_that_failed_for_good(
    staff: Client, settings: Any, census: Census, ada: Stakeholder, geocode: Geocode
) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    census.status = 500
    assert "or nobody asked for it" in said_to_staff(staff, ada)
    request_location(ada)
    request_location(Stakeholder.objects.create(name="Grace", email="grace@example.org", address="1 Elm St"))
    assert "waits for the geocoder" in said_to_staff(staff, ada)

    geocode()
    assert "Nothing looks the address up now: it failed" in said_to_staff(staff, ada)

    staff.post(
        "/admin/stakeholders/stakeholder/", {"action": "locate_by_address", "_selected_action": [ada.pk]}
    )
    assert "waits for the geocoder" in said_to_staff(staff, ada)


def test_without_a_geocoder_nothing_is_queued_and_staff_are_told(
    staff: Client, settings: Any, ada: Stakeholder
) -> None:
    settings.GEOCODER = "none"
    page = staff.post(
        "/admin/stakeholders/stakeholder/",
        {"action": "locate_by_address", "_selected_action": [ada.pk]},
        follow=True,
    ).content.decode()
    assert "GEOCODER is none" in page
    assert "No address is looked up." in said_to_staff(staff, ada)
    assert not request_location(ada)
    assert not DBTaskResult.objects.exists()
