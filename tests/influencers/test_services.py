"""Writes that meet another's."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from app.influencers.models import Account, DailyMetrics, Influencer
from app.influencers.services import delete_influencer, record_metrics, save_checked


def test_saving_an_account_leaves_what_others_wrote_since_it_was_read(
    make_account: Callable[..., Account],
) -> None:
    row = make_account("ada")
    Account.objects.filter(pk=row.pk).update(followers=7, posts=3, measured_on="2026-03-04", notes="imported")

    row.handle, row.url = "@Ada2", ""
    save_checked(row, ["handle"])

    row.refresh_from_db()
    assert (row.handle, row.url) == ("ada2", "https://www.youtube.com/@ada2")
    assert (row.followers, row.posts, str(row.measured_on), row.notes) == (7, 3, "2026-03-04", "imported")


def test_saving_an_influencer_leaves_what_others_wrote_since_it_was_read(db: None) -> None:
    row = Influencer.objects.create(name="Ada")
    Influencer.objects.update(notes="imported")

    row.phone = "202 555 0143"
    save_checked(row, ["phone"])

    assert Influencer.objects.values_list("name", "phone", "notes").get() == (
        "Ada",
        "+12025550143",
        "imported",
    )


def test_an_account_repeats_the_newest_of_each_metric(make_account: Callable[..., Account]) -> None:
    row = make_account("ada")
    for day, values in ((5, {"followers": 50}), (3, {"followers": 30, "posts": 3}), (4, {"posts": 4})):
        record_metrics(row, dt.date(2026, 3, day), values, DailyMetrics.Source.MANUAL)

    row.refresh_from_db()
    assert (row.followers, row.posts, row.measured_on) == (50, 4, dt.date(2026, 3, 5))


def test_an_influencer_who_was_deleted_meanwhile_is_deleted(make_account: Callable[..., Account]) -> None:
    row = make_account("ada").influencer
    Influencer.objects.filter(pk=row.pk).delete()
    delete_influencer(row, "olga")
    assert not Influencer.objects.exists()


@pytest.mark.parametrize("made", [Influencer, Account])
def test_what_was_deleted_meanwhile_does_not_come_back(
    make_account: Callable[..., Account], made: type[Any]
) -> None:
    account = make_account("ada")
    row = account if made is Account else account.influencer
    made.objects.filter(pk=row.pk).delete()

    with pytest.raises(ValidationError, match="deleted this meanwhile"):
        save_checked(row, ["notes"])
    assert not made.objects.exists()
