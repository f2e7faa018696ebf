"""Moderation in the staff area: who may, what it changes, and what it says."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.endorsements.models import Endorsement, State
from app.stakeholders.models import Stakeholder
from tests.site.html import Page

LIST = "/admin/endorsements/endorsement/"
Make = Callable[..., Endorsement]


@pytest.fixture
def endorsement(campaign: Campaign) -> Make:
    def make(name: str, state: State = State.CONFIRMED, **columns: object) -> Endorsement:
        email = f"{name.lower()}@example.org"
        now = timezone.now()
        values = {
            "campaign": campaign,
            "state": state,
            "name": name,
            "email": email,
            "county_geoid": "24510",
            "terms_version": "1",
        }
        if state != State.SUBMITTED:
            values |= {"stakeholder": Stakeholder.objects.create(name=name, email=email), "confirmed_at": now}
        if state in {State.APPROVED, State.REJECTED}:
            values["moderated_at"] = now
        if state == State.WITHDRAWN:
            values["withdrawn_at"] = now
        return Endorsement.objects.create(**(values | columns))

    return make


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(moderator: User) -> Client:
    return signed_in(moderator)


def decide(client: Client, action: str, *endorsements: Endorsement, query: str = "") -> Page:
    data = {"action": action, "_selected_action": [endorsement.pk for endorsement in endorsements]}
    response = client.post(LIST + query, data, follow=True)
    assert response.status_code == 200
    return Page(response.content.decode())


def states(*endorsements: Endorsement) -> list[str]:
    return [Endorsement.objects.get(pk=endorsement.pk).state for endorsement in endorsements]


def listed(client: Client, query: str = "") -> set[str]:
    page = Page(client.get(LIST + query).content.decode())
    return {name for name in ("Ada", "Ben", "Cleo", "Dora", "Emil") if f">{name}</a>" in page.html}


def test_a_moderator_approves_in_bulk(desk: Client, moderator: User, endorsement: Make) -> None:
    ada, ben, cleo = endorsement("Ada"), endorsement("Ben"), endorsement("Cleo")
    page = decide(desk, "approve", ada, ben)
    assert "2 endorsements are now approved." in page.text
    assert states(ada, ben, cleo) == [State.APPROVED, State.APPROVED, State.CONFIRMED]
    ada.refresh_from_db()
    assert ada.moderated_by == moderator
    assert ada.moderated_at


def test_a_decision_can_be_reversed(desk: Client, endorsement: Make) -> None:
    ada = endorsement("Ada", State.APPROVED)
    decide(desk, "reject", ada, query="?state=approved")
    assert states(ada) == [State.REJECTED]
    decide(desk, "approve", ada, query="?state=rejected")
    assert states(ada) == [State.APPROVED]


def test_what_cannot_be_decided_stays_and_is_told(desk: Client, endorsement: Make) -> None:
    ada, ben, cleo = (
        endorsement("Ada"),
        endorsement("Ben", State.SUBMITTED),
        endorsement("Cleo", State.WITHDRAWN),
    )
    page = decide(desk, "approve", ada, ben, cleo, query="?state=all")
    assert "1 endorsement is now approved." in page.text
    assert "2 stayed as they were" in page.text
    assert states(ada, ben, cleo) == [State.APPROVED, State.SUBMITTED, State.WITHDRAWN]


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_is_no_moderator_reads_and_decides_nothing(
    role: str, request: pytest.FixtureRequest, endorsement: Make
) -> None:
    client = signed_in(request.getfixturevalue(role))
    ada = endorsement("Ada")
    assert listed(client) == {"Ada"}
    page = Page(client.get(LIST).content.decode())
    assert not page.having("option", value="approve")
    decide(client, "approve", ada)
    assert states(ada) == [State.CONFIRMED]


def test_an_administrator_may_moderate_too(administrator: User, endorsement: Make) -> None:
    ada = endorsement("Ada")
    decide(signed_in(administrator), "approve", ada)
    assert states(ada) == [State.APPROVED]


def test_an_outsider_is_sent_to_the_sign_in(outsider: Client, endorsement: Make) -> None:
    ada = endorsement("Ada")
    for response in (
        outsider.get(LIST),
        outsider.post(LIST, {"action": "approve", "_selected_action": [ada.pk]}),
    ):
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
    assert states(ada) == [State.CONFIRMED]


def test_the_list_begins_with_what_waits_and_filters_by_state(desk: Client, endorsement: Make) -> None:
    endorsement("Ada")
    endorsement("Ben", State.APPROVED)
    endorsement("Cleo", State.REJECTED)
    endorsement("Dora", State.SUBMITTED)
    endorsement("Emil", State.WITHDRAWN)
    assert listed(desk) == {"Ada"}
    assert listed(desk, "?state=approved") == {"Ben"}
    assert listed(desk, "?state=rejected") == {"Cleo"}
    assert listed(desk, "?state=submitted") == {"Dora"}
    assert listed(desk, "?state=withdrawn") == {"Emil"}
    assert listed(desk, "?state=all") == {"Ada", "Ben", "Cleo", "Dora", "Emil"}


def test_the_list_filters_by_campaign_and_consent_and_searches(
    desk: Client, campaign: Campaign, endorsement: Make
) -> None:
    other = Campaign.objects.create(
        slug="b", title="B", summary="s", endorsement_statement="e", status="active"
    )
    endorsement("Ada", consent_to_publish=True, statement="Swimming")
    endorsement("Ben", campaign=other)
    assert listed(desk, f"?campaign__id__exact={campaign.pk}") == {"Ada"}
    assert listed(desk, "?consent_to_publish__exact=0") == {"Ben"}
    assert listed(desk, "?q=swimming") == {"Ada"}
    assert listed(desk, "?q=ben@example.org") == {"Ben"}


@pytest.mark.parametrize("address", ["add/", "{pk}/delete/"])
def test_nobody_adds_or_deletes_an_endorsement_by_hand(address: str, desk: Client, endorsement: Make) -> None:
    assert desk.get(LIST + address.format(pk=endorsement("Ada").pk)).status_code == 403


def test_nobody_edits_what_an_endorser_wrote(desk: Client, endorsement: Make) -> None:
    ada = endorsement("Ada", statement="Mine")
    address = f"{LIST}{ada.pk}/change/"
    assert "Mine" in desk.get(address).content.decode()
    assert desk.post(address, {"statement": "Yours"}).status_code == 403
    ada.refresh_from_db()
    assert ada.statement == "Mine"


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_takes_the_same_queries_whatever_there_is(
    count: int, desk: Client, endorsement: Make, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(count):
        endorsement(f"Person{number}")
    desk.get(LIST)
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
        desk.get(LIST)
