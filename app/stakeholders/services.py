"""Writing a stakeholder together with the regions they are in."""

from django.db import transaction

from app.regions.models import Region, RegionKind
from app.stakeholders.models import RegionAssignment, Stakeholder
from app.stakeholders.places import Place


@transaction.atomic
def locate(stakeholder: Stakeholder, place: Place) -> None:
    """Put a stakeholder where the place is, in every vintage there is, instead of where they were."""
    if place.point is not None:
        regions = list(Region.objects.covering(place.point).order_by("geoid"))
        basis = RegionAssignment.Basis.POINT
    else:
        counties = Region.objects.of(RegionKind.COUNTY).filter(geoid=place.county_geoid).select_related(None)
        states = Region.objects.filter(children__in=counties).distinct()
        regions = [*counties, *states]
        basis = RegionAssignment.Basis.CHOICE
    # A point on a shared edge is covered twice; the lowest GEOID wins, so that a rerun decides the same.
    chosen: dict[tuple[str, int], Region] = {}
    for region in regions:
        chosen.setdefault((region.kind, region.vintage), region)
    stakeholder.location = place.point
    stakeholder.save(update_fields=["location", "updated_at"])
    stakeholder.assignments.all().delete()
    RegionAssignment.objects.bulk_create(
        RegionAssignment(stakeholder=stakeholder, region=region, kind=kind, vintage=vintage, basis=basis)
        for (kind, vintage), region in chosen.items()
    )
