"""The form: what it asks, what it says to mistakes, and what it keeps."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from app.campaigns.models import Campaign
from app.endorsements.api import SubmissionSerializer
from app.endorsements.models import Endorsement
from app.regions.models import Region
from app.site.forms import EndorseForm
from tests.shapes import make_region, square
from tests.site.html import checked, get

FORM = "/campaigns/clean-water/endorse/"
TYPED: dict[str, Any] = {
    "name": "Ada Lovelace",
    "email": "Ada@Example.org",
    "kind": "person",
    "organisation": "Analytical Engines",
    "role": "Analyst",
    "state": "MD",
    "county": "Baltimore city",
    "statement": "Swimming is good for thinking.",
    "consent_to_publish": "on",
    "terms_accepted": "on",
}


def test_it_asks_what_the_api_takes(db: None) -> None:
    form, serializer = EndorseForm(), SubmissionSerializer()
    assert set(form.fields) == set(serializer.fields)
    for name, field in form.fields.items():
        longest = getattr(serializer.fields[name], "max_length", None)
        if isinstance(field, forms.CharField):
            assert field.max_length == longest, name


def test_every_field_has_its_label_and_is_private(
    outsider: Client, campaign: Campaign, maryland: Region
) -> None:
    response = outsider.get(FORM)
    page = checked(response)
    assert response["Cache-Control"] == "private, no-store"
    assert page.having("input", name="email", autocomplete="email", type="email")
    assert page.having("input", name="name", autocomplete="name")
    assert page.having("option", value="MD")


def test_a_submission_is_kept_and_leads_to_check_your_mail(
    outsider: Client, campaign: Campaign, maryland: Region, work_off_jobs: Callable[[], None]
) -> None:
    response = outsider.post(FORM, TYPED, follow=True)
    assert response.redirect_chain == [(f"{FORM}sent/", 302)]
    assert "Now check your mail" in checked(response).text
    endorsement = Endorsement.objects.get()
    assert endorsement.email == "ada@example.org"
    assert endorsement.county_geoid == "24510"
    assert endorsement.consent_to_publish
    assert endorsement.terms_version == settings.TERMS_VERSION
    work_off_jobs()
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]


def test_coordinates_do_instead_of_a_county(outsider: Client, campaign: Campaign, maryland: Region) -> None:
    typed = TYPED | {"state": "", "county": "", "latitude": "39.3", "longitude": "-76.6"}
    assert outsider.post(FORM, typed).status_code == 302
    assert (Endorsement.objects.get().latitude, Endorsement.objects.get().longitude) == (39.3, -76.6)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": " "}, "name", "Give your name."),
        ({"name": "x" * 161}, "name", "at most 160"),
        ({"email": ""}, "email", "Give your e-mail address"),
        ({"email": "ada@"}, "email", "as name@example.org"),
        ({"kind": "robot"}, "kind", "robot is not one"),
        ({"statement": "x" * 2001}, "statement", "at most 2000"),
        ({"terms_accepted": ""}, "terms_accepted", "The terms have to be accepted."),
        ({"state": "", "county": ""}, "state", "choose a state and a county"),
        ({"state": ""}, "state", "State and county come together."),
        ({"county": ""}, "county", "State and county come together."),
        ({"state": "ZZ"}, "state", "ZZ is not one"),
        ({"county": "Kent"}, "county", "Maryland has no county of the name Kent."),
        ({"county": "Baltimore"}, "county", "Baltimore County (24005) or Baltimore city (24510)"),
        ({"state": "", "county": "", "latitude": "39.3"}, "longitude", "come together"),
        ({"state": "", "county": "", "latitude": "99", "longitude": "-76"}, "latitude", "from -90 to 90"),
        ({"state": "", "county": "", "latitude": "north", "longitude": "-76"}, "latitude", "as a number"),
        ({"latitude": "39.3", "longitude": "-76.6"}, "latitude", "Not both."),
    ],
)
def test_a_mistake_is_named_at_its_field_and_above_the_form(
    changes: dict[str, str], field: str, message: str, outsider: Client, campaign: Campaign, maryland: Region
) -> None:
    page = checked(outsider.post(FORM, TYPED | changes))
    assert page.html.count(message) == 2, page.text
    assert page.having("div", role="alert")
    target = "id_kind_0" if field == "kind" else f"id_{field}"
    assert page.having("a", href=f"#{target}")
    if field != "kind":
        (control,) = [
            attributes
            for tag in ("input", "select", "textarea")
            for attributes in page.having(tag, id=target)
        ]
        assert control["aria-invalid"] == "true"
        assert f"{target}_error" in str(control["aria-describedby"]).split()
    assert "Error: " in page.text
    assert not Endorsement.objects.exists()


def test_what_was_typed_is_kept(outsider: Client, campaign: Campaign, maryland: Region) -> None:
    page = checked(outsider.post(FORM, TYPED | {"email": "ada@", "kind": "organisation"}))
    for name in ("name", "organisation", "role", "county"):
        assert page.having("input", name=name, value=TYPED[name]), name
    assert page.having("input", name="email", value="ada@")
    assert "selected" in page.having("option", value="MD")[0]
    assert "checked" in page.having("input", value="organisation")[0]
    assert "checked" in page.having("input", name="consent_to_publish")[0]
    assert "Swimming is good for thinking." in page.text


def test_the_counties_of_the_chosen_state_are_offered(
    outsider: Client, campaign: Campaign, maryland: Region
) -> None:
    page = checked(outsider.post(FORM, TYPED | {"county": "Baltimore"}))
    assert page.having("option", value="Baltimore County")
    assert page.having("option", value="Harford County")
    assert not get(outsider, FORM).having("option", value="Harford County")


def test_without_regions_it_asks_for_coordinates(outsider: Client, campaign: Campaign) -> None:
    page = get(outsider, FORM)
    assert "The states are not imported yet" in page.text
    assert not page.having("select")
    assert "open" in page.having("details")[0]
    assert "#id_latitude" in checked(outsider.post(FORM, TYPED | {"state": "", "county": ""})).html
    typed = TYPED | {"state": "", "county": "", "latitude": "39.3", "longitude": "-76.6"}
    assert outsider.post(FORM, typed).status_code == 302


def test_a_known_address_gets_the_same_answer(outsider: Client, campaign: Campaign, maryland: Region) -> None:
    answers = [outsider.post(FORM, TYPED) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]


@pytest.mark.parametrize(("opens_in_days", "words"), [(2, "Not open yet"), (None, "This campaign is closed")])
def test_a_campaign_that_is_not_open_says_so_and_keeps_nothing(
    opens_in_days: int | None, words: str, outsider: Client, campaign: Campaign, maryland: Region
) -> None:
    if opens_in_days:
        campaign.opens_at = timezone.now() + dt.timedelta(days=opens_in_days)
    else:
        campaign.status = Campaign.Status.CLOSED
    campaign.save()
    assert words in get(outsider, FORM).text
    assert words in checked(outsider.post(FORM, TYPED), 409).text
    assert not Endorsement.objects.exists()


def test_a_local_installation_says_where_the_mail_is(outsider: Client, campaign: Campaign) -> None:
    assert "var/mail/" in get(outsider, f"{FORM}sent/").text


def test_a_deployed_stage_does_not(outsider: Client, campaign: Campaign, settings: Any) -> None:
    settings.STAGE = "prod"
    assert "var/mail" not in get(outsider, f"{FORM}sent/").text


def test_a_forged_form_is_refused_with_a_page_that_helps(campaign: Campaign, maryland: Region) -> None:
    page = checked(Client(enforce_csrf_checks=True).post(FORM, TYPED), 403)
    assert "Please send the form again" in page.text
    assert not Endorsement.objects.exists()


@pytest.mark.parametrize("count", [0, 30])
def test_the_form_takes_the_same_queries_however_many_counties(
    count: int,
    outsider: Client,
    campaign: Campaign,
    maryland: Region,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        make_region(
            "county", f"24{900 + number}", f"County {number}", square(-77, 38, -75, 40), parent=maryland
        )
    with django_assert_num_queries(2):
        get(outsider, FORM)


def test_a_quoted_address_is_refused_with_the_reason(
    outsider: Client, campaign: Campaign, maryland: Region
) -> None:
    page = outsider.post(FORM, TYPED | {"email": '"ada"@example.org'})
    assert "without quotation marks" in page.content.decode()
    assert not Endorsement.objects.exists()
