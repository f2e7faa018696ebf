"""A map keeps its counts when a newer layer comes, whole or of some states."""

from pathlib import Path

from django.core.management import call_command
from django.test import Client

from app.campaigns.models import Campaign
from app.regions.geometry import Point
from app.regions.models import Region
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place, resolve_place
from app.stakeholders.services import locate
from tests.layers import Row, county, degree_square, state, write_layer
from tests.shapes import make_region, square
from tests.site.conftest import Endorse
from tests.site.html import get

CAMPAIGN = "/campaigns/clean-water/"


def import_layer(folder: Path, kind: str, *rows: Row) -> None:
    call_command("import_tiger", str(write_layer(folder / kind, rows)), kind=kind, vintage=2024, verbosity=0)


def place_everybody(*places: Place) -> None:
    for stakeholder, place in zip(Stakeholder.objects.order_by("pk"), places, strict=True):
        locate(stakeholder, place)


def test_the_maps_count_the_same_people_in_a_newer_layer(
    outsider: Client, endorsed: Endorse, campaign: Campaign, maryland: Region, tmp_path: Path
) -> None:
    endorsed(2)
    place_everybody(Place(point=Point(-76.6, 39.3)), Place(county_geoid="24510"))
    import_layer(tmp_path, "state", (state(), degree_square()))
    import_layer(tmp_path, "county", (county(), degree_square()))
    assert "<title>Maryland: 2 endorsements</title>" in get(outsider, CAMPAIGN).html
    assert "<title>Baltimore city: 2 endorsements</title>" in get(outsider, f"{CAMPAIGN}map/MD/").html


def test_one_newer_state_leaves_the_others_on_the_map_and_in_the_form(
    outsider: Client, endorsed: Endorse, campaign: Campaign, maryland: Region, tmp_path: Path
) -> None:
    endorsed(2)
    place_everybody(Place(point=Point(-76.6, 39.3)), Place(point=Point(-79.5, 37.5)))
    import_layer(tmp_path, "state", (state("51", "Virginia", "VA"), degree_square(-80, 37)))
    import_layer(tmp_path, "county", (county("51510", "Alexandria"), degree_square(-80, 37)))
    page = get(outsider, CAMPAIGN)
    assert "<title>Maryland: 1 endorsement</title>" in page.html
    assert "<title>Virginia: 1 endorsement</title>" in page.html
    assert "could not be placed" not in page.text
    assert "<title>Baltimore city: 1 endorsement</title>" in get(outsider, f"{CAMPAIGN}map/MD/").html
    assert "<title>Alexandria city: 1 endorsement</title>" in get(outsider, f"{CAMPAIGN}map/VA/").html
    assert resolve_place(state="MD", county="Baltimore city") == Place(county_geoid="24510")


def test_nobody_is_counted_twice_where_layers_of_different_age_overlap(
    outsider: Client, endorsed: Endorse, campaign: Campaign, maryland: Region, tmp_path: Path
) -> None:
    make_region("state", "51", "Virginia", square(-80, 36, -77, 38), usps="VA")
    endorsed(1)
    place_everybody(Place(point=Point(-76.6, 39.3)))
    import_layer(tmp_path, "state", (state("51", "Virginia", "VA"), degree_square()))
    html = get(outsider, CAMPAIGN).html
    assert "<title>Virginia: 1 endorsement</title>" in html
    assert "<title>Maryland: 0 endorsements</title>" in html
