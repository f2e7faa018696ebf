"""The pages to read: what they show, when there is nothing to show, and what they cost."""

import datetime as dt

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from app.campaigns.models import Bill, Campaign
from app.endorsements.models import State
from app.regions.models import Region, RegionOutline
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place
from app.stakeholders.services import locate
from tests.site.conftest import Endorse
from tests.site.html import checked, get

CAMPAIGN = "/campaigns/clean-water/"
PUBLIC = ["/", "/campaigns/", CAMPAIGN, f"{CAMPAIGN}map/MD/", "/terms/"]


@pytest.fixture
def later(campaign: Campaign) -> Campaign:
    campaign.opens_at = timezone.now() + dt.timedelta(days=2)
    campaign.save()
    return campaign


@pytest.mark.parametrize("address", PUBLIC)
def test_a_page_to_read_may_be_cached_and_touches_no_session(
    address: str, outsider: Client, campaign: Campaign, maryland: Region
) -> None:
    response = outsider.get(address)
    checked(response)
    assert response["Cache-Control"] == "public, max-age=60"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


@pytest.mark.parametrize("address", PUBLIC)
def test_a_page_to_read_takes_no_post(
    address: str, outsider: Client, campaign: Campaign, maryland: Region
) -> None:
    assert outsider.post(address).status_code == 405


def test_home_says_so_when_there_is_no_campaign(outsider: Client, db: None) -> None:
    assert "There is no campaign yet" in get(outsider, "/").text
    assert "There is no campaign yet" in get(outsider, "/campaigns/").text


def test_home_shows_open_campaigns_before_closed_ones(outsider: Client, campaign: Campaign) -> None:
    Campaign.objects.create(
        slug="past", title="Past", summary="s", endorsement_statement="e", status="closed"
    )
    text = get(outsider, "/").text
    assert text.index("Clean water") < text.index("Past")


def test_drafts_are_nowhere(outsider: Client, campaign: Campaign) -> None:
    campaign.status = Campaign.Status.DRAFT
    campaign.save()
    assert "Clean water" not in get(outsider, "/campaigns/").text
    for address in (CAMPAIGN, f"{CAMPAIGN}endorse/", f"{CAMPAIGN}endorse/sent/", f"{CAMPAIGN}map/MD/"):
        get(outsider, address, 404)


def test_campaigns_are_searched_by_their_words(outsider: Client, campaign: Campaign) -> None:
    Campaign.objects.create(
        slug="buses", title="Night <buses>", summary="s", endorsement_statement="e", status="active"
    )
    page = get(outsider, "/campaigns/?q=SWIM")
    assert "1 campaign with “SWIM”" in page.text
    assert page.having("a", href=CAMPAIGN)
    assert not page.having("a", href="/campaigns/buses/")
    assert page.having("input", name="q", value="SWIM")


def test_a_search_without_a_find_offers_all(outsider: Client, campaign: Campaign) -> None:
    page = get(outsider, '/campaigns/?q="><script>alert(1)</script>')
    assert "0 campaigns with" in page.text
    assert page.having("a", href="/campaigns/")


def test_a_nul_in_an_address_is_no_failure(outsider: Client, campaign: Campaign) -> None:
    assert "1 campaign with “swim”" in get(outsider, "/campaigns/?q=sw%00im").text
    get(outsider, f"{CAMPAIGN}map/M%00/", 404)
    get(outsider, f"{CAMPAIGN}?before=%00", 404)


def test_the_campaigns_come_in_pages_that_keep_the_search(outsider: Client, db: None) -> None:
    Campaign.objects.bulk_create(
        Campaign(
            slug=f"water-{n}", title=f"Water {n}", summary="s", endorsement_statement="e", status="active"
        )
        for n in range(45)
    )
    first = get(outsider, "/campaigns/?q=water")
    (following,) = first.having("a", rel="next")
    assert following["href"] == "?q=water&page=2"
    last = get(outsider, f"/campaigns/{following['href']}".replace("page=2", "page=3"))
    assert "Page 3 of 3" in last.text
    assert not last.having("a", rel="next")
    assert "Page 1 of 3" in get(outsider, "/campaigns/?page=nonsense").text


