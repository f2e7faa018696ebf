"""The one-to-one form becomes many accounts, on the real database, with everything that was in it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

APP = "influencers"
LEGACY = "0001_one_to_one"
# Whatever it is by now: the other tests need the tables that it makes.
NEWEST = MigrationLoader(None).graph.leaf_nodes(APP)[0][1]
DAY = dt.date(2026, 3, 1)


def migrate(target: str) -> Apps:
    executor = MigrationExecutor(connection)
    executor.migrate([(APP, target)])
    return MigrationExecutor(connection).loader.project_state((APP, target)).apps


class Old:
    """Writes rows in the one-to-one form."""

    def __init__(self, apps: Apps) -> None:
        self.model = apps.get_model

    def influencer(
        self,
        name: str,
        *,
        youtube: dict[str, Any] | None = None,
        instagram: dict[str, Any] | None = None,
        **columns: Any,
    ) -> Any:
        row = self.model(APP, "Influencer").objects.create(name=name, **columns)
        for model, account in (("YouTubeChannel", youtube), ("InstagramProfile", instagram)):
            if account:
                self.model(APP, model).objects.create(influencer=row, **account)
        return row


@pytest.fixture
def old(transactional_db: None) -> Iterator[Old]:
    assert connection.vendor == "postgresql"
    yield Old(migrate(LEGACY))
    migrate(NEWEST)


def accounts(apps: Apps) -> list[tuple[str, str, str, str]]:
    rows = apps.get_model(APP, "Account").objects.order_by("influencer__name", "platform", "handle")
    return list(rows.values_list("influencer__name", "platform", "handle", "email"))


def notes(apps: Apps, name: str) -> str:
    return str(apps.get_model(APP, "Influencer").objects.get(name=name).notes)


def test_each_account_gets_the_influencers_address_and_its_own_metrics(old: Old) -> None:
    old.influencer(
        "Ada  Lovelace ",
        phone="(202) 555-0143",
        email="Ada@Example.org",
        notes="Met in May.",
        youtube={"handle": "@AdaRivers", "followers": 1200, "measured_on": DAY},
        instagram={"handle": "ada.rivers", "url": "https://www.instagram.com/ada.rivers/?hl=en"},
    )
    new = migrate(NEWEST)
    assert accounts(new) == [
        ("Ada Lovelace", "instagram", "ada.rivers", "ada@example.org"),
        ("Ada Lovelace", "youtube", "adarivers", "ada@example.org"),
    ]
    ada = new.get_model(APP, "Influencer").objects.get()
    assert (ada.phone, ada.notes) == ("+12025550143", "Met in May.")
    metrics = new.get_model(APP, "DailyMetrics").objects.values(
        "account__handle", "day", "followers", "source"
    )
    assert list(metrics) == [
        {"account__handle": "adarivers", "day": DAY, "followers": 1200, "source": "moved"}
    ]
    urls = dict(new.get_model(APP, "Account").objects.values_list("platform", "url"))
    assert urls == {
        "youtube": "https://www.youtube.com/@adarivers",
        "instagram": "https://www.instagram.com/ada.rivers/?hl=en",
    }


def test_metrics_without_a_day_get_the_day_of_the_last_change_and_it_stays(old: Old) -> None:
    row = old.influencer("Ada", youtube={"handle": "ada", "followers": 7})
    changed = dt.datetime(2026, 2, 3, 12, tzinfo=dt.UTC)
    type(row).objects.filter(pk=row.pk).update(updated_at=changed)
    new = migrate(NEWEST)
    assert new.get_model(APP, "DailyMetrics").objects.get().day == changed.date()
    assert new.get_model(APP, "Influencer").objects.get().updated_at == changed


def test_two_rows_of_one_name_and_number_become_one_person(old: Old) -> None:
    campaigns = old.model("campaigns", "Campaign").objects
    first, second = (
        campaigns.create(slug=slug, title=slug, summary="", description="", endorsement_statement="I do.")
        for slug in ("rivers", "lakes")
    )
    one = old.influencer("Ada", phone="+1 202 555 0143", email="a@example.org", youtube={"handle": "ada-one"})
    two = old.influencer(
        "ADA", phone="202-555-0143", email="b@example.org", notes="The newer.", youtube={"handle": "ada-two"}
    )
    one.campaigns.add(first)
    two.campaigns.add(second)
    new = migrate(NEWEST)
    assert accounts(new) == [
        ("Ada", "youtube", "ada-one", "a@example.org"),
        ("Ada", "youtube", "ada-two", "b@example.org"),
    ]
    ada = new.get_model(APP, "Influencer").objects.get()
    assert set(ada.campaigns.values_list("slug", flat=True)) == {"rivers", "lakes"}
    assert "The newer." in ada.notes
    assert f"Row {two.pk} had the same name and number, written 'ADA', '202-555-0143'." in ada.notes


def test_two_of_one_name_without_a_number_stay_two(old: Old) -> None:
    old.influencer("Ada", youtube={"handle": "ada-one"})
    old.influencer("ada", youtube={"handle": "ada-two"})
    new = migrate(NEWEST)
    assert [row[:3] for row in accounts(new)] == [
        ("Ada", "youtube", "ada-one"),
        ("ada (2)", "youtube", "ada-two"),
    ]
    assert "called ada, too" in notes(new, "ada (2)")


def test_what_fits_no_column_stands_in_the_notes(old: Old) -> None:
    old.influencer("Ada", phone="ask her sister", email="ada@example.org")
    old.influencer(
        "Bob",
        email="bob@example.org",
        youtube={"handle": "??", "url": "https://youtu.be/x", "followers": 31, "measured_on": DAY},
    )
    new = migrate(NEWEST)
    assert accounts(new) == []
    assert notes(new, "Ada").splitlines() == [
        "Telephone number that could not be read: ask her sister",
        "E-mail: ada@example.org",
    ]
    assert notes(new, "Bob").splitlines() == [
        "YouTube account '??', https://youtu.be/x, 31 followers on 2026-03-01 has no handle that can be read.",
        "E-mail: bob@example.org",
    ]


def test_an_account_that_two_people_claim_stays_with_the_first_and_is_noted_with_the_second(old: Old) -> None:
    old.influencer("Ada", email="ada@example.org", instagram={"handle": "Rivers"})
    old.influencer("Bob", email="bob@example.org", instagram={"handle": "@rivers", "followers": 5})
    new = migrate(NEWEST)
    assert accounts(new) == [("Ada", "instagram", "rivers", "ada@example.org")]
    assert notes(new, "Bob").splitlines() == [
        "Instagram account '@rivers', 5 followers is the same account as Ada's.",
        "E-mail: bob@example.org",
    ]


def test_an_address_in_the_handles_column_is_read(old: Old) -> None:
    channel = "UCabcdefghijklmnopqrstuv"
    old.influencer("Ada", youtube={"handle": f"https://www.youtube.com/channel/{channel}"})
    new = migrate(NEWEST)
    assert accounts(new) == [("Ada", "youtube", channel, "")]


def test_a_row_without_a_name_is_kept(old: Old) -> None:
    row = old.influencer(" ", instagram={"handle": "rivers"})
    assert accounts(migrate(NEWEST))[0][0] == f"Without a name ({row.pk})"


def test_it_goes_back_and_forth_while_the_old_form_has_room(old: Old) -> None:
    old.influencer(
        "Ada",
        phone="+12025550143",
        email="ada@example.org",
        youtube={"handle": "ada", "followers": 9, "measured_on": DAY},
        instagram={"handle": "ada.rivers"},
    )
    before = accounts(migrate(NEWEST))
    back = migrate(LEGACY)
    ada = back.get_model(APP, "Influencer").objects.get()
    assert (ada.email, ada.youtubechannel.handle, ada.youtubechannel.followers) == (
        "ada@example.org",
        "ada",
        9,
    )
    assert (ada.youtubechannel.measured_on, ada.instagramprofile.handle) == (DAY, "ada.rivers")
    assert accounts(migrate(NEWEST)) == before


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"handle": "another"}, "1 influencers with several accounts on one platform"),
        (
            {"platform": "instagram", "email": "x@example.org"},
            "whose accounts have different e-mail addresses",
        ),
        ({"platform": "instagram", "status": "active"}, "1 accounts with a status, notes or tags"),
        ({"platform": "instagram", "notes": "Friendly."}, "1 accounts with a status, notes or tags"),
    ],
)
def test_it_refuses_to_go_back_over_what_the_old_form_has_no_room_for(
    old: Old, changes: dict[str, str], lost: str
) -> None:
    old.influencer("Ada", email="ada@example.org", youtube={"handle": "ada"})
    new = migrate(NEWEST)
    account = new.get_model(APP, "Account").objects.get()
    account.pk = None
    for column, value in ({"email": "ada@example.org"} | changes).items():
        setattr(account, column, value)
    account.save()
    with pytest.raises(IrreversibleError, match=lost):
        migrate(LEGACY)
    assert len(accounts(migrate(NEWEST))) == 2


def test_it_refuses_to_go_back_over_history_and_tags(old: Old) -> None:
    old.influencer("Ada", youtube={"handle": "ada", "followers": 9, "measured_on": DAY})
    new = migrate(NEWEST)
    account = new.get_model(APP, "Account").objects.get()
    account.metrics.create(day=DAY + dt.timedelta(days=1), posts=3)
    account.tags.add(new.get_model(APP, "Tag").objects.create(name="rivers"))
    with pytest.raises(IrreversibleError) as refused:
        migrate(LEGACY)
    for lost in (
        "1 accounts with more than one day",
        "1 days with metrics other",
        "1 accounts with a status",
    ):
        assert lost in str(refused.value)
