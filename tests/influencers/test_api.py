"""Influencers and their accounts by platform, as staff and programs read and write them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from app.campaigns.models import Campaign
from app.influencers.models import Account, DailyMetrics, Influencer, Tag
from app.regions.models import Region

Make = Callable[..., Account]
YOUTUBE = "/api/platforms/youtube/accounts/"
INSTAGRAM = "/api/platforms/instagram/accounts/"


def send(client: Client, method: str, address: str, body: dict[str, Any], status: int) -> dict[str, Any]:
    response = getattr(client, method)(address, body, content_type="application/json")
    assert response.status_code == status, response.content
    return dict(response.json())


def handles(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return [row["handle"] for row in response.json()["results"]]


def test_an_influencer_is_added_in_one_spelling(
    outreach: Client, campaign: Campaign, maryland: Region
) -> None:
    body = {
        "name": " Ada   Lovelace",
        "phone": "(202) 555-0143",
        "campaigns": ["clean-water"],
        "regions": [{"kind": "county", "geoid": "24510"}],
    }
    made = send(outreach, "post", "/api/influencers/", body, 201)
    assert (made["name"], made["phone"]) == ("Ada Lovelace", "+12025550143")
    assert made["campaigns"] == ["clean-water"]
    assert made["regions"] == [{"kind": "county", "geoid": "24510", "full_name": "Baltimore city"}]
    again = send(
        outreach, "post", "/api/influencers/", {"name": "ada lovelace", "phone": "+12025550143"}, 400
    )
    assert "of this name and telephone number already" in str(again["error"]["fields"])
    wrong = send(outreach, "post", "/api/influencers/", {"name": "Bob", "phone": "ask"}, 400)
    assert "country code" in wrong["error"]["fields"]["phone"][0]
    nowhere = {"name": "Bob", "regions": [{"kind": "county", "geoid": "99999"}]}
    assert "99999" in str(send(outreach, "post", "/api/influencers/", nowhere, 400))


def test_what_is_refused_leaves_nothing_behind(outreach: Client, ada: Influencer) -> None:
    body = {"handle": "newone", "influencer_id": ada.pk, "tags": ["food", "a,b"]}
    wrong = send(outreach, "post", YOUTUBE, body, 400)
    assert wrong["error"]["fields"]["tags"]
    assert not Account.objects.filter(handle="newone").exists()
    assert not Tag.objects.exists()


@pytest.mark.parametrize("body", [{"name": "A\0"}, {"notes": "\0"}, {"phone": "\0"}, {"campaigns": ["\0"]}])
def test_what_no_text_can_hold_is_refused_by_name(
    outreach: Client, ada: Influencer, body: dict[str, Any]
) -> None:
    refused = send(outreach, "patch", f"/api/influencers/{ada.pk}/", body, 400)
    assert refused["error"]["fields"].keys() == body.keys()


@pytest.mark.parametrize("platform", ["youtube", "instagram"])
def test_an_account_is_added_changed_and_deleted_per_platform(
    outreach: Client, ada: Influencer, platform: str
) -> None:
    place = f"/api/platforms/{platform}/accounts/"
    body = {
        "handle": "@New.One",
        "influencer_id": ada.pk,
        "tags": ["Food", "rivers"],
        "email": "N@example.org",
    }
    made = send(outreach, "post", place, body, 201)
    assert (made["platform"], made["handle"], made["email"]) == (platform, "new.one", "n@example.org")
    assert "new.one" in made["url"]
    assert made["tags"] == ["food", "rivers"]
    one = f"{place}{made['id']}/"
    changed = send(outreach, "patch", one, {"handle": "newer.one", "status": "active", "tags": ["food"]}, 200)
    assert (changed["handle"], changed["status"], changed["tags"]) == ("newer.one", "active", ["food"])
    assert "newer.one" in changed["url"]
    other = {"youtube": INSTAGRAM, "instagram": YOUTUBE}[platform]
    assert outreach.get(f"{other}{made['id']}/").status_code == 404
    assert outreach.delete(one).status_code == 204
    assert outreach.get(one).status_code == 404


def test_a_handle_is_taken_once_on_a_platform_however_it_is_written(
    outreach: Client, ada: Influencer
) -> None:
    body = {"handle": "https://www.youtube.com/@AdaRivers", "influencer_id": ada.pk}
    wrong = send(outreach, "post", YOUTUBE, body, 400)
    assert "of this handle on that platform already" in str(wrong["error"]["fields"])
    send(outreach, "post", INSTAGRAM, {"handle": "adarivers", "influencer_id": ada.pk}, 201)
    wrong = send(
        outreach, "post", YOUTUBE, {"handle": "https://www.youtube.com/c/x", "influencer_id": ada.pk}, 400
    )
    assert "@handle" in wrong["error"]["fields"]["handle"][0]


def test_each_platform_names_the_accounts_on_the_other(outreach: Client, ada: Influencer) -> None:
    [row] = outreach.get(YOUTUBE).json()["results"]
    assert [other["handle"] for other in row["elsewhere"]] == ["ada.lakes", "ada.rivers"]
    assert row["influencer"] == {"id": ada.pk, "name": "Ada Lovelace", "phone": "+12025550143"}
    for row in outreach.get(INSTAGRAM).json()["results"]:
        assert [other["handle"] for other in row["elsewhere"]] == ["adarivers"]
    one = outreach.get(f"{YOUTUBE}{row['elsewhere'][0]['id']}/").json()
    assert [other["platform"] for other in one["elsewhere"]] == ["instagram", "instagram"]
    [influencer] = outreach.get("/api/influencers/").json()["results"]
    assert len(influencer["accounts"]) == 3


@pytest.mark.parametrize("address", [YOUTUBE, INSTAGRAM, "/api/influencers/"])
def test_a_list_costs_as_many_queries_for_forty_rows_as_for_one(
    outreach: Client, campaign: Campaign, maryland: Region, make_account: Make, address: str
) -> None:
    def add(number: int) -> None:
        row = Influencer.objects.create(name=f"Person {number}")
        row.campaigns.add(campaign)
        row.regions.add(maryland)
        for platform in ("youtube", "instagram"):
            for letter in "ab":
                make_account(
                    f"person{number}{letter}", influencer=row, platform=platform, tags=("food", "rivers")
                )

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert outreach.get(address).json()["results"]
        return len(queries)

    add(1)
    few = cost()
    for number in range(2, 12):
        add(number)
    assert cost() == few
    assert few <= 8


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=RIVER", ["ariver", "briver"]),
        ("search=@briver", ["briver"]),
        ("search=b@example", ["briver"]),
        ("search=Owner of clake", ["clake"]),
        ("status=active", ["briver"]),
        ("tags=food", ["ariver", "briver"]),
        ("tags=Food, rivers", ["briver"]),
        ("tags=nothing", []),
        ("followers_min=100", ["ariver", "briver"]),
        ("followers_min=100&followers_max=100", ["ariver"]),
        ("daily_views_max=9", ["briver"]),
        ("campaign=clean-water", ["clake"]),
        ("ordering=-followers", ["briver", "ariver", "clake"]),
        ("ordering=followers", ["clake", "ariver", "briver"]),
        ("ordering=-name", ["clake", "briver", "ariver"]),
        ("search=nobody", []),
    ],
)
def test_accounts_are_searched_filtered_and_ordered(
    outreach: Client, campaign: Campaign, make_account: Make, query: str, found: list[str]
) -> None:
    make_account("ariver", tags=("food",), followers=100)
    make_account(
        "briver",
        tags=("food", "rivers"),
        followers=200,
        daily_views=9,
        status="active",
        email="b@example.org",
    )
    make_account("clake").influencer.campaigns.add(campaign)
    make_account("driver", platform="instagram")
    assert handles(outreach, f"{YOUTUBE}?{query}") == found


@pytest.mark.parametrize(
    "query",
    [
        "ordering=phone",
        "followers_min=-1",
        "followers_min=many",
        "status=lost",
        "search=%00",
        "search=" + "x" * 101,
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_name(outreach: Client, query: str) -> None:
    response = outreach.get(f"{YOUTUBE}?{query}")
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == [query.split("=", maxsplit=1)[0]]


@pytest.mark.parametrize("ordering", ["handle", "-handle", "followers", "-followers", "-created", "name"])
def test_pages_hold_every_row_once_both_ways_though_many_are_equal(
    outreach: Client, make_account: Make, ordering: str
) -> None:
    for number in range(23):
        make_account(f"person{number:02}", followers=[None, 5, 5][number % 3])
    forwards: list[list[str]] = []
    address = f"{YOUTUBE}?ordering={ordering}&page_size=5"
    while address:
        assert len(forwards) < 9, "it goes round in circles"
        page = outreach.get(address).json()
        forwards.append([row["handle"] for row in page["results"]])
        address, last = page["next"], page
    assert sorted(handle for page in forwards for handle in page) == [
        f"person{number:02}" for number in range(23)
    ]
    assert [len(page) for page in forwards] == [5, 5, 5, 5, 3]
    backwards: list[list[str]] = []
    while last["previous"]:
        assert len(backwards) < 9, "it goes round in circles"
        last = outreach.get(last["previous"]).json()
        backwards.append([row["handle"] for row in last["results"]])
    assert backwards == forwards[-2::-1]


@pytest.mark.parametrize("cursor", ["x", "", "W10:1abc:forged"])
def test_a_cursor_that_is_not_ours_leads_nowhere(outreach: Client, ada: Influencer, cursor: str) -> None:
    assert outreach.get(f"{YOUTUBE}?cursor={cursor}").status_code == 404


def test_a_cursor_of_another_order_leads_nowhere(outreach: Client, make_account: Make) -> None:
    for handle in ("one", "two"):
        make_account(f"person-{handle}")
    following = outreach.get(f"{YOUTUBE}?page_size=1").json()["next"]
    assert outreach.get(f"{following}&ordering=-followers").status_code == 404


def test_metrics_are_kept_by_day_and_the_newest_stand_on_the_account(
    outreach: Client, ada: Influencer
) -> None:
    account = ada.accounts.get(platform="youtube")
    place = f"{YOUTUBE}{account.pk}/metrics/"
    send(outreach, "post", place, {"day": "2026-05-02", "followers": 10, "daily_views": 3}, 200)
    send(outreach, "post", place, {"day": "2026-05-03", "followers": 12}, 200)
    send(outreach, "post", place, {"day": "2026-05-01", "followers": 8, "posts": 1}, 200)
    send(outreach, "post", place, {"day": "2026-05-03", "followers": 12}, 200)
    days = outreach.get(place).json()["results"]
    assert [(row["day"], row["followers"]) for row in days] == [
        ("2026-05-03", 12),
        ("2026-05-02", 10),
        ("2026-05-01", 8),
    ]
    account.refresh_from_db()
    assert (account.followers, account.daily_views, account.posts) == (12, 3, 1)
    assert account.measured_on == dt.date(2026, 5, 3)
    assert DailyMetrics.objects.filter(source="manual").count() == 3
    assert send(outreach, "post", place, {"day": "2026-05-03"}, 400)["error"]["fields"]


def test_deleting_an_influencer_takes_the_accounts_along(outreach: Client, ada: Influencer) -> None:
    assert outreach.delete(f"/api/influencers/{ada.pk}/").status_code == 204
    assert not Account.objects.exists()


def test_an_influencer_with_a_consent_form_in_store_stays(outreach: Client, ada: Influencer) -> None:
    day = dt.date(2026, 5, 1)
    ada.consent_forms.create(
        influencer_name=ada.name, key="k", filename="f.pdf", content_type="application/pdf", size_bytes=1,
        signed_on=day, retain_until=dt.date(2031, 5, 1), state="stored", stored_at=dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    response = outreach.delete(f"/api/influencers/{ada.pk}/")
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "consent_form_kept"
    assert "2031-05-01" in response.json()["error"]["message"]
    assert Account.objects.count() == 3
