"""What a visitor, a client of the API and a member of staff see who come too often."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from django.utils.http import urlsafe_base64_encode

from app.accounts.models import User
from app.campaigns.models import Campaign
from app.config import settings as stage_settings
from app.endorsements.models import Endorsement
from app.ratelimit import limiter as limiter_module
from app.ratelimit.limiter import Limiter, limiter
from app.ratelimit.scopes import Scope
from app.ratelimit.stores import StoreUnavailableError
from app.ratelimit.windows import Limit
from app.regions.models import Region

LIMITS: Mapping[str, Scope] = stage_settings.RATE_LIMITS
Body = dict[str, Any]
API = "/api/campaigns/clean-water/endorsements/"
FORM = "/campaigns/clean-water/endorse/"


pytestmark = pytest.mark.usefixtures("stand_still")


def burst(scope: str) -> int:
    """How many pass at once."""
    return min(limit.count for limit in LIMITS[scope].limits)


def filled_in(email: str = "ada@example.org") -> Body:
    return {
        "name": "Ada Lovelace",
        "email": email,
        "kind": "person",
        "state": "MD",
        "county": "Baltimore city",
        "statement": "Swimming is good for <thinking>.",
        "terms_accepted": "on",
    }


class Unreachable:
    def take(self, *_: object) -> Any:
        raise StoreUnavailableError("ReadTimeoutError")


@pytest.fixture
def without_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter(), "store", Unreachable())


def test_the_api_refuses_in_its_own_shape(
    outsider: Client, campaign: Campaign, submission: Body, maryland: Region
) -> None:
    for number in range(burst("endorse-address")):
        body = {**submission, "email": f"ada{number}@example.org"}
        assert outsider.post(API, body, "application/json").status_code == 202
    refused = outsider.post(API, submission, "application/json")
    assert refused.status_code == 429
    seconds = int(refused["Retry-After"])
    # The window's end, and a tenth of the next one.
    assert 0 < seconds <= 66
    error = refused.json()["error"]
    assert (error["code"], error["fields"]) == ("throttled", {})
    assert f"Try again in {seconds} seconds." in error["message"] or seconds == 1
    assert Endorsement.objects.count() == burst("endorse-address")


def test_one_address_of_mail_is_not_flooded_from_many_places(
    campaign: Campaign, submission: Body, maryland: Region
) -> None:
    answers = [
        Client(REMOTE_ADDR=f"192.0.2.{number}")
        .post(API, {**submission, "email": email}, "application/json")
        .status_code
        for number, email in enumerate(
            ["ada@example.org", "ADA@example.org", "ada+x@example.org", "ada@example.org"]
        )
    ]
    assert answers == [202, 202, 202, 429]


def test_a_made_up_domain_is_limited_and_a_provider_of_everybodys_is_not(
    campaign: Campaign, submission: Body, maryland: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = LIMITS["endorse-domain"]
    few = {**LIMITS, "endorse-domain": Scope(row.by, (Limit(2, 3600),), row.failing, row.unlimited)}
    monkeypatch.setattr(limiter(), "scopes", few)

    def answers(domain: str) -> list[int]:
        return [
            Client(REMOTE_ADDR=f"192.0.2.{number}")
            .post(API, {**submission, "email": f"n{number}@{domain}"}, "application/json")
            .status_code
            for number in range(4)
        ]

    assert answers("made-up.example") == [202, 202, 429, 429]
    assert answers("gmail.com") == [202] * 4


def test_a_refused_form_keeps_what_was_typed(outsider: Client, campaign: Campaign, maryland: Region) -> None:
    for number in range(burst("endorse-address")):
        assert outsider.post(FORM, filled_in(f"ada{number}@example.org")).status_code == 302
    refused = outsider.post(FORM, filled_in())
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert refused["Cache-Control"] == "private, no-store"
    page = refused.content.decode()
    assert "Not sent yet" in page
    assert re.search(r"Try again in .* What you typed is still here\.", page)
    for typed in (
        'value="Ada Lovelace"',
        'value="ada@example.org"',
        'value="Baltimore city"',
        "good for &lt;thinking&gt;",
    ):
        assert typed in page
    assert re.search(r'<option value="MD" selected', page)
    assert Endorsement.objects.count() == burst("endorse-address")


def test_a_form_with_a_mistake_in_it_does_not_count(
    outsider: Client, campaign: Campaign, maryland: Region
) -> None:
    for _ in range(2 * burst("endorse-address")):
        assert outsider.post(FORM, {**filled_in(), "name": ""}).status_code == 200
    assert outsider.post(FORM, filled_in()).status_code == 302


def test_reading_is_not_counted(
    outsider: Client, campaign: Campaign, maryland: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limiter, "hit", lambda *_: pytest.fail("a page view was counted"))
    for path in (
        "/",
        "/campaigns/",
        "/campaigns/clean-water/",
        FORM,
        "/find-my-district/",
        "/admin/login/",
        API,
    ):
        assert outsider.get(path).status_code == 200


def test_a_mailed_link_stays_good_while_its_button_is_refused(
    outsider: Client,
    campaign: Campaign,
    submission: Body,
    maryland: Region,
    token_mailed_to: Callable[[str], str],
) -> None:
    outsider.post(API, submission, "application/json")
    path = f"/confirm/{token_mailed_to('ada@example.org')}/"
    for _ in range(burst("use-link")):
        assert outsider.post("/confirm/no-such-token/").status_code == 410
    refused = outsider.post(path)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert refused["Referrer-Policy"] == "no-referrer"
    page = refused.content.decode()
    assert "your link is still good" in page
    assert '<form method="post">' in page
    assert outsider.get(path).status_code == 200
    assert Client(REMOTE_ADDR="192.0.2.9").post(path).status_code == 200


def test_withdrawal_links_are_limited_by_address_of_mail(outsider: Client, campaign: Campaign) -> None:
    path = "/campaigns/clean-water/withdraw/"
    for _ in range(burst("mail-link-email")):
        assert outsider.post(path, {"email": "ada@example.org"}).status_code == 302
    refused = outsider.post(path, {"email": "ada@example.org"})
    assert refused.status_code == 429
    assert 'value="ada@example.org"' in refused.content.decode()
    assert outsider.post(path, {"email": "eve@example.org"}).status_code == 302


def test_who_guesses_a_password_locks_out_their_own_network_and_not_the_owner(administrator: User) -> None:
    wrong, right = (
        {"username": "administrator", "password": word} for word in ("no", "correct horse battery")
    )
    guesser = Client(REMOTE_ADDR="192.0.2.1")
    for _ in range(burst("sign-in-account-address")):
        attempt = guesser.post("/admin/login/", wrong)
        assert attempt.status_code == 200
        assert "correct username and password" in attempt.content.decode()
    refused = guesser.post("/admin/login/", {**right, "username": "Administrator "})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    page = refused.content.decode()
    assert "Somebody tried to sign in too often. Try again in" in page
    assert 'value="Administrator' in page
    assert "_auth_user_id" not in guesser.session
    assert Client(REMOTE_ADDR="192.0.2.2").post("/admin/login/", right).status_code == 302


def test_one_network_alone_never_reaches_the_limit_of_an_account() -> None:
    from_one_network = max(limit.count for limit in LIMITS["sign-in-account-address"].limits)
    # Within any stretch as long as the hour, less than twice the limit passes.
    assert LIMITS["sign-in-account"].limits[0].count >= 2 * from_one_network


def test_signing_in_is_limited_by_account_wherever_it_is_tried_from(administrator: User) -> None:
    for _ in range(burst("sign-in-account")):
        assert limiter().hit("sign-in-account", "administrator").allowed
    right = {"username": "Administrator", "password": "correct horse battery"}
    assert Client(REMOTE_ADDR="192.0.2.99").post("/admin/login/", right).status_code == 429


def test_signing_in_is_limited_by_address_whatever_the_name(outsider: Client, administrator: User) -> None:
    for number in range(burst("sign-in-address")):
        attempt = {"username": f"name{number}", "password": "no"}
        assert outsider.post("/admin/login/", attempt).status_code == 200
    attempt = {"username": "administrator", "password": "correct horse battery"}
    assert outsider.post("/admin/login/", attempt).status_code == 429
    signed_in = Client(REMOTE_ADDR="192.0.2.9").post("/admin/login/?next=/admin/", attempt)
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/admin/")


def test_setting_a_password_is_limited(outsider: Client, administrator: User) -> None:
    uid = urlsafe_base64_encode(str(administrator.pk).encode())
    token = default_token_generator.make_token(administrator)
    path = outsider.get(f"/set-password/{uid}/{token}/")["Location"]
    for _ in range(burst("set-password")):
        limiter().hit("set-password", "127.0.0.1")
    chosen = {"new_password1": "a longer swordfish", "new_password2": "a longer swordfish"}
    refused = outsider.post(path, chosen)
    assert refused.status_code == 429
    assert "Many passwords were set from your network" in refused.content.decode()
    administrator.refresh_from_db()
    assert administrator.check_password("correct horse battery")
    # The link is still good elsewhere.
    assert outsider.post(path, chosen, REMOTE_ADDR="192.0.2.9").status_code == 302


def test_looking_up_a_place_is_limited_in_the_api_and_on_the_page_together(
    outsider: Client, maryland: Region
) -> None:
    at = "/api/regions/locate/?latitude=39.3&longitude=-76.6"
    for _ in range(burst("locate") - 1):
        assert outsider.get(at).status_code == 200
    place = {"state": "MD", "county": "Baltimore city"}
    assert outsider.post("/find-my-district/", place).status_code == 200
    assert outsider.get(at).status_code == 429
    refused = outsider.post("/find-my-district/", place)
    assert refused.status_code == 429
    assert 'value="Baltimore city"' in refused.content.decode()
    # Regions by name are reading.
    assert outsider.get("/api/regions/").status_code == 200


def test_a_header_of_the_clients_changes_nothing(outsider: Client, maryland: Region) -> None:
    at = "/api/regions/locate/?latitude=39.3&longitude=-76.6"
    for number in range(burst("locate")):
        assert outsider.get(at, headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code == 200
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CloudFront-Viewer-Address"):
        assert outsider.get(at, headers={name: "198.51.100.1"}).status_code == 429


def test_without_its_table_what_sends_mail_and_signs_in_is_unavailable(
    outsider: Client,
    campaign: Campaign,
    submission: Body,
    administrator: User,
    maryland: Region,
    without_table: None,
) -> None:
    refused = outsider.post(API, submission, "application/json")
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert refused.json()["error"]["code"] == "unavailable"
    page = outsider.post(FORM, filled_in())
    assert page.status_code == 503
    assert "it is not your fault" in page.content.decode()
    assert 'value="Ada Lovelace"' in page.content.decode()
    attempt = {"username": "administrator", "password": "correct horse battery"}
    assert outsider.post("/admin/login/", attempt).status_code == 503
    assert outsider.post("/confirm/no-such-token/").status_code == 503
    assert outsider.post("/campaigns/clean-water/withdraw/", {"email": "ada@example.org"}).status_code == 503
    assert mail.outbox == []
    assert not Endorsement.objects.exists()


def test_without_its_table_a_place_is_still_looked_up(
    outsider: Client, maryland: Region, without_table: None
) -> None:
    at = "/api/regions/locate/?latitude=39.3&longitude=-76.6"
    answers = [outsider.get(at).status_code for _ in range(burst("locate") + 1)]
    assert answers == [200] * burst("locate") + [429]


def test_a_request_of_several_scopes_costs_one_call_each_and_none_once_one_is_known_to_refuse(
    outsider: Client, campaign: Campaign, submission: Body, maryland: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    take = limiter().store.take

    def counted(key: str, *rest: Any) -> Any:
        calls.append(key.split("#")[1])
        return take(key, *rest)

    monkeypatch.setattr(limiter().store, "take", counted)
    outsider.post(API, submission, "application/json")
    assert calls == ["endorse-address", "endorse-email", "endorse-domain"]
    for _ in range(burst("endorse-email")):
        last = outsider.post(API, submission, "application/json")
    assert last.status_code == 429
    calls.clear()
    # From anywhere: this process knows that the mail address is over its limit before it asks for the other's.
    elsewhere = Client(REMOTE_ADDR="192.0.2.9").post(API, submission, "application/json")
    assert elsewhere.status_code == 429
    assert calls == []


def test_each_limit_of_the_table_is_exact() -> None:
    for name, scope in LIMITS.items():
        assert sum(limit.count for limit in scope.limits) <= 64, name


def test_only_endorsing_and_signing_in_have_two_limits() -> None:
    with_two = {name for name, scope in LIMITS.items() if len(scope.limits) > 1}
    assert with_two == {"endorse-address", "endorse-email", "sign-in-address", "sign-in-account-address"}


def test_a_scope_that_is_none_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        limiter_module.hit("endorse", "192.0.2.1")
