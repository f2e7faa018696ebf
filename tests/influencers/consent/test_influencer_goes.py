"""What becomes of the forms of an influencer who is deleted, or merged into another."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from app.accounts.models import User
from app.influencers import merging
from app.influencers.consent import (
    delete_form,
)
from app.influencers.models import Influencer
from app.influencers.services import ConsentFormKeptError, delete_influencer
from app.uploads import schedule
from app.uploads.folder import Folder
from app.uploads.receiving import receive
from app.uploads.stores import KEPT, store
from tests.influencers.consent.forms import Ask, record, send, stored


def test_an_influencer_stays_as_long_as_a_form_of_theirs_does(ask: Ask, ada: Influencer) -> None:
    form = stored(ask())
    with pytest.raises(ConsentFormKeptError):
        delete_influencer(ada, "olga")
    delete_form(form.pk, "olga")
    delete_influencer(ada, "olga")
    form.refresh_from_db()
    assert (form.influencer, form.influencer_name) == (None, "Ada Lovelace")


def test_a_file_that_comes_after_its_influencer_went_is_not_taken(
    ask: Ask, ada: Influencer, upload_folder: Path
) -> None:
    form = ask()
    send(form)
    delete_influencer(ada, "olga")
    receive(form.key)
    form.refresh_from_db()
    assert (form.state, form.refusal) == ("refused", "The influencer was deleted.")
    assert record(form)[1:] == [("refuse", "olga")]
    assert not (upload_folder / KEPT / form.key).exists()


def test_the_copy_of_somebody_who_was_killed_before_the_row_goes_with_the_influencer(
    ask: Ask, ada: Influencer, upload_folder: Path, work_off_jobs: Callable[[], object]
) -> None:
    form = ask()
    send(form)
    arrived = store().arrived(form.key)
    assert arrived
    store().keep(form.key, arrived, form.content_type)
    delete_influencer(ada, "olga")
    work_off_jobs()
    assert not (upload_folder / KEPT / form.key).exists()


def test_a_form_of_an_influencer_who_went_past_us_is_not_awaited_for_ever(ask: Ask, ada: Influencer) -> None:
    form = ask()
    send(form)
    Influencer.objects.filter(pk=ada.pk).delete()
    receive(form.key)
    assert schedule.look_again({}, None) == 0


def test_nobody_is_asked_for_a_form_who_is_gone(ask: Ask, ada: Influencer) -> None:
    delete_influencer(ada, "olga")
    ada.pk = 987654
    with pytest.raises(Influencer.DoesNotExist):
        ask()


def test_the_forms_of_two_who_are_one_are_theirs(ask: Ask, ada: Influencer) -> None:
    form, awaited = stored(ask()), ask()
    kept = Influencer.objects.create(name="Ada Lovelace", phone="+12025550199")
    merging.merge(kept.pk, ada.pk, {"phone": "kept"}, User.objects.create_user("olga"))
    stored(awaited)
    assert set(kept.consent_forms.all()) == {form, awaited}


@pytest.mark.django_db(transaction=True)
def test_an_influencer_is_not_deleted_under_a_file_that_is_being_taken(
    ask: Ask, ada: Influencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, outcome = ask(), []
    send(form)
    real, looked_at, go_on = Folder.keep, threading.Event(), threading.Event()

    def keep(*arguments: Any) -> None:
        looked_at.set()
        go_on.wait(60)
        real(*arguments)

    def remove() -> None:
        looked_at.wait(60)
        threading.Timer(0.3, go_on.set).start()
        try:
            delete_influencer(ada, "olga")
        except ConsentFormKeptError:
            outcome.append("kept")
        connection.close()

    monkeypatch.setattr(Folder, "keep", keep)
    other = threading.Thread(target=remove)
    other.start()
    receive(form.key)
    other.join()
    form.refresh_from_db()
    assert (outcome, form.state) == (["kept"], "stored")
