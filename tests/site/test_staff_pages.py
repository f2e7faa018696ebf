"""The pages for those who work with influencers: what they show, change, and to whom."""

import datetime as dt
import re
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from app.accounts import tokens
from app.accounts.models import MachineToken, User
from app.influencers import consent
from app.influencers.models import Account, DailyMetrics, Influencer, Merge
from app.influencers.services import record_metrics, tags_named
from app.influencers.transfers import WorkbookExport, WorkbookImport
from app.site.staff.chart import line
from app.site.staff.urls import urlpatterns
from tests.site.html import checked, get
from tests.staff import signed_in

LIST = "/staff/accounts/youtube/"
ROLES = ("viewer", "outreach", "editor", "moderator", "administrator")
READERS, WRITERS, ADMINISTRATORS = (
    {"viewer", "outreach", "administrator"},
    {"outreach", "administrator"},
    {"administrator"},
)
# Every page, and who may open it; the routes themselves say no more than that somebody has to.
MAY = {
    "staff-accounts": READERS,
    "staff-columns": READERS,
    "staff-change-many": WRITERS,
    "staff-account": READERS,
    "staff-delete-account": WRITERS,
    "staff-influencers": READERS,
    "staff-new-influencer": WRITERS,
    "staff-influencer": READERS,
    "staff-new-account": WRITERS,
    "staff-delete-influencer": WRITERS,
    "staff-merge": WRITERS,
    "staff-new-consent-form": WRITERS,
    "staff-consent-form": WRITERS,
    "staff-consent-form-arrived": WRITERS,
    "staff-download-consent-form": WRITERS,
    "staff-delete-consent-form": WRITERS,
    "staff-export-accounts": READERS,
    "staff-export-influencers": READERS,
    "staff-workbooks": READERS,
    "staff-template": READERS,
    "staff-upload": WRITERS,
    "staff-upload-large": WRITERS,
    "staff-import": WRITERS,
    "staff-import-arrived": WRITERS,
    "staff-apply-import": WRITERS,
    "staff-cancel-import": WRITERS,
    "staff-retry-import": WRITERS,
    "staff-refused-rows": WRITERS,
    "staff-export": READERS,
    "staff-retry-export": READERS,
    "staff-export-part": READERS,
    "staff-tokens": ADMINISTRATORS,
    "staff-revoke-token": ADMINISTRATORS,
}


@pytest.fixture
def ada(db: None) -> Influencer:
    row = Influencer.objects.create(name="Ada <b>Lovelace</b>", phone="+12025550143")
    for platform, handle in (("youtube", "adarivers"), ("instagram", "ada.rivers")):
        account = Account(influencer=row, platform=platform, handle=handle, email="ada@example.org")
        account.full_clean()
        account.save()
        account.tags.set(tags_named(["rivers"]))
    return row


@pytest.fixture
def addresses(ada: Influencer) -> dict[str, str]:
    """The address of every staff page but the first, by its name."""
    other = Influencer.objects.create(name="Ada", phone="+12025550143")
    token = tokens.issue("x", ["influencers:read"], days=1, by=User.objects.create_user("maker"))
    values = {"pk": ada.pk, "other": other.pk, "platform": "youtube", "number": 1}
    upload = WorkbookImport.objects.create(filename="list.xlsx", content=b"", refused_rows=b"x", state="done")
    export = WorkbookExport.objects.create(platform="youtube", query={}, rows=1, is_done=True)
    export.parts.create(number=1, rows=1, content=b"x")
    form = ada.consent_forms.create(
        key=consent.PURPOSE.new_key(), content_type="application/pdf", size_bytes=1, filename="Ada.pdf", state="stored",
        signed_on="2026-11-21", retain_until="2036-11-21", stored_at="2026-11-21T12:00Z",
    )  # fmt: skip
    found = {}
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        keys = values
        if "account" in str(pattern.pattern) and str(pattern.pattern).startswith("accounts"):
            keys = values | {"pk": ada.accounts.get(platform="youtube").pk}
        if str(pattern.pattern).startswith("tokens"):
            keys = values | {"pk": token.row.pk}
        for prefix, row in (
            ("workbooks/imports", upload),
            ("workbooks/exports", export),
            ("consent-forms", form),
        ):
            if str(pattern.pattern).startswith(prefix):
                keys = values | {"pk": row.pk}
        path = re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)).format(**keys)
        found[str(pattern.name)] = f"/staff/{path}"
    found.pop("staff-home")
    return found


