"""A mail is sent once, after what it tells was committed."""

import dataclasses
import datetime as dt
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from app.campaigns.models import Campaign
from app.endorsements.models import EmailLink, Endorsement, State
from app.endorsements.services import (
    KEEP_UNCONFIRMED_DAYS,
    Submission,
    forget_unconfirmed,
    request_withdrawal,
    submit,
)
from app.jobs.worker import work_off
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place

pytestmark = pytest.mark.django_db(transaction=True)

ADA = Submission(name="Ada Lovelace", email="ada@example.org", place=Place(county_geoid="24510"))


def endorsed(campaign: Campaign, **columns: Any) -> Endorsement:
    person = Stakeholder.objects.create(name="Ada", email="ada@new.example")
    return campaign.endorsements.create(
        **{
            "name": "Ada",
            "email": "ada@old.example",
            "county_geoid": "24510",
            "terms_version": "1",
            "state": State.CONFIRMED,
            "stakeholder": person,
            "confirmed_at": timezone.now(),
            **columns,
        }
    )


def test_it_is_sent_once_and_only_after_the_commit(campaign: Campaign) -> None:
    with transaction.atomic():
        submit(campaign, ADA)
        assert mail.outbox == []
    assert mail.outbox == []
    work_off()
    work_off()
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]


def test_every_attempt_has_the_same_message_id(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server took the mail and was gone before it could say so."""
    original = mail.EmailMessage.send

    def send_and_lose(self: mail.EmailMessage, *arguments: Any, **options: Any) -> int:
        original(self, *arguments, **options)
        if len(mail.outbox) == 1:
            raise SMTPServerDisconnected
        return 1

    monkeypatch.setattr(mail.EmailMessage, "send", send_and_lose)
    submit(campaign, ADA)
    work_off()
    DBTaskResult.objects.update(run_after=timezone.now() - dt.timedelta(seconds=1))
    work_off()
    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second == f"<{DBTaskResult.objects.get().pk}@127.0.0.1>"


def test_the_queue_holds_no_token_and_no_address(campaign: Campaign) -> None:
    submit(campaign, ADA)
    queued = str(list(DBTaskResult.objects.values()))
    work_off()
    [link] = EmailLink.objects.all()
    assert "ada@example.org" not in queued
    assert "confirm/" not in queued
    assert link.digest not in queued


def test_an_endorsement_that_is_gone_gets_no_mail(campaign: Campaign) -> None:
    submit(campaign, ADA)
    Endorsement.objects.all().delete()
    assert work_off() == {"succeeded": 1}
    assert mail.outbox == []


def test_the_mail_goes_to_the_address_that_staff_corrected(campaign: Campaign) -> None:
    endorsed(campaign)
    request_withdrawal(campaign, "Ada@new.example")
    work_off()
    assert [message.to for message in mail.outbox] == [["ada@new.example"]]
    assert mail.outbox[0].subject == "Withdraw your endorsement of Clean water"


def test_a_stranger_who_asks_to_withdraw_gets_nothing(campaign: Campaign) -> None:
    endorsed(campaign)
    request_withdrawal(campaign, "mallory@example.org")
    work_off()
    assert mail.outbox == []


def test_the_mail_to_confirm_carries_no_text_of_a_stranger(campaign: Campaign) -> None:
    submit(campaign, dataclasses.replace(ADA, name="You have won"))
    work_off()
    assert "won" not in str(mail.outbox[0].message())


def test_what_nobody_confirmed_is_forgotten_and_nothing_else(campaign: Campaign) -> None:
    submit(campaign, ADA)
    submit(campaign, ADA)
    endorsed(campaign, submitted_at=timezone.now() - dt.timedelta(days=1000))
    old = timezone.now() - dt.timedelta(days=KEEP_UNCONFIRMED_DAYS, seconds=1)
    oldest = Endorsement.objects.filter(state=State.SUBMITTED).order_by("pk").first()
    assert oldest
    Endorsement.objects.filter(pk=oldest.pk).update(submitted_at=old)
    assert forget_unconfirmed() == 1
    assert Endorsement.objects.count() == 2
    assert not Endorsement.objects.filter(pk=oldest.pk).exists()
