"""Find my district."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from app.ratelimit.requests import address_of, first_refusal
from app.regions.models import Region, RegionKind
from app.site.caching import private_page
from app.site.forms import PlaceForm
from app.site.limits import refused_form
from app.site.maps import thumbnail
from app.stakeholders.places import Place

_MANY_SEARCHES = "Many searches came from your network, and we answer a few at a time."


# POST, though it changes nothing: an address stays in histories and access logs, and here it would say where somebody is.
@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def find_district(request: HttpRequest) -> HttpResponse:
    form = PlaceForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        if refusal := first_refusal(request, {"locate": address_of(request)}):
            return refused_form(request, "site/find_district.html", context, refusal, _MANY_SEARCHES)
        regions = regions_of(form.cleaned_data["place"])
        context |= {"regions": regions, "searched": True, "picture": _picture(regions)}
    return render(request, "site/find_district.html", context)


def regions_of(place: Place) -> list[Region]:
    """The newest region of each kind, as far as the place tells: a county alone says nothing of districts."""
    if place.point is not None:
        return Region.objects.located_at(place.point)
    counties = Region.objects.of(RegionKind.COUNTY).filter(geoid=place.county_geoid).order_by("-vintage")
    county = counties.select_related("parent").without_shapes().first()
    return [region for region in (county and county.parent, county) if region]


def _picture(regions: list[Region]) -> dict[str, Any] | None:
    """The county's outline within its state's."""
    by_kind = {region.kind: region for region in regions}
    state, county = by_kind.get(RegionKind.STATE), by_kind.get(RegionKind.COUNTY)
    if state is None or county is None:
        return None
    outlines = dict(Region.objects.filter(pk__in=(state.pk, county.pk)).values_list("pk", "outline"))
    return {
        "drawing": thumbnail(state.geoid, outlines[state.pk], outlines[county.pk]),
        "label": f"{county.full_name} in {state.name}",
    }
