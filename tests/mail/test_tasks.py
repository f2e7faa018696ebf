"""A mail is sent once, after what it tells was committed."""

import datetime as dt
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from app.jobs.worker import work_off
from app.mail.tasks import send_mail

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_sent_once_and_only_after_the_commit() -> None:
    with transaction.atomic():
        send_mail.enqueue("ada@example.org", "Hello", "How are you?")
        assert mail.outbox == []
    assert mail.outbox == []
    work_off()
    work_off()
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]


def test_every_attempt_has_the_same_message_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server took the mail and was gone before it could say so."""
    original = mail.EmailMessage.send

    def send_and_lose(self: mail.EmailMessage, *arguments: Any, **options: Any) -> int:
        original(self, *arguments, **options)
        if len(mail.outbox) == 1:
            raise SMTPServerDisconnected
        return 1

    monkeypatch.setattr(mail.EmailMessage, "send", send_and_lose)
    send_mail.enqueue("ada@example.org", "Hello", "How are you?")
    work_off()
    DBTaskResult.objects.update(run_after=timezone.now() - dt.timedelta(seconds=1))
    work_off()
    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second == f"<{DBTaskResult.objects.get().pk}@127.0.0.1>"
