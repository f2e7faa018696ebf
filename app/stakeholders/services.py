"""Writing a stakeholder together with the regions they are in."""

from django.db import transaction
from django.db.models import Q

from app.regions.models import Region, RegionKind
from app.stakeholders.models import RegionAssignment, Stakeholder
from app.stakeholders.places import Place

STATE_FIPS_LENGTH = 2  # of a county's GEOID, which begins with its state's


@transaction.atomic
def locate(stakeholder: Stakeholder, place: Place) -> None:
    """Put a stakeholder where the place is, in every vintage there is, instead of where they were."""
    stakeholder.location = place.point
    stakeholder.county_geoid = place.county_geoid
    # Before the regions are read: the write waits for an import under way, see assignment.assign_layer.
    stakeholder.save(update_fields=["location", "county_geoid", "updated_at"])
    basis = RegionAssignment.Basis.POINT if place.point else RegionAssignment.Basis.CHOICE
    # A point on a shared edge is covered twice; the lowest GEOID wins, so that a rerun decides the same.
    chosen: dict[tuple[str, int], Region] = {}
    for region in _regions_of(place):
        chosen.setdefault((region.kind, region.vintage), region)
    stakeholder.assignments.all().delete()
    RegionAssignment.objects.bulk_create(
        RegionAssignment(stakeholder=stakeholder, region=region, kind=kind, vintage=vintage, basis=basis)
        for (kind, vintage), region in chosen.items()
    )


def _regions_of(place: Place) -> list[Region]:
    if place.point is not None:
        return list(Region.objects.covering(place.point).order_by("geoid"))
    county = Q(kind=RegionKind.COUNTY, geoid=place.county_geoid)
    state = Q(kind=RegionKind.STATE, geoid=place.county_geoid[:STATE_FIPS_LENGTH])
    return list(Region.objects.filter(county | state))
