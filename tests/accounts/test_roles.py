"""A role is a group's name; the table says what it may do."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client

from app.accounts.models import User
from app.accounts.roles import PERMISSIONS_BY_ROLE


@pytest.mark.django_db
def test_there_is_a_group_for_every_role() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(PERMISSIONS_BY_ROLE)


@pytest.mark.django_db
def test_every_permission_exists() -> None:
    rows = Permission.objects.values_list("content_type__app_label", "codename")
    known = {f"{label}.{codename}" for label, codename in rows}
    granted = frozenset[str]().union(*PERMISSIONS_BY_ROLE.values())
    assert granted - known == set()
    assert all(apps.is_installed(apps.get_app_config(name.split(".")[0]).name) for name in granted)


def test_a_moderator_moderates_and_an_editor_edits(moderator: User, editor: User) -> None:
    assert moderator.has_perm("endorsements.moderate_endorsement")
    assert not moderator.has_perm("campaigns.change_campaign")
    assert editor.has_perm("campaigns.change_campaign")
    assert not editor.has_perm("endorsements.moderate_endorsement")


def test_who_has_no_role_may_nothing(db: None) -> None:
    user = User.objects.create_user("nobody", is_staff=True)
    assert user.get_all_permissions() == set()


def test_a_role_ends_with_the_account(moderator: User) -> None:
    moderator.is_active = False
    moderator.save()
    assert not User.objects.get(pk=moderator.pk).has_perm("endorsements.moderate_endorsement")


@pytest.mark.parametrize("is_superuser", [False, True])
def test_a_role_ends_with_the_membership_of_the_staff(moderator: User, *, is_superuser: bool) -> None:
    moderator.is_superuser = is_superuser
    moderator.is_staff = False
    moderator.save()
    assert not User.objects.get(pk=moderator.pk).has_perm("endorsements.moderate_endorsement")


def test_single_permissions_of_a_person_do_not_count(viewer: User) -> None:
    viewer.user_permissions.add(Permission.objects.get(codename="moderate_endorsement"))
    assert not User.objects.get(pk=viewer.pk).has_perm("endorsements.moderate_endorsement")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/admin/campaigns/campaign/", 200),
        ("/admin/campaigns/campaign/add/", 403),
        ("/admin/endorsements/endorsement/", 200),
        ("/admin/accounts/user/", 403),
    ],
)
def test_a_viewer_looks_and_touches_nothing(
    viewer: User, outsider: Client, address: str, status: int
) -> None:
    outsider.force_login(viewer)
    assert outsider.get(address).status_code == status


def test_an_administrator_makes_nobody_a_superuser(administrator: User, outsider: Client) -> None:
    outsider.force_login(administrator)
    form = {"username": "administrator", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    response = outsider.post(f"/admin/accounts/user/{administrator.pk}/change/", form)
    assert response.status_code == 302
    administrator.refresh_from_db()
    assert not administrator.is_superuser


@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_an_administrator_has_no_power_over_a_superuser(
    administrator: User, outsider: Client, page: str
) -> None:
    superuser = User.objects.create_superuser("root", password="correct horse battery")
    outsider.force_login(administrator)
    form = {
        "password1": "mine now, all mine",
        "password2": "mine now, all mine",
        "username": "root",
        "post": "yes",
    }
    response = outsider.post(f"/admin/accounts/user/{superuser.pk}/{page}/", form)
    assert response.status_code == 403
    assert User.objects.get(pk=superuser.pk).check_password("correct horse battery")


def test_the_staff_area_asks_an_outsider_to_sign_in(outsider: Client) -> None:
    response = outsider.get("/admin/")
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")