def test_a_campaign_shows_its_case_and_its_bills(outsider: Client, campaign: Campaign) -> None:
    campaign.description = "First <b>.\n\nSecond."
    campaign.save()
    Bill.objects.create(
        campaign=campaign,
        level="state",
        jurisdiction="MD",
        number="SB 27",
        session="2026 Regular Session",
        title="Lead pipes",
        status="passed_chamber",
        url="https://mgaleg.maryland.gov/sb27",
    )
    page = get(outsider, CAMPAIGN)
    assert "<p>First &lt;b&gt;.</p>\n\n<p>Second.</p>" in page.html
    for words in (
        "SB 27",
        "MD legislature",
        "2026 Regular Session",
        "Passed one chamber",
        "I support clean water.",
    ):
        assert words in page.text
    assert page.having("a", href="https://mgaleg.maryland.gov/sb27")


def test_a_campaign_without_endorsements_or_regions_says_so(outsider: Client, campaign: Campaign) -> None:
    page = get(outsider, CAMPAIGN)
    assert "Nobody has endorsed yet." in page.text
    assert "The map appears when the regions have been imported." in page.text
    assert len(page.having("a", href=f"{CAMPAIGN}endorse/")) == 2


def test_an_upcoming_campaign_says_when_it_opens(outsider: Client, later: Campaign) -> None:
    page = get(outsider, CAMPAIGN)
    assert f"Endorsements open on {later.opens_at:%-d %B %Y}" in page.text
    assert not page.having("a", href=f"{CAMPAIGN}endorse/")


def test_a_campaign_says_to_the_minute_until_when_it_is_open(outsider: Client, campaign: Campaign) -> None:
    campaign.closes_at = dt.datetime(2099, 11, 21, tzinfo=dt.UTC)
    campaign.save()
    assert "Open until 21 November 2099, 00:00 UTC." in get(outsider, CAMPAIGN).text


def test_a_campaign_past_its_date_is_closed(outsider: Client, campaign: Campaign) -> None:
    campaign.closes_at = timezone.now() - dt.timedelta(minutes=1)
    campaign.save()
    page = get(outsider, CAMPAIGN)
    assert "This campaign is closed." in page.text
    assert not page.having("a", href=f"{CAMPAIGN}endorse/")


def test_an_endorsement_is_shown_with_its_county(
    outsider: Client, endorsed: Endorse, baltimore: Region
) -> None:
    endorsed(
        1, baltimore, name="Ada <i>", organisation="Engines", role="Analyst", statement="Swim.\n\nThink."
    )
    text = get(outsider, CAMPAIGN).text
    assert "Ada &lt;i&gt; Analyst, Engines Baltimore city, MD" in text
    assert "Swim. Think." in text


def test_only_approved_endorsers_who_agreed_are_named_and_all_approved_ones_counted(
    outsider: Client, endorsed: Endorse, baltimore: Region
) -> None:
    endorsed(1, baltimore, name="Shown")
    endorsed(1, baltimore, name="Shy", consent_to_publish=False)
    endorsed(1, baltimore, name="Waiting", state=State.CONFIRMED, moderated_at=None)
    endorsed(1, baltimore, name="Refused", state=State.REJECTED)
    page = get(outsider, CAMPAIGN)
    assert "Shown" in page.text
    for name in ("Shy", "Waiting", "Refused"):
        assert name not in page.text
    assert "2 endorsements" in page.text
    assert "<title>Maryland: 2 endorsements</title>" in page.html


def test_a_campaign_whose_endorsers_are_all_unnamed_says_so(outsider: Client, endorsed: Endorse) -> None:
    endorsed(1, consent_to_publish=False)
    assert "1 person has endorsed without showing their name" in get(outsider, CAMPAIGN).text


