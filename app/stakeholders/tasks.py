"""Locating people by their address, where the internet is (docs/decisions/0031)."""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from app.jobs import INTERNET_QUEUE
from app.regions.geocoding import find_address, geocoder
from app.regions.geometry import Point
from app.regions.models import Region, RegionKind
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place
from app.stakeholders.services import locate

if TYPE_CHECKING:
    from django.db.models import QuerySet


def request_location(stakeholder: Stakeholder) -> bool:
    """Have somebody located by their address, in a while; never waits for a geocoder.

    Returns:
        False if there is nothing to look up, or nobody to ask.
    """
    if not (stakeholder.waits_for_geocoder and geocoder().is_available):
        return False
    locate_by_address.enqueue(stakeholder.pk)
    return True


def unfinished_look_ups() -> "QuerySet[DBTaskResult[Any, Any]]":
    """The jobs that will still locate somebody; the only argument of each is the stakeholder's id."""
    return DBTaskResult.objects.filter(
        queue_name=INTERNET_QUEUE,
        task_path=locate_by_address.module_path,
        status__in=(TaskResultStatus.READY, TaskResultStatus.RUNNING),
    )


@task(queue_name=INTERNET_QUEUE)
def locate_by_address(stakeholder_id: int) -> str:
    """Give a stakeholder without coordinates those of their address; the job names the person alone.

    Returns:
        What came of it, for staff.

    Raises:
        GeocoderUnavailableError: to be tried again.
        GeocoderRefusedError: not to be tried again as things are.
    """
    stakeholder = Stakeholder.objects.filter(pk=stakeholder_id).first()
    if stakeholder is None or not stakeholder.waits_for_geocoder:
        return "nothing to look up any more"
    answer = find_address(stakeholder.address)
    if answer.point is None:
        return f"the address can mean {answer.matches} places" if answer.matches else "no such address"
    return _move(stakeholder.pk, stakeholder.address, answer.point)


@transaction.atomic
def _move(stakeholder_id: int, address: str, point: Point) -> str:
    """The geocoder took its time: only who still has this address, and no coordinates, is moved."""
    waiting = Stakeholder.objects.select_for_update().filter(pk=stakeholder_id, address=address)
    stakeholder = waiting.first()
    if stakeholder is None or not stakeholder.waits_for_geocoder:
        return "changed meanwhile"
    if contradicts(stakeholder, point):
        return "in another county than the one they named"
    locate(stakeholder, Place(point=point))
    return "located"


def contradicts(stakeholder: Stakeholder, point: Point) -> bool:
    """Whether a point lies in another county than the one they named. What they said themselves holds."""
    if not stakeholder.county_geoid:
        return False
    counties = (region for region in Region.objects.located_at(point) if region.kind == RegionKind.COUNTY)
    return any(county.geoid != stakeholder.county_geoid for county in counties)
