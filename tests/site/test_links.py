"""The pages behind the links of the mails: reading changes nothing, the button does, once."""

from collections.abc import Callable

import pytest
from django.test import Client

from app.campaigns.models import Campaign
from app.endorsements.models import EmailLink, Endorsement, State
from app.endorsements.services import Submission, confirm, submit
from app.regions.models import Region
from app.stakeholders.places import Place
from tests.site.html import checked, get

ADA = Submission(
    name="Ada Lovelace", email="ada@example.org", place=Place(county_geoid="24510"), consent_to_publish=True
)
Token = Callable[[str], str]


@pytest.fixture
def confirming(campaign: Campaign, maryland: Region, token_mailed_to: Token) -> str:
    submit(campaign, ADA)
    return f"/confirm/{token_mailed_to(ADA.email)}/"


@pytest.fixture
def withdrawing(confirming: str, campaign: Campaign, token_mailed_to: Token) -> str:
    confirm(confirming.split("/")[2])
    submit(campaign, ADA)
    return f"/withdraw/{token_mailed_to(ADA.email)}/"


def state() -> str:
    return Endorsement.objects.get().state


def test_reading_shows_who_endorses_what_and_changes_nothing(outsider: Client, confirming: str) -> None:
    for _ in range(3):
        text = get(outsider, confirming).text
        assert outsider.head(confirming).status_code == 200
    assert "Ada Lovelace endorses Clean water" in text
    assert state() == State.SUBMITTED
    assert EmailLink.objects.get().used_at is None


def test_the_button_confirms_without_a_cookie(confirming: str) -> None:
    page = checked(Client(enforce_csrf_checks=True).post(confirming))
    assert "Thank you, Ada Lovelace" in page.text
    assert state() == State.CONFIRMED


def test_a_second_press_is_told_that_nothing_is_left_to_do(outsider: Client, confirming: str) -> None:
    outsider.post(confirming)
    page = checked(outsider.post(confirming), 410)
    assert "Then your endorsement is confirmed and there is nothing left to do" in page.text
    assert outsider.head(confirming).status_code == 410


@pytest.mark.parametrize("purpose", ["confirm", "withdraw"])
def test_an_unknown_link_says_what_to_do(purpose: str, outsider: Client, db: None) -> None:
    for response in (outsider.get(f"/{purpose}/nonsense/"), outsider.post(f"/{purpose}/nonsense/")):
        assert "A link works once, for 72 hours" in checked(response, 410).text


def test_a_link_is_good_for_its_purpose_only(outsider: Client, confirming: str) -> None:
    get(outsider, confirming.replace("confirm", "withdraw"), 410)


def test_the_second_of_two_submissions_is_told_kindly(
    outsider: Client, confirming: str, campaign: Campaign, token_mailed_to: Token
) -> None:
    submit(campaign, ADA)
    second = f"/confirm/{token_mailed_to(ADA.email)}/"
    outsider.post(confirming)
    assert "You have endorsed this before" in checked(outsider.post(second)).text
    assert state() == State.CONFIRMED


def test_withdrawing_takes_a_button_too(outsider: Client, withdrawing: str) -> None:
    assert "Take your endorsement back?" in get(outsider, withdrawing).text
    assert state() == State.CONFIRMED
    page = checked(Client(enforce_csrf_checks=True).post(withdrawing))
    assert "Your endorsement is withdrawn" in page.text
    assert state() == State.WITHDRAWN
    assert "Then your endorsement is withdrawn" in checked(outsider.post(withdrawing), 410).text


def test_a_page_with_a_token_is_kept_by_nobody_and_told_to_nobody(outsider: Client, confirming: str) -> None:
    for response in (outsider.get(confirming), outsider.post(confirming), outsider.get(confirming)):
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex"


def test_other_methods_are_refused(outsider: Client, confirming: str) -> None:
    assert outsider.put(confirming).status_code == 405
    assert outsider.delete(confirming).status_code == 405