def test_the_map_links_to_each_state_and_the_table_has_the_same_counts(
    outsider: Client, endorsed: Endorse, baltimore: Region, alaska: Region
) -> None:
    endorsed(3, baltimore)
    endorsed(1)
    page = get(outsider, CAMPAIGN)
    assert len(page.having("a", href=f"{CAMPAIGN}map/MD/")) == 2
    assert len(page.having("a", href=f"{CAMPAIGN}map/AK/")) == 1
    assert "<title>Alaska: 0 endorsements</title>" in page.html
    assert "1 could not be placed in one" in page.text
    assert "Maryland 3" in page.text


def test_the_state_map_counts_by_county(outsider: Client, endorsed: Endorse, baltimore: Region) -> None:
    endorsed(2, baltimore)
    page = get(outsider, f"{CAMPAIGN}map/md/")
    assert "<title>Baltimore city: 2 endorsements</title>" in page.html
    assert "<title>Harford County: 0 endorsements</title>" in page.html
    assert "2 endorsements from 1 of 3 counties" in page.text
    assert page.having("a", href=f"{CAMPAIGN}#map-title")


def test_a_state_without_counties_says_so_and_an_unknown_one_is_not_found(
    outsider: Client, campaign: Campaign, alaska: Region
) -> None:
    assert "The map appears when the counties of Alaska" in get(outsider, f"{CAMPAIGN}map/AK/").text
    get(outsider, f"{CAMPAIGN}map/ZZ/", 404)


def test_older_endorsements_follow_page_by_page_without_gap_or_repetition(
    outsider: Client, endorsed: Endorse
) -> None:
    names = [endorsement.name for endorsement in endorsed(60)]
    address, seen = CAMPAIGN, []
    while True:
        page = get(outsider, address)
        seen += [name for name in reversed(names) if f"<b>{name}</b>" in page.html]
        older = page.having("a", rel="next")
        if not older:
            break
        address = str(older[0]["href"])
    assert seen == names[::-1]


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "\u0661"])
def test_a_page_of_endorsements_that_cannot_be_is_not_found(
    before: str, outsider: Client, campaign: Campaign
) -> None:
    get(outsider, f"{CAMPAIGN}?before={before}", 404)


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/", 2),
        ("/campaigns/", 3),
        (CAMPAIGN, 8),
        (f"{CAMPAIGN}?before=99999999", 3),
        (f"{CAMPAIGN}map/MD/", 5),
    ],
)
@pytest.mark.parametrize("count", [5, 50])
def test_a_page_takes_the_same_queries_whatever_there_is(
    address: str,
    queries: int,
    count: int,
    outsider: Client,
    endorsed: Endorse,
    baltimore: Region,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    endorsed(count, baltimore)
    Campaign.objects.bulk_create(
        Campaign(slug=f"c{n}", title=f"C{n}", summary="s", endorsement_statement="e", status="active")
        for n in range(count)
    )
    cache.clear()
    with django_assert_num_queries(queries):
        get(outsider, address)


def test_the_terms_name_their_version(outsider: Client) -> None:
    assert f"Version {settings.TERMS_VERSION}" in get(outsider, "/terms/").text


@pytest.mark.parametrize("address", [CAMPAIGN, f"{CAMPAIGN}map/MD/"])
def test_a_map_that_is_not_drawn_yet_leaves_its_figures(
    address: str, outsider: Client, endorsed: Endorse, campaign: Campaign, maryland: Region
) -> None:
    endorsed(2)
    for stakeholder in Stakeholder.objects.all():
        locate(stakeholder, Place(county_geoid="24510"))
    RegionOutline.objects.all().delete()
    cache.clear()
    page = get(outsider, address)
    assert "The map is not drawn yet." in page.text
    assert "<table" in page.html
