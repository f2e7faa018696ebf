"""What staff type about a stakeholder."""

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory

from app.accounts.models import User
from app.regions.geometry import Point
from app.regions.models import Region
from app.stakeholders.models import Stakeholder
from app.stakeholders.places import Place
from app.stakeholders.services import locate


def test_saving_a_person_leaves_where_they_were_located_meanwhile(
    maryland: Region, administrator: User, rf: RequestFactory
) -> None:
    ada = Stakeholder.objects.create(name="Ada", email="ada@example.org")
    request = rf.post("/")
    request.user = administrator
    pages = admin.site.get_model_admin(Stakeholder)
    typed = {"kind": "person", "name": "Augusta Ada", "email": "ada@example.org"}
    form = pages.get_form(request, ada, change=True)(typed, instance=ada)
    assert form.is_valid()
    locate(Stakeholder.objects.get(), Place(point=Point(-76.6, 39.3)))
    pages.save_model(request, form.save(commit=False), form, change=True)
    kept = Stakeholder.objects.get()
    assert (kept.name, kept.location) == ("Augusta Ada", Point(-76.6, 39.3))


def test_an_address_typed_in_capitals_is_kept_in_lower_case(administrator: User) -> None:
    client = Client()
    client.force_login(administrator)
    form = {"kind": "person", "name": "Ada", "email": "Ada@Example.org"}
    inline = {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}
    response = client.post("/admin/stakeholders/stakeholder/add/", {**form, **inline})
    assert response.status_code == 302, response.content.decode()
    assert Stakeholder.objects.get().email == "ada@example.org"


def test_the_same_address_in_other_capitals_is_taken(administrator: User) -> None:
    Stakeholder.objects.create(name="Ada", email="ada@example.org")
    client = Client()
    client.force_login(administrator)
    form = {"kind": "person", "name": "Ada", "email": "ADA@example.org"}
    inline = {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}
    page = client.post("/admin/stakeholders/stakeholder/add/", {**form, **inline}).content.decode()
    assert "Stakeholder with this E-mail already exists." in page


def test_a_quoted_address_is_refused_with_the_reason(administrator: User) -> None:
    client = Client()
    client.force_login(administrator)
    form = {"kind": "person", "name": "Ada", "email": '"ada"@example.org'}
    inline = {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}
    page = client.post("/admin/stakeholders/stakeholder/add/", {**form, **inline})
    assert "without quotation marks" in page.content.decode()
    assert not Stakeholder.objects.exists()


@pytest.mark.parametrize("field", ["name", "organisation", "role"])
def test_staff_are_held_to_what_a_name_may_look_like(administrator: User, field: str) -> None:
    client = Client()
    client.force_login(administrator)
    form = {"kind": "person", "name": "Ada", "email": "ada@example.org", field: "Ada\x07Lovelace"}
    inline = {"assignments-TOTAL_FORMS": "0", "assignments-INITIAL_FORMS": "0"}
    page = client.post("/admin/stakeholders/stakeholder/add/", {**form, **inline})
    assert "control characters can&#x27;t be part of this" in page.content.decode()
    assert not Stakeholder.objects.exists()
