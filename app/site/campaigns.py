"""Pages to read: the home page, the campaigns, one campaign and its map."""

import re
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from app.campaigns.models import Campaign
from app.endorsements.models import Endorsement
from app.endorsements.services import KEEP_UNCONFIRMED_DAYS
from app.regions.models import Region, RegionKind
from app.site.caching import public_page
from app.site.choropleth import Choropleth, choropleth
from app.site.maps import counties_layer, states_layer

CAMPAIGNS_ON_HOME = 4
CAMPAIGNS_A_PAGE = 20
ENDORSEMENTS_A_PAGE = 24
SEARCH_LENGTH = 100
_USPS = re.compile(r"[A-Za-z]{2}")
_KEY = re.compile(r"[0-9]{1,18}")


@require_safe
@public_page
def home(request: HttpRequest) -> HttpResponse:
    campaigns = Campaign.objects.published().order_by("status", "-created_at", "-pk")[:CAMPAIGNS_ON_HOME]
    return render(request, "site/home.html", {"campaigns": with_counts(list(campaigns))})


@require_safe
@public_page
def campaign_list(request: HttpRequest) -> HttpResponse:
    # PostgreSQL takes no NUL in a text.
    search = request.GET.get("q", "").replace("\0", "").strip()[:SEARCH_LENGTH]
    campaigns = Campaign.objects.published()
    if search:
        campaigns = campaigns.filter(Q(title__icontains=search) | Q(summary__icontains=search))
    page = Paginator(campaigns, CAMPAIGNS_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "campaigns": with_counts(list(page)), "search": search}
    return render(request, "site/campaigns.html", context)


@require_safe
@public_page
def campaign_detail(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = published_campaign(slug)
    before = request.GET.get("before")
    endorsements, older = endorsements_page(campaign, before)
    context: dict[str, Any] = {"campaign": campaign, "endorsements": endorsements, "older": older}
    if before:
        return render(request, "site/older_endorsements.html", context)
    total = campaign.endorsements.counted().count()
    shaded = country_map(campaign)
    context |= {
        "bills": campaign.bills.all(),
        "total": total,
        "standing": standing(campaign),
        "map": shaded,
        "unplaced": total - shaded.placed if shaded else 0,
    }
    return render(request, "site/campaign.html", context)


@require_safe
@public_page
def state_map(request: HttpRequest, slug: str, usps: str) -> HttpResponse:
    campaign = published_campaign(slug)
    state = _state(usps)
    layer = counties_layer(state)
    shaded = layer and choropleth(layer, campaign.endorsements.count_by_region(RegionKind.COUNTY))
    context = {"campaign": campaign, "state": state, "map": shaded, "standing": standing(campaign)}
    return render(request, "site/state_map.html", context)


@require_safe
@public_page
def terms(request: HttpRequest) -> HttpResponse:
    context = {
        "version": settings.TERMS_VERSION,
        "link_hours": settings.ENDORSEMENT_LINK_HOURS,
        "keep_days": KEEP_UNCONFIRMED_DAYS,
    }
    return render(request, "site/terms.html", context)


def published_campaign(slug: str) -> Campaign:
    return get_object_or_404(Campaign.objects.published(), slug=slug)


def _state(usps: str) -> Region:
    states = Region.objects.of(RegionKind.STATE).current()
    state = states.filter(usps=usps.upper()).first() if _USPS.fullmatch(usps) else None
    if state is None:
        raise Http404
    return state


def standing(campaign: Campaign) -> str:
    """`open`, `upcoming` or `closed`: what the page can offer a visitor."""
    if campaign.is_open():
        return "open"
    active = campaign.status == Campaign.Status.ACTIVE
    return "upcoming" if active and campaign.opens_at and campaign.opens_at > timezone.now() else "closed"


def with_counts(campaigns: list[Campaign]) -> list[tuple[Campaign, str, int]]:
    """Each campaign with its standing and its number of endorsements, by one query."""
    counts = Endorsement.objects.filter(campaign__in=campaigns).count_by_campaign()
    return [(campaign, standing(campaign), counts.get(campaign.pk, 0)) for campaign in campaigns]


def country_map(campaign: Campaign) -> Choropleth | None:
    layer = states_layer()
    if layer is None:
        return None
    counts = campaign.endorsements.count_by_region(RegionKind.STATE)
    return choropleth(
        layer, counts, lambda shape: reverse("site:state-map", args=[campaign.slug, shape.usps])
    )


def endorsements_page(campaign: Campaign, before: str | None) -> tuple[list[Endorsement], int | None]:
    """Published endorsements with a lower key than `before`, the newest first.

    Returns:
        A page, and the key to ask for the next one with; None on the last.

    Raises:
        Http404: `before` is no key.
    """
    endorsements = campaign.endorsements.published().with_counties()
    if before:
        if not _KEY.fullmatch(before):
            raise Http404
        endorsements = endorsements.filter(pk__lt=int(before))
    found = list(endorsements[: ENDORSEMENTS_A_PAGE + 1])
    page = found[:ENDORSEMENTS_A_PAGE]
    return page, page[-1].pk if len(found) > len(page) else None
