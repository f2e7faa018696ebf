"""Campaigns over HTTP."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from app.campaigns.models import Bill, Campaign


def make(number: int, status: str = "active") -> None:
    for index in range(number):
        campaign = Campaign.objects.create(
            slug=f"{status}-{index}", title=f"{status} {index}", endorsement_statement="yes", status=status
        )
        Bill.objects.create(campaign=campaign, level="federal", number="H.R. 1", session="119th", title="t")


@pytest.mark.django_db
def test_the_list_holds_what_the_public_may_read(outsider: Client) -> None:
    for status in ("draft", "active", "closed"):
        make(1, status)
    results = outsider.get("/api/campaigns/").json()["results"]
    assert [(row["slug"], row["is_open"]) for row in results] == [("closed-0", False), ("active-0", True)]


@pytest.mark.django_db
def test_the_list_can_be_searched_and_ordered(outsider: Client) -> None:
    make(3)
    found = outsider.get("/api/campaigns/", {"search": "active 1"}).json()["results"]
    assert [row["slug"] for row in found] == ["active-1"]
    by_title = outsider.get("/api/campaigns/", {"ordering": "title"}).json()["results"]
    assert [row["title"] for row in by_title] == ["active 0", "active 1", "active 2"]


@pytest.mark.django_db
def test_the_list_costs_the_same_whatever_it_holds(
    outsider: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make(10)
    for size in (1, 10):
        with django_assert_num_queries(1):
            assert len(outsider.get("/api/campaigns/", {"page_size": size}).json()["results"]) == size


def test_one_campaign_comes_with_its_bills(campaign: Campaign, outsider: Client) -> None:
    Bill.objects.create(
        campaign=campaign, level="federal", number="H.R. 1", session="119th", title="Water Act"
    )
    body = outsider.get("/api/campaigns/clean-water/").json()
    assert body["endorsement_statement"] == "I support clean water."
    assert [bill["number"] for bill in body["bills"]] == ["H.R. 1"]


@pytest.mark.parametrize("slug", ["clean-water", "no-such-campaign"])
def test_a_draft_looks_like_nothing(campaign: Campaign, outsider: Client, slug: str) -> None:
    Campaign.objects.update(status="draft")
    response = outsider.get(f"/api/campaigns/{slug}/")
    assert response.status_code == 404
    assert response.json() == {
        "error": {"code": "not_found", "message": "No Campaign matches the given query.", "fields": {}}
    }
