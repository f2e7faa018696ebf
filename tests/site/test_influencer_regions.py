"""An influencer's regions on their page."""

import pytest
from django.test import Client

from app.influencers.models import Influencer
from app.regions.models import Region
from app.site.staff.forms import InfluencerForm
from tests.shapes import make_region, square
from tests.site.html import checked, get


@pytest.fixture
def ada(db: None) -> Influencer:
    return Influencer.objects.create(name="Ada")


def names_of_regions(influencer: Influencer) -> list[str]:
    return sorted(influencer.regions.values_list("full_name", flat=True))


def test_regions_are_added_and_removed_by_their_names(
    outreach: Client, ada: Influencer, maryland: Region
) -> None:
    address = f"/staff/influencers/{ada.pk}/"
    shown = {"name": "Ada", "initial-regions": ""}
    outreach.post(address, shown | {"regions": "MD; harford county, md"})
    assert names_of_regions(ada) == ["Harford County", "Maryland"]

    page = get(outreach, address)
    assert page.having("input", name="initial-regions", value="Harford County, MD; MD")
    shown["initial-regions"] = "Harford County, MD; MD"
    outreach.post(address, shown | {"regions": "Harford County, MD\r\nBaltimore city"})
    assert names_of_regions(ada) == ["Baltimore city", "Harford County"]

    outreach.post(address, shown | {"regions": ""})
    assert names_of_regions(ada) == []


def test_a_new_influencer_can_have_regions(outreach: Client, maryland: Region) -> None:
    outreach.post("/staff/influencers/new/", {"name": "Bob", "initial-regions": "", "regions": "MD"})

    assert names_of_regions(Influencer.objects.get()) == ["Maryland"]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("Atlantis", "There is no region “Atlantis”; write it as MD;"),
        (
            "Baltimore, MD",
            "“Baltimore, MD” can be Baltimore County, MD or Baltimore city, MD: write which.",
        ),
    ],
)
def test_a_region_that_is_unknown_or_may_be_several_is_named_and_nothing_is_saved(
    outreach: Client, ada: Influencer, maryland: Region, typed: str, reason: str
) -> None:
    ada.regions.add(maryland)
    fields = {"name": "Other", "initial-regions": "MD", "regions": f"MD; {typed}"}

    page = checked(outreach.post(f"/staff/influencers/{ada.pk}/", fields))

    assert reason in page.text
    assert f"MD; {typed}" in page.text
    assert names_of_regions(ada) == ["Maryland"]
    ada.refresh_from_db()
    assert ada.name == "Ada"


def test_regions_that_somebody_else_changed_meanwhile_stay(
    outreach: Client, ada: Influencer, maryland: Region
) -> None:
    ada.regions.add(maryland)

    outreach.post(f"/staff/influencers/{ada.pk}/", {"name": "Ada", "initial-regions": "", "regions": ""})

    assert names_of_regions(ada) == ["Maryland"]


def test_what_an_import_writes_while_a_form_is_saved_stays(
    outreach: Client, ada: Influencer, maryland: Region
) -> None:
    form = InfluencerForm(ada, {"name": "Ada", "initial-regions": "", "regions": ""})
    ada.regions.add(maryland)

    assert form.save()
    assert names_of_regions(ada) == ["Maryland"]


def test_regions_of_an_older_layer_stay_what_they_are(outreach: Client, ada: Influencer) -> None:
    address = f"/staff/influencers/{ada.pk}/"
    older = make_region("county", "24027", "Howard", square(0, 0, 1, 1), vintage=2020)
    make_region("county", "24027", "Howard", square(0, 0, 1, 1), vintage=2024)
    make_region("state", "24", "Maryland", square(0, 0, 1, 1), usps="MD")
    ada.regions.add(older)
    assert get(outreach, address).having("input", name="initial-regions", value="Howard, 24")

    outreach.post(address, {"name": "Ada", "initial-regions": "Howard, 24", "regions": "Howard, 24; MD"})

    assert [region.vintage for region in ada.regions.filter(kind="county")] == [2020]
    assert names_of_regions(ada) == ["Howard", "Maryland"]
