"""Somebody asks to be forgotten: what is theirs goes, what is others' stays."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.endorsements.models import EmailLink, Endorsement
from app.endorsements.services import Submission, confirm, submit
from app.regions.geometry import Point
from app.regions.models import Region
from app.stakeholders.models import RegionAssignment, Stakeholder
from app.stakeholders.places import Place

CITY = Place(point=Point(-76.6, 39.3))


def everything_kept() -> str:
    """Every row of every table, as text."""
    models = apps.get_models(include_auto_created=True)
    return str([list(model._default_manager.values()) for model in models])


@pytest.fixture
def ada_and_bob(campaign: Campaign, maryland: Region, token_mailed_to: Callable[[str], str]) -> None:
    for name in ("Ada Lovelace", "Bob Hopper"):
        address = f"{name[:3].lower()}@example.org"
        submit(
            campaign,
            Submission(name=name, email=address, place=CITY, statement=f"I am {name}."),
        )
        confirm(token_mailed_to(address))
    other = Campaign.objects.create(slug="buses", title="Buses", endorsement_statement="e", status="active")
    # Nobody has confirmed it yet.
    submit(other, Submission(name="Ada Lovelace", email="ada@example.org", place=CITY))


def test_nothing_of_the_person_is_left_and_everything_of_others(
    ada_and_bob: None, administrator: User, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Client()
    client.force_login(administrator)
    ada = Stakeholder.objects.get(email="ada@example.org")
    inline = {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}
    form = {"kind": "person", "name": "Ada King", "email": "ada@example.org", **inline}
    client.post(f"/admin/stakeholders/stakeholder/{ada.pk}/change/", form)
    assert "Ada King" in everything_kept()
    call_command("erase_person", " ADA@example.org")
    said = capsys.readouterr().out
    assert said == "Erased: 1 stakeholder, 2 endorsements.\n"
    kept = everything_kept()
    assert not [word for word in ("ada@example.org", "Lovelace", "Ada King", "I am Ada") if word in kept]
    assert "bob@example.org" in kept
    assert Stakeholder.objects.get().assignments.count() == RegionAssignment.objects.count() == 2
    assert Endorsement.objects.get().stakeholder == Stakeholder.objects.get()
    assert EmailLink.objects.count() == 1
    # That somebody changed a row stays on record, not whose it was.
    assert LogEntry.objects.get().object_repr == "erased"


def test_whose_address_was_corrected_is_erased_by_the_one_that_they_typed(ada_and_bob: None) -> None:
    Stakeholder.objects.filter(email="ada@example.org").update(email="ada@example.com")
    call_command("erase_person", "ada@example.org")
    assert not [word for word in ("ada@example", "Lovelace") if word in everything_kept()]
    assert Stakeholder.objects.get().email == "bob@example.org"


def test_whoever_is_not_known_is_said_so(ada_and_bob: None) -> None:
    with pytest.raises(CommandError, match="Nothing is kept of this address"):
        call_command("erase_person", "eve@example.org")
    assert Stakeholder.objects.count() == 2
