"""Who may call which route: every route of the influencers, every method, every role and token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import MachineToken, User
from app.accounts.policy import POLICY, PUBLIC
from app.accounts.roles import PERMISSIONS_BY_ROLE
from app.influencers.models import Influencer

READERS = {"viewer", "outreach", "administrator", "influencers:read", "influencers:write"}
WRITERS = {"outreach", "administrator", "influencers:write"}
FORMS = {"outreach", "administrator", "consent-forms"}
MAY: dict[tuple[str, str], set[str]] = {
    ("api:influencer-list", "GET"): READERS,
    ("api:influencer-list", "POST"): WRITERS,
    ("api:influencer-detail", "GET"): READERS,
    ("api:influencer-detail", "PUT"): WRITERS,
    ("api:influencer-detail", "PATCH"): WRITERS,
    ("api:influencer-detail", "DELETE"): WRITERS,
    ("api:influencer-merge", "GET"): READERS,
    ("api:influencer-merge", "POST"): WRITERS,
    ("api:consent-form-list", "GET"): FORMS,
    ("api:consent-form-list", "POST"): FORMS,
    ("api:consent-form-detail", "GET"): FORMS,
    ("api:consent-form-detail", "DELETE"): FORMS,
    ("api:consent-form-download", "POST"): FORMS,
    ("api:account-list", "GET"): READERS,
    ("api:account-list", "POST"): WRITERS,
    ("api:account-detail", "GET"): READERS,
    ("api:account-detail", "PUT"): WRITERS,
    ("api:account-detail", "PATCH"): WRITERS,
    ("api:account-detail", "DELETE"): WRITERS,
    ("api:account-metrics", "GET"): READERS,
    ("api:account-metrics", "POST"): WRITERS,
}
# Signed in while they were of the staff.
FORMER = {"former outreach": False, "former superuser": True}
ROLES = [*PERMISSIONS_BY_ROLE, "staff without a role", *FORMER]
SCOPES = ["influencers:read", "influencers:write", "consent-forms"]
WHO = ["anonymous", *ROLES, *SCOPES, "expired token", "revoked token", "unknown token"]


def test_the_matrix_has_every_route_that_is_not_public() -> None:
    assert sorted(MAY) == sorted(route for route, allowed in POLICY.items() if PUBLIC not in allowed)


@pytest.fixture
def caller(make_user: Callable[[str], User], program: Callable[..., Client]) -> Callable[[str], Client]:
    def make(who: str) -> Client:
        if who == "anonymous":
            return Client(enforce_csrf_checks=True)
        if who == "unknown token":
            return Client(headers={"authorization": "Bearer cb_guessed"})
        if who == "expired token":
            return program("influencers:write", days=-1)
        if who == "revoked token":
            client = program("influencers:write")
            MachineToken.objects.update(revoked_at="2026-01-01T00:00Z")
            return client
        if who in SCOPES:
            return program(who)
        client = Client()
        user = make_user(who if who in PERMISSIONS_BY_ROLE else "outreach")
        client.force_login(user)
        if who == "staff without a role":
            user.groups.clear()
        if who in FORMER:
            User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=FORMER[who])
        return client

    return make


def address(route: str, ada: Influencer) -> str:
    account = ada.accounts.get(platform="youtube")
    by_route: dict[str, dict[str, Any]] = {
        "api:influencer-list": {},
        "api:account-list": {"platform": "youtube"},
        "api:account-detail": {"platform": "youtube", "pk": account.pk},
        "api:account-metrics": {"platform": "youtube", "pk": account.pk},
        "api:consent-form-detail": {"pk": ada.pk, "form": 987654},
        "api:consent-form-download": {"pk": ada.pk, "form": 987654},
    }
    return reverse(route, kwargs=by_route.get(route, {"pk": ada.pk}))


@pytest.mark.parametrize("who", WHO)
def test_a_route_answers_whom_it_may_and_nobody_else(
    ada: Influencer, caller: Callable[[str], Client], who: str
) -> None:
    client = caller(who)
    for (route, method), allowed in MAY.items():
        # A body that no route accepts: who may call is told what is wrong with it, and nothing changes.
        body: dict[str, Any] = (
            {}
            if method in {"GET", "DELETE"}
            else {"data": {"name": [], "handle": []}, "content_type": "application/json"}
        )
        place = address(route, ada)
        if method == "DELETE":
            # Gone for those who may: a row that isn't there.
            place = place.replace(f"/{place.rstrip('/').rsplit('/', 1)[1]}/", "/987654321/")
        status = getattr(client, method.lower())(place, **body).status_code
        if who in allowed:
            assert status in {200, 400, 404}, (route, method, status)
        else:
            refused = 403 if who in ROLES or who in SCOPES else 401
            assert status == refused, (route, method, status)
    assert Influencer.objects.get() == ada


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_looking_needs_the_right_to_read(
    ada: Influencer, caller: Callable[[str], Client], method: str
) -> None:
    place = reverse("api:influencer-list")
    assert getattr(caller("anonymous"), method.lower())(place).status_code == 401
    assert getattr(caller("editor"), method.lower())(place).status_code == 403
    assert getattr(caller("viewer"), method.lower())(place).status_code == 200


def test_a_session_needs_the_csrf_token_and_a_program_does_not(
    ada: Influencer, make_user: Callable[[str], User], program: Callable[..., Client]
) -> None:
    place = reverse("api:influencer-list")
    session = Client(enforce_csrf_checks=True)
    session.force_login(make_user("outreach"))
    refused = session.post(place, {"name": "Bob"}, content_type="application/json")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["error"]["message"]
    made = program("influencers:write").post(place, {"name": "Bob"}, content_type="application/json")
    assert made.status_code == 201


def test_a_role_that_ends_ends_the_access(ada: Influencer, make_user: Callable[[str], User]) -> None:
    user = make_user("outreach")
    client = Client()
    client.force_login(user)
    assert client.get(reverse("api:influencer-list")).status_code == 200
    user.groups.clear()
    assert client.get(reverse("api:influencer-list")).status_code == 403
