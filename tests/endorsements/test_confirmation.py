"""The link in the mail: it proves the address, once."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from app.campaigns.models import Campaign
from app.endorsements.models import EmailLink, Endorsement, State
from app.endorsements.services import (
    AlreadyEndorsedError,
    LinkUnusableError,
    Submission,
    confirm,
    find_link,
    submit,
    withdraw,
)
from app.regions.geometry import Point
from app.regions.models import Region
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place
from tests.at_once import at_once

Token = Callable[[str], str]
CITY = Place(point=Point(-76.6, 39.3))


def ada(**changes: Any) -> Submission:
    return Submission(**{"name": "Ada Lovelace", "email": "ada@example.org", "place": CITY, **changes})


def test_it_makes_the_person_known_and_located(
    campaign: Campaign, maryland: Region, token_mailed_to: Token
) -> None:
    submit(campaign, ada(role="Countess"))
    assert not Stakeholder.objects.exists()
    endorsement = confirm(token_mailed_to("ada@example.org"))
    person = Stakeholder.objects.get()
    assert (person.email, person.role) == ("ada@example.org", "Countess")
    assert sorted(person.assignments.values_list("region__geoid", flat=True)) == ["24", "24510"]
    assert endorsement.state == State.CONFIRMED


def test_the_mail_goes_out_after_the_transaction_and_only_once(
    campaign: Campaign, work_off_jobs: Callable[[], object]
) -> None:
    submit(campaign, ada())
    assert mail.outbox == []
    work_off_jobs()
    work_off_jobs()
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]
    assert mail.outbox[0].subject == "Please confirm your endorsement of Clean water"


def test_a_submission_that_is_rolled_back_sends_nothing(
    campaign: Campaign, work_off_jobs: Callable[[], object]
) -> None:
    with transaction.atomic():
        submit(campaign, ada())
        transaction.set_rollback(True)
    work_off_jobs()
    assert mail.outbox == []


def test_a_link_has_256_random_bits_and_is_kept_as_a_digest(
    campaign: Campaign, token_mailed_to: Token
) -> None:
    submit(campaign, ada())
    token = token_mailed_to("ada@example.org")
    assert token not in str(list(EmailLink.objects.values()))
    assert len(token) >= 43


def test_it_rejects_a_token_used_twice(campaign: Campaign, maryland: Region, token_mailed_to: Token) -> None:
    submit(campaign, ada())
    token = token_mailed_to("ada@example.org")
    confirm(token)
    with pytest.raises(LinkUnusableError):
        confirm(token)


def test_it_rejects_an_expired_token(
    campaign: Campaign, token_mailed_to: Token, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(campaign, ada())
    token = token_mailed_to("ada@example.org")
    later = timezone.now() + dt.timedelta(hours=settings.ENDORSEMENT_LINK_HOURS, seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    with pytest.raises(LinkUnusableError):
        confirm(token)


def test_it_rejects_a_token_for_another_purpose(campaign: Campaign, token_mailed_to: Token) -> None:
    submit(campaign, ada())
    with pytest.raises(LinkUnusableError):
        withdraw(token_mailed_to("ada@example.org"))


def test_it_rejects_a_token_nobody_sent(db: None) -> None:
    with pytest.raises(LinkUnusableError):
        find_link("guessed", EmailLink.Purpose.CONFIRM)


def test_looking_at_a_link_does_not_use_it(
    campaign: Campaign, maryland: Region, token_mailed_to: Token
) -> None:
    submit(campaign, ada())
    token = token_mailed_to("ada@example.org")
    for _ in range(5):
        find_link(token, EmailLink.Purpose.CONFIRM)
    assert confirm(token).state == State.CONFIRMED


def test_somebody_elses_submission_changes_nobody(
    campaign: Campaign, maryland: Region, token_mailed_to: Token
) -> None:
    submit(campaign, ada())
    ours = token_mailed_to("ada@example.org")
    submit(campaign, ada(name="Mallory was here"))
    confirm(ours)
    assert Stakeholder.objects.get().name == "Ada Lovelace"
    assert Endorsement.objects.get(state=State.CONFIRMED).name == "Ada Lovelace"


def test_the_second_of_two_submissions_is_dropped_when_it_is_confirmed(
    campaign: Campaign, maryland: Region, token_mailed_to: Token
) -> None:
    submit(campaign, ada())
    first = token_mailed_to("ada@example.org")
    submit(campaign, ada(name="Mallory was here", organisation="Evil", place=Place(county_geoid="24025")))
    second = token_mailed_to("ada@example.org")
    confirm(first)
    before = Stakeholder.objects.values().get()
    with pytest.raises(AlreadyEndorsedError):
        confirm(second)
    assert Endorsement.objects.count() == 1
    assert Stakeholder.objects.values().get() == before
    with pytest.raises(LinkUnusableError):
        confirm(second)


def test_who_endorsed_already_is_told_by_mail_and_may_withdraw(
    campaign: Campaign, maryland: Region, token_mailed_to: Token
) -> None:
    submit(campaign, ada())
    confirm(token_mailed_to("ada@example.org"))
    submit(campaign, ada(email="ADA@example.org "))
    token = token_mailed_to("ada@example.org")
    assert mail.outbox[-1].subject == "You have already endorsed Clean water"
    assert withdraw(token).state == State.WITHDRAWN
    with pytest.raises(LinkUnusableError):
        withdraw(token)


def test_an_empty_field_forgets_nothing(campaign: Campaign, maryland: Region, token_mailed_to: Token) -> None:
    Stakeholder.objects.create(name="A. Lovelace", email="ada@example.org", role="Countess")
    submit(campaign, ada())
    confirm(token_mailed_to("ada@example.org"))
    person = Stakeholder.objects.get()
    assert (person.name, person.role) == ("Ada Lovelace", "Countess")


def confirmed_by_fifty(token: str) -> Counter[str]:
    """What becomes of one link whose button is pressed fifty times at once."""

    def press() -> str:
        try:
            confirm(token)
        except (LinkUnusableError, AlreadyEndorsedError) as error:
            return type(error).__name__
        return "confirmed"

    return Counter(at_once(50, press))


@pytest.mark.django_db(transaction=True)
def test_of_fifty_parallel_confirmations_one_succeeds(
    campaign: Campaign, maryland: Region, token_mailed_to: Token
) -> None:
    submit(campaign, ada())
    outcomes = confirmed_by_fifty(token_mailed_to("ada@example.org"))
    assert outcomes == {"confirmed": 1, "LinkUnusableError": 49}


@pytest.mark.django_db(transaction=True)
def test_of_fifty_parallel_confirmations_of_a_second_submission_none_fails(
    campaign: Campaign, maryland: Region, token_mailed_to: Token
) -> None:
    submit(campaign, ada())
    first = token_mailed_to("ada@example.org")
    submit(campaign, ada(name="A. Lovelace"))
    second = token_mailed_to("ada@example.org")
    confirm(first)
    # The first of them deletes the submission while the others wait for it.
    assert confirmed_by_fifty(second) == {"AlreadyEndorsedError": 1, "LinkUnusableError": 49}


def test_the_links_in_mails_are_absolute(
    campaign: Campaign, outsider: Client, token_mailed_to: Token
) -> None:
    submit(campaign, ada())
    token = token_mailed_to("ada@example.org")
    assert f"http://127.0.0.1:8000/confirm/{token}/" in str(mail.outbox[0].body)
