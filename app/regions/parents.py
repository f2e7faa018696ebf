"""The state that a county or district belongs to."""

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from app.regions.models import Region, RegionKind


def link_to_states(kind: str, vintage: int) -> int:
    """Give the regions that an import may have changed their state as parent; says how many got another one.

    Whichever of the two came first, it is the state of their own vintage, or else of the last one before, or else of
    the first one after.
    """
    if kind == RegionKind.ZIP_AREA:
        # They cross the borders of states.
        return 0
    regions = Region.objects.exclude(kind=RegionKind.STATE)
    if kind != RegionKind.STATE:
        regions = regions.filter(kind=kind, vintage=vintage)
    states = Region.objects.of(RegionKind.STATE).filter(geoid=OuterRef("state_fips"))
    in_force = states.filter(vintage__lte=OuterRef("vintage")).order_by("-vintage").values("pk")[:1]
    oldest = states.order_by("vintage").values("pk")[:1]
    unlinked = (
        regions.annotate(state=Coalesce(Subquery(in_force), Subquery(oldest)))
        .filter(state__isnull=False)
        .exclude(parent=F("state"))
    )
    return unlinked.update(parent=F("state"), updated_at=timezone.now())