# Signed in while they were of the staff.
FORMER = {"former administrator": False, "former superuser": True}


def who_was_of_the_staff(who: str) -> Client:
    client = signed_in("administrator")
    User.objects.filter(username="administrator").update(is_staff=False, is_superuser=FORMER[who])
    return client


@pytest.mark.parametrize("role", ["anonymous", "nobody", *FORMER, *ROLES])
def test_each_page_opens_for_whom_it_is_and_nobody_else(addresses: dict[str, str], role: str) -> None:
    assert addresses.keys() == MAY.keys()
    client = who_was_of_the_staff(role) if role in FORMER else signed_in(role)
    client = Client() if role == "anonymous" else client
    for name, address in addresses.items():
        # Nothing in it, so nothing is changed by it; deletions are asked for by a GET, which only shows the question.
        response = client.get(address)
        if role == "anonymous":
            response = client.post(address) if response.status_code == 405 else response
            assert response.status_code == 302, name
            assert response["Location"].startswith("/admin/login/?next=/staff/"), name
        elif role in MAY[name]:
            # A download is elsewhere, and whoever comes back from an upload is sent on.
            moved = name in {
                "staff-download-consent-form",
                "staff-consent-form-arrived",
                "staff-import-arrived",
            }
            assert response.status_code in ({302} if moved else {200, 405}), name
        else:
            assert response.status_code in {403, 405}, name
            if response.status_code == 405:
                assert client.post(address).status_code == 403, name
    assert not MachineToken.objects.exclude(revoked_at=None).exists()


def test_a_viewer_changes_nothing_by_posting(ada: Influencer) -> None:
    client = signed_in("viewer")
    address = f"{LIST}{ada.accounts.get(platform='youtube').pk}/"
    assert client.post(address, {"handle": "other", "status": "active"}).status_code == 403
    assert client.post(f"/staff/influencers/{ada.pk}/", {"name": "Other"}).status_code == 403
    ada.refresh_from_db()
    assert ada.name == "Ada <b>Lovelace</b>"
    assert ada.accounts.get(platform="youtube").handle == "adarivers"
    page = get(client, address)
    assert not page.having("input", name="handle")


def test_no_page_asks_the_database_the_same_twice(addresses: dict[str, str]) -> None:
    client = signed_in("administrator")
    for address in addresses.values():
        with CaptureQueriesContext(connection) as queries:
            status = client.get(address).status_code
        # Who asks is looked up at least, unless it's only to be posted to.
        assert status == 405 or (status in {200, 302} and len(queries) >= 2), address
        assert [sql for sql, count in Counter(query["sql"] for query in queries).items() if count > 1] == []


def test_no_cache_keeps_a_staff_page(outreach: Client, ada: Influencer) -> None:
    response = outreach.get(LIST)
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("search=lovelace", True),
        ("search=nobody", False),
        ("tags=rivers&status=new", True),
        ("status=active", False),
        ("followers_min=1", False),
        ("followers_min=", True),
        ("followers_min=many", False),
        ("search=%00", False),
        ("page=99", True),
        ("ordering=-followers", True),
    ],
)
def test_the_list_is_searched_by_its_address_alone(
    outreach: Client,
    ada: Influencer,
    query: str,
    found: bool,  # noqa: FBT001 - whether it finds
) -> None:
    page = get(outreach, f"{LIST}?{query}")
    assert ("@adarivers" in page.text) == found
    assert "@ada.rivers" in page.text or not found


def test_the_list_costs_the_same_for_one_account_and_for_thirty(outreach: Client, ada: Influencer) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            outreach.get(LIST)
        return len(queries)

    few = cost()
    for number in range(30):
        row = Influencer.objects.create(name=f"Person {number}")
        for platform in ("youtube", "instagram"):
            Account.objects.create(influencer=row, platform=platform, handle=f"person{number}")
    assert cost() == few


