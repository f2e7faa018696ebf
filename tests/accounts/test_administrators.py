"""The first administrator, and who may not become one."""

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client

from app.accounts.administrators import NotAppointedError, appoint
from app.accounts.models import User

ADA = "ada@example.org"

pytestmark = pytest.mark.django_db


def test_an_administrator_is_made_without_a_password_and_is_no_superuser() -> None:
    made = appoint(ADA)
    user = User.objects.get()
    assert made.is_new
    assert (user.username, user.email) == (ADA, ADA)
    assert user.is_staff
    assert not user.is_superuser
    assert not user.has_usable_password()
    assert [group.name for group in user.groups.all()] == ["administrator"]


def test_the_second_time_it_is_the_same_account_and_earlier_tokens_are_void() -> None:
    token = default_token_generator.make_token(appoint(ADA).user)
    again = appoint(ADA)
    assert not again.is_new
    assert User.objects.count() == 1
    assert not default_token_generator.check_token(again.user, token)


def test_a_password_that_was_chosen_is_kept() -> None:
    user = appoint(ADA).user
    user.set_password("correct horse battery")
    user.save()
    assert appoint(ADA).user.check_password("correct horse battery")


def test_an_account_of_another_name_is_found_by_its_address(administrator: User) -> None:
    administrator.email = "Ada@Example.org"
    administrator.save()
    assert appoint(ADA).user == administrator


@pytest.mark.parametrize("change", ["is_active", "is_staff", "role"])
def test_who_is_no_active_administrator_is_not_made_one(administrator: User, change: str) -> None:
    administrator.email = ADA
    if change == "role":
        administrator.groups.clear()
    else:
        setattr(administrator, change, False)
    administrator.save()
    with pytest.raises(NotAppointedError, match="is no active administrator") as refused:
        appoint(ADA)
    assert ADA not in str(refused.value)


def test_an_address_that_two_accounts_have_is_refused(administrator: User, viewer: User) -> None:
    User.objects.update(email=ADA)
    with pytest.raises(NotAppointedError, match="Several accounts"):
        appoint(ADA)


@pytest.mark.parametrize("address", ["", "ada", "ada@", "o'hara@example.org", f"{'a' * 150}@example.org"])
def test_what_cannot_be_a_name_to_sign_in_with_is_refused(address: str) -> None:
    with pytest.raises(NotAppointedError, match="can't be an account's address"):
        appoint(address)
    assert not User.objects.exists()


def test_the_first_administrator_appoints_others(outsider: Client) -> None:
    outsider.force_login(appoint(ADA).user)
    assert outsider.get("/admin/accounts/user/").status_code == 200
    form = {"username": "bob", "usable_password": "false"}
    assert outsider.post("/admin/accounts/user/add/", form).status_code == 302
    bob = User.objects.get(username="bob")
    role = User.objects.get(username=ADA).groups.get().pk
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    change = {"username": "bob", "is_active": "on", "is_staff": "on", "groups": [role], **dates}
    assert outsider.post(f"/admin/accounts/user/{bob.pk}/change/", change).status_code == 302
    assert User.objects.get(username="bob").has_perm("accounts.change_user")
