"""Find my district: by coordinates, a county or a ZIP code. Addresses are not looked up (docs/decisions/0031)."""

import itertools
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from app.ratelimit.requests import address_of, first_refusal
from app.regions.models import Region, RegionKind
from app.site.caching import private_page
from app.site.forms import DistrictForm
from app.site.limits import refused_form
from app.site.maps import thumbnail
from app.stakeholders.places import Place

Shares = list[tuple[str, list[tuple[Region, int | None]]]]
_MANY_SEARCHES = "Many searches came from your network, and we answer a few at a time."


# POST, though it changes nothing: an address stays in histories and access logs, and here it would say where somebody is.
@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def find_district(request: HttpRequest) -> HttpResponse:
    form = DistrictForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        if refusal := first_refusal(request, {"locate": address_of(request)}):
            return refused_form(request, "site/find_district.html", context, refusal, _MANY_SEARCHES)
        context |= {"searched": True, **_answer(form.cleaned_data)}
    return render(request, "site/find_district.html", context)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    if zip_area := asked.get("zip_area"):
        shares = shares_of(zip_area)
        return {"zip_area": zip_area, "shares": shares, "picture": _picture_of(zip_area, shares)}
    regions = regions_of(asked["place"])
    return {"regions": regions, "picture": _picture(regions)}


def regions_of(place: Place) -> list[Region]:
    """The newest region of each kind, as far as the place tells: a county alone says nothing of districts."""
    if place.point is not None:
        return Region.objects.located_at(place.point)
    counties = Region.objects.of(RegionKind.COUNTY).filter(geoid=place.county_geoid).order_by("-vintage")
    county = counties.select_related("parent").without_shapes().first()
    return [region for region in (county and county.parent, county) if region]


def shares_of(zip_area: Region) -> Shares:
    """By the kind's name: its regions on the area's ground, each with its percentage; None if it has all of it."""
    shares = Region.objects.sharing_ground_with(zip_area)
    by_kind = itertools.groupby(shares, key=lambda found: found[0].get_kind_display())
    return [(kind, _percentages(list(found))) for kind, found in by_kind]


def _percentages(found: list[tuple[Region, float]]) -> list[tuple[Region, int | None]]:
    if len(found) == 1:
        return [(found[0][0], None)]
    return [(region, max(1, round(100 * share))) for region, share in found]


def _picture(regions: list[Region]) -> dict[str, Any] | None:
    """The county's outline within its state's."""
    by_kind = {region.kind: region for region in regions}
    state, county = by_kind.get(RegionKind.STATE), by_kind.get(RegionKind.COUNTY)
    if state is None or county is None:
        return None
    return _drawn(state, county, county.full_name)


def _picture_of(zip_area: Region, shares: Shares) -> dict[str, Any] | None:
    """The ZIP area within the state that has the most of it."""
    state = next(
        (region for _, found in shares for region, _ in found if region.kind == RegionKind.STATE), None
    )
    return _drawn(state, zip_area, f"ZIP code {zip_area.geoid}") if state else None


def _drawn(state: Region, region: Region, name: str) -> dict[str, Any]:
    outlines = dict(Region.objects.filter(pk__in=(state.pk, region.pk)).values_list("pk", "outline"))
    return {
        "drawing": thumbnail(state.geoid, outlines[state.pk], outlines[region.pk]),
        "label": f"{name} in {state.name}",
    }