def test_chosen_columns_are_remembered(outreach: Client, ada: Influencer) -> None:
    assert "E-mail</th>" not in get(outreach, LIST).html
    answer = outreach.post(f"{LIST}columns/", {"columns": ["email", "nonsense"], "query": "search=ada"})
    assert answer["Location"] == f"{LIST}?search=ada"
    answer = outreach.post(
        f"{LIST}columns/", {"columns": ["email"], "query": "search=ada\r\nX-Injected: yes"}
    )
    assert answer["Location"] == f"{LIST}?search=ada%0D%0AX-Injected%3A+yes"
    page = get(outreach, LIST)
    assert "E-mail</th>" in page.html
    assert "Followers</th>" not in page.html


def test_many_accounts_change_after_a_confirmation_and_not_before(outreach: Client, ada: Influencer) -> None:
    chosen = ada.accounts.get(platform="youtube")
    other = ada.accounts.get(platform="instagram")
    asked = {"accounts": [chosen.pk], "status": "active", "add_tag": "Food", "remove_tag": "rivers"}
    page = checked(outreach.post(f"{LIST}change/", asked))
    assert "Change 1 account?" in page.text
    chosen.refresh_from_db()
    assert chosen.status == "new"
    assert outreach.post(f"{LIST}change/", asked | {"confirmed": "yes"}).status_code == 302
    chosen.refresh_from_db()
    assert (chosen.status, [tag.name for tag in chosen.tags.all()]) == ("active", ["food"])
    other.refresh_from_db()
    assert other.status == "new"


def test_who_changed_many_of_a_search_is_back_at_it(outreach: Client, ada: Influencer) -> None:
    asked: dict[str, Any] = {"accounts": [ada.accounts.get(platform="youtube").pk], "status": "active"}
    query = "search=ada&status=new"
    listed = get(outreach, f"{LIST}?{query}&page=1")
    # The form of the columns has one too.
    assert len(listed.having("input", name="query", value=query)) == 2

    asking = checked(outreach.post(f"{LIST}change/", asked | {"query": query}))
    assert asking.having("input", name="query", value=query)
    assert asking.having("a", href=f"{LIST}?{query}")
    answer = outreach.post(f"{LIST}change/", asked | {"query": query, "confirmed": "yes"})
    assert answer["Location"] == f"{LIST}?{query}"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"status": "active"}, "Choose at least one account"),
        ({"accounts": "chosen"}, "Choose a status or a tag"),
        ({"accounts": "other platform", "status": "active"}, "not one of the available"),
        ({"accounts": "chosen", "status": "lost"}, "not one of the available"),
        ({"accounts": "chosen", "add_tag": "a,b", "confirmed": "yes"}, "without a comma"),
    ],
)
def test_a_change_of_many_that_makes_no_sense_changes_nothing(
    outreach: Client, ada: Influencer, asked: dict[str, Any], reason: str
) -> None:
    keys = {"chosen": "youtube", "other platform": "instagram"}
    if name := asked.get("accounts"):
        asked = asked | {"accounts": [ada.accounts.get(platform=keys[name]).pk]}
    page = checked(outreach.post(f"{LIST}change/", asked), 400)
    assert reason in page.text
    assert not Account.objects.exclude(status="new").exists()


def test_an_account_shows_the_other_platform_a_chart_and_a_table(outreach: Client, ada: Influencer) -> None:
    account = ada.accounts.get(platform="youtube")
    for number in range(3):
        day = dt.date(2026, 5, 1) + dt.timedelta(days=number)
        record_metrics(account, day, {"followers": 1000 + number * 10}, DailyMetrics.Source.COLLECTED)
    page = get(outreach, f"{LIST}{account.pk}/")
    assert "@ada.rivers" in page.text
    assert "&lt;b&gt;Lovelace" in page.html
    assert page.having("svg", role="img", aria_labelledby="followers-title")
    assert "from 1,000 to 1,020, May 1, 2026 to May 3, 2026" in page.text
    assert "2026-05-02 1,010" in page.text
    assert not page.having("svg", aria_labelledby="daily_views-title")


def test_an_account_is_changed_and_its_mistakes_are_named(outreach: Client, ada: Influencer) -> None:
    account = ada.accounts.get(platform="youtube")
    address = f"{LIST}{account.pk}/"
    form = {
        "handle": "https://www.youtube.com/@NewName",
        "status": "active",
        "tags": "food, Rivers",
        "email": "",
    }
    assert outreach.post(address, form).status_code == 302
    account.refresh_from_db()
    assert (account.handle, account.url) == ("newname", "https://www.youtube.com/@newname")
    assert [tag.name for tag in account.tags.all()] == ["food", "rivers"]
    page = checked(outreach.post(address, form | {"handle": "a b"}))
    assert "This is no handle of YouTube" in page.text
    page = checked(outreach.post(address, form | {"tags": "x" * 41}))
    assert "at most 40" in page.text
    account.refresh_from_db()
    assert account.handle == "newname"


