"""Two rows of one person become one; nobody's data is lost, and it is on record who did it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.influencers import merging
from app.influencers.models import Account, Influencer, Merge


@pytest.fixture
def twin(ada: Influencer, campaign: Campaign, make_account: Callable[..., Account]) -> Influencer:
    row = Influencer.objects.create(name="A. Lovelace", phone="+12025550199", notes="Prefers mornings.")
    row.campaigns.add(campaign)
    make_account("lovelace", influencer=row, email="ada@example.org")
    return row


def post(client: Client, ada: Influencer, body: dict[str, Any]) -> Any:
    return client.post(f"/api/influencers/{ada.pk}/merge/", body, content_type="application/json")


def test_a_preview_names_what_has_to_be_chosen_and_changes_nothing(
    outreach: Client, ada: Influencer, twin: Influencer
) -> None:
    found = outreach.get(f"/api/influencers/{ada.pk}/merge/?other={twin.pk}").json()
    assert found["conflicts"] == [
        {"field": "name", "kept": "Ada Lovelace", "removed": "A. Lovelace"},
        {"field": "phone", "kept": "+12025550143", "removed": "+12025550199"},
    ]
    assert [account["handle"] for account in found["removed"]["accounts"]] == ["lovelace"]
    assert Influencer.objects.count() == 2


def test_a_merge_without_the_choices_changes_nothing(
    outreach: Client, ada: Influencer, twin: Influencer
) -> None:
    response = post(outreach, ada, {"other": twin.pk, "name": "kept"})
    assert response.status_code == 400
    fields = response.json()["error"]["fields"]
    assert list(fields) == ["phone"]
    assert "+12025550143 here and +12025550199 there" in fields["phone"][0]
    assert Influencer.objects.count() == 2
    assert not Merge.objects.exists()


def test_a_merge_joins_everything_and_is_on_record(
    outreach: Client, ada: Influencer, twin: Influencer
) -> None:
    response = post(outreach, ada, {"other": twin.pk, "name": "kept", "phone": "removed"})
    assert response.status_code == 200
    merged = response.json()
    assert (merged["name"], merged["phone"]) == ("Ada Lovelace", "+12025550199")
    assert merged["notes"] == "Prefers mornings."
    assert merged["campaigns"] == ["clean-water"]
    assert {account["handle"] for account in merged["accounts"]} == {
        "adarivers",
        "ada.rivers",
        "ada.lakes",
        "lovelace",
    }
    record = Merge.objects.get()
    assert (record.kept, record.merged_by_name, record.removed_id) == (ada, "outreach", twin.pk)
    assert record.removed["accounts"] == ["youtube:lovelace"]
    assert record.removed["name"] == "A. Lovelace"
    assert post(outreach, ada, {"other": twin.pk}).status_code == 404


def test_the_name_and_number_of_the_row_that_goes_can_be_kept(
    outreach: Client, ada: Influencer, twin: Influencer
) -> None:
    assert post(outreach, ada, {"other": twin.pk, "name": "removed", "phone": "removed"}).status_code == 200
    assert str(Influencer.objects.get()) == "A. Lovelace (+12025550199)"


def test_a_merge_that_makes_a_third_ones_double_changes_nothing(
    outreach: Client, ada: Influencer, twin: Influencer
) -> None:
    Influencer.objects.create(name="Ada Lovelace", phone="+12025550199")
    response = post(outreach, ada, {"other": twin.pk, "name": "kept", "phone": "removed"})
    assert response.status_code == 400
    assert "already" in str(response.json()["error"]["fields"])
    assert Influencer.objects.count() == 3
    assert twin.accounts.count() == 1


def test_nobody_is_merged_with_themself(outreach: Client, ada: Influencer) -> None:
    assert post(outreach, ada, {"other": ada.pk}).status_code == 400
    assert outreach.get(f"/api/influencers/{ada.pk}/merge/?other={ada.pk}").status_code == 400
    assert Influencer.objects.get() == ada


def test_a_program_that_merges_is_on_record_too(
    program: Callable[..., Client], ada: Influencer, twin: Influencer
) -> None:
    body = {"other": twin.pk, "name": "kept", "phone": "kept"}
    assert post(program("influencers:write"), ada, body).status_code == 200
    assert Merge.objects.get().merged_by is None
    assert Merge.objects.get().merged_by_name == "token program 0"


def test_what_a_merge_kept_of_a_person_goes_with_them(
    outreach: Client, ada: Influencer, twin: Influencer
) -> None:
    assert post(outreach, ada, {"other": twin.pk, "name": "kept", "phone": "kept"}).status_code == 200
    assert outreach.delete(f"/api/influencers/{ada.pk}/").status_code == 204
    assert not Merge.objects.exists()


def test_the_record_of_an_earlier_merge_moves_on_with_the_row(
    outreach: Client, ada: Influencer, twin: Influencer
) -> None:
    third = Influencer.objects.create(name="Ada", phone="")
    both = {"name": "kept", "phone": "kept"}
    assert post(outreach, twin, {"other": third.pk} | both).status_code == 200
    assert post(outreach, ada, {"other": twin.pk} | both).status_code == 200
    assert set(Merge.objects.values_list("kept", flat=True)) == {ada.pk}


def test_who_may_be_the_same_person_is_proposed(ada: Influencer, twin: Influencer) -> None:
    same_number = Influencer.objects.create(name="Countess", phone=ada.phone)
    same_name = Influencer.objects.create(name="ADA LOVELACE", phone="")
    Influencer.objects.create(name="Bob", phone="")
    assert set(merging.candidates(ada)) == {twin, same_number, same_name}


def test_the_record_stays_when_the_member_of_staff_goes(
    outreach: Client, ada: Influencer, twin: Influencer
) -> None:
    post(outreach, ada, {"other": twin.pk, "name": "kept", "phone": "kept"})
    User.objects.all().delete()
    assert Merge.objects.get().merged_by_name == "outreach"
