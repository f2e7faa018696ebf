"""`create_admin` prints a link; the page behind it sets a password, once."""

import io
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from app.accounts.models import User
from tests.site.html import checked, get

ADA = "ada@example.org"
GOOD = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}

pytestmark = pytest.mark.django_db


def create_admin(email: str = ADA) -> str:
    said = io.StringIO()
    call_command("create_admin", email, stdout=said)
    return said.getvalue()


def link_in(said: str) -> str:
    """The link's path."""
    (path,) = re.findall(r"http://127\.0\.0\.1:8000(/set-password/\S+)", said)
    return str(path)


def opened(client: Client, path: str) -> str:
    """Where the form is, once the link was opened."""
    response = client.get(path)
    assert response.status_code == 302
    return str(response["Location"])


def test_the_command_says_what_it_did() -> None:
    first = create_admin(" Ada@Example.org ")
    assert first.startswith(f"{ADA} is an administrator now. This link works once, for 24 hours")
    assert f"{ADA} exists and never chose a password. Earlier links are void" in create_admin()
    client = Client()
    client.post(opened(client, link_in(create_admin())), GOOD)
    assert f"{ADA} exists and has a password, which holds until another is chosen." in create_admin()


def test_the_command_refuses_with_a_reason(viewer: User) -> None:
    User.objects.update(email=ADA)
    with pytest.raises(CommandError, match="is no active administrator"):
        create_admin()


def test_the_whole_way_with_the_check_against_forgery() -> None:
    browser = Client(enforce_csrf_checks=True)
    form = opened(browser, link_in(create_admin()))
    page = get(browser, form)
    assert ADA in page.text
    assert page.having("input", type="password", autocomplete="new-password", name="new_password1")
    [token] = page.having("input", name="csrfmiddlewaretoken")
    done = browser.post(form, GOOD | {"csrfmiddlewaretoken": token["value"]}, follow=True)
    assert "Your password is set" in checked(done).text
    assert browser.login(username=ADA, password=GOOD["new_password1"])
    assert browser.get("/admin/accounts/user/").status_code == 200


def test_looking_sets_nothing(outsider: Client) -> None:
    path = link_in(create_admin())
    for _ in range(3):
        assert outsider.head(path).status_code == 302
        get(outsider, opened(outsider, path))
    assert not User.objects.get().has_usable_password()


def test_the_token_leaves_the_address(outsider: Client) -> None:
    path = link_in(create_admin())
    token = path.split("/")[3]
    assert token not in opened(outsider, path)


def test_a_link_works_once_in_every_browser() -> None:
    path = link_in(create_admin())
    first, second = Client(), Client()
    forms = [opened(client, path) for client in (first, second)]
    assert first.post(forms[0], GOOD).status_code == 302
    page = checked(second.post(forms[1], dict.fromkeys(GOOD, "another horse battery")), 410)
    assert "works once, for 24 hours" in page.text
    assert "Chose a password before?" in get(Client(), path, 410).text
    assert User.objects.get().check_password(GOOD["new_password1"])


def test_a_new_link_makes_one_that_was_never_used_void(outsider: Client) -> None:
    before = link_in(create_admin())
    create_admin()
    get(outsider, before, 410)


def test_the_use_of_one_link_ends_those_for_another_password(outsider: Client) -> None:
    outsider.post(opened(outsider, link_in(create_admin())), GOOD)
    lost, found = (link_in(create_admin()) for _ in range(2))
    outsider.post(opened(outsider, found), dict.fromkeys(GOOD, "another horse battery"))
    get(outsider, lost, 410)


@pytest.mark.parametrize(("hours", "status"), [(23.9, 302), (24.1, 410)])
def test_a_link_is_good_for_a_day(
    outsider: Client, monkeypatch: pytest.MonkeyPatch, hours: float, status: int
) -> None:
    path = link_in(create_admin())
    later = _clock_after(hours)
    monkeypatch.setattr("django.contrib.auth.tokens.PasswordResetTokenGenerator._now", later)
    assert outsider.get(path).status_code == status


def _clock_after(hours: float) -> Callable[[Any], Any]:
    import datetime as dt

    moment = dt.datetime.fromtimestamp(time.time() + hours * 3600)  # noqa: DTZ006 - as Django's own clock
    return lambda _: moment


@pytest.mark.parametrize("path", ["/set-password/MQ/nonsense/", "/set-password/!/set-password/"])
def test_an_unknown_link_says_what_to_do(outsider: Client, path: str) -> None:
    assert "Ask whoever gave you the link for a new one" in get(outsider, path, 410).text


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"new_password1": ""}, "new_password1", "Type the password"),
        ({"new_password2": "correct horse"}, "new_password2", "The two passwords differ."),
        (dict.fromkeys(GOOD, "short"), "new_password1", "too short"),
        (dict.fromkeys(GOOD, "password123"), "new_password1", "too common"),
        (dict.fromkeys(GOOD, "ada@example.org"), "new_password1", "too similar"),
    ],
)
def test_a_weak_password_is_named_at_its_field_and_nothing_is_set(
    outsider: Client, changes: dict[str, str], field: str, message: str
) -> None:
    form = opened(outsider, link_in(create_admin()))
    page = checked(outsider.post(form, GOOD | changes))
    assert message in page.text
    assert page.having("a", href=f"#id_{field}")
    assert page.having("input", id=f"id_{field}", aria_invalid="true")
    assert not User.objects.get().has_usable_password()


def test_the_pages_are_kept_by_nobody_and_found_by_nobody(outsider: Client) -> None:
    path = link_in(create_admin())
    form = opened(outsider, path)
    for response in (outsider.get(path), outsider.get(form), outsider.get("/set-password/MQ/nonsense/")):
        assert "no-store" in response["Cache-Control"]
    for response in (outsider.get(form), outsider.get("/set-password/MQ/nonsense/")):
        assert response["X-Robots-Tag"] == "noindex"