def test_an_influencer_is_added_with_an_account(outreach: Client) -> None:
    answer = outreach.post("/staff/influencers/new/", {"name": "Bob", "phone": "202 555 0100"})
    bob = Influencer.objects.get(name="Bob", phone="+12025550100")
    assert answer["Location"] == f"/staff/influencers/{bob.pk}/accounts/new/"
    get(outreach, answer["Location"])
    form = {"platform": "instagram", "handle": "@Bob.Bakes", "status": "new"}
    outreach.post(answer["Location"], form)
    assert bob.accounts.get().handle == "bob.bakes"
    page = checked(outreach.post(answer["Location"], form))
    assert "already" in page.text
    page = checked(outreach.post("/staff/influencers/new/", {"name": "Bob", "phone": "+1 202-555-0100"}))
    assert "There is an influencer of this name and telephone number already." in page.text


def test_deletion_asks_first(outreach: Client, ada: Influencer) -> None:
    account = ada.accounts.get(platform="youtube")
    assert "can't be undone" in get(outreach, f"{LIST}{account.pk}/delete/").text
    assert Account.objects.count() == 2
    outreach.post(f"{LIST}{account.pk}/delete/")
    assert Account.objects.count() == 1
    get(outreach, f"/staff/influencers/{ada.pk}/delete/")
    outreach.post(f"/staff/influencers/{ada.pk}/delete/")
    assert not Influencer.objects.exists()


def test_two_rows_are_merged_by_choosing(outreach: Client, ada: Influencer) -> None:
    twin = Influencer.objects.create(name="A. Lovelace", phone=ada.phone)
    assert "Perhaps the same person" in get(outreach, f"/staff/influencers/{ada.pk}/").text
    address = f"/staff/influencers/{ada.pk}/merge/{twin.pk}/"
    assert get(outreach, address).having("input", name="name", value="removed")
    page = checked(outreach.post(address, {}), 400)
    assert "choose one" in page.text
    assert outreach.post(address, {"name": "removed"}).status_code == 302
    assert Influencer.objects.get().name == "A. Lovelace"
    assert Merge.objects.get().merged_by_name == "outreach"
    assert "by outreach" in get(outreach, f"/staff/influencers/{ada.pk}/").text


@pytest.mark.django_db
def test_a_token_is_shown_once_and_revoked() -> None:
    client = signed_in("administrator")
    form = {"name": "exporter", "scopes": ["influencers:read"], "days": "30"}
    page = checked(client.post("/staff/tokens/", form))
    [text] = re.findall(r"cb_[\w-]{43}", page.html)
    assert tokens.find(text)
    page = get(client, "/staff/tokens/")
    assert "exporter" in page.text
    assert "cb_" not in page.html
    client.post(f"/staff/tokens/{MachineToken.objects.get().pk}/revoke/")
    assert tokens.find(text) is None
    page = checked(client.post("/staff/tokens/", form | {"days": "400"}), 400)
    assert "less than or equal to 365" in page.text


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "leads_to"), [("outreach", LIST), ("moderator", "/admin/")])
def test_staff_begin_where_they_work(role: str, leads_to: str) -> None:
    assert signed_in(role).get("/staff/")["Location"] == leads_to


def test_a_line_goes_from_corner_to_corner() -> None:
    days = [dt.date(2026, 5, 1), dt.date(2026, 5, 2), dt.date(2026, 5, 5)]
    drawn = line(list(zip(days, (10, 20, 30), strict=True)))
    assert drawn
    assert drawn.path == "M6.0 174.0L163.0 90.0L634.0 6.0"
    assert (drawn.low, drawn.high, drawn.newest, drawn.change) == (10, 30, 30, 20)
    flat = line([(days[0], 5), (days[1], 5)])
    assert flat
    assert flat.path == "M6.0 90.0L634.0 90.0"
    assert line([(days[0], 5)]) is None
    assert line([]) is None
