"""A search finds a part of a text by an index, at whatever size of the tables, and what it always found."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Q

from app.influencers import merging
from app.influencers.models import Account, Influencer
from app.influencers.names import normalise_text

PEOPLE = 12_000


@pytest.fixture
def full_tables(db: None) -> None:
    """People of whom each has a name, number, handle and address that nobody else has a part of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO influencers_influencer (id, name, phone, notes, created_at, updated_at)"
            " SELECT n, 'Person ' || md5(n::text), '+1' || (2000000000 + n::bigint * 7919), '', now(), now()"
            " FROM generate_series(1, %s) n",
            [PEOPLE],
        )
        cursor.execute(
            "INSERT INTO influencers_account"
            " (influencer_id, platform, handle, email, url, status, notes, created_at, updated_at)"
            " SELECT n, platform, left(md5('h' || n), 20), md5('e' || n) || '@example.org', '', 'new', '', now(), now()"
            " FROM generate_series(1, %s) n, unnest(ARRAY['youtube', 'instagram']) platform",
            [PEOPLE],
        )
        # As autovacuum does it: what was just written waits in a list, and the planner has to know the sizes.
        for index in ("influencer_search", "account_search"):
            cursor.execute("SELECT gin_clean_pending_list(%s)", [index])
        cursor.execute("ANALYZE influencers_influencer, influencers_account")


def parts() -> list[str]:
    """A part of the name, number, handle and address of one of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(md5('77'), 9, 8), (2000000000 + 77 * 7919)::text, substr(md5('h77'), 3, 8),"
            " substr(md5('e77'), 3, 8)"
        )
        return [str(part) for part in cursor.fetchone()]


def test_every_search_uses_the_indexes_and_reads_no_table(full_tables: None) -> None:
    for part in parts():
        for rows in (
            Account.objects.on("youtube").search(part).order_by("handle")[:50],
            Influencer.objects.search(part).order_by("name")[:50],
        ):
            plan = rows.explain()
            assert "Seq Scan" not in plan, f"{part}\n{plan}"
            assert {name in plan for name in ("influencer_search", "account_search")} == {True}, plan


def test_the_index_is_of_the_expression_that_a_search_asks(full_tables: None) -> None:
    # Without it the same question reads the whole table: so the plan above can tell.
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX account_search")
    assert "Seq Scan on influencers_account" in Account.objects.search(parts()[2]).explain()


def test_who_may_be_the_same_person_is_found_by_the_indexes(full_tables: None) -> None:
    person = Influencer.objects.with_accounts().get(pk=77)
    plan = merging.candidates(person).explain()
    assert "Seq Scan" not in plan, plan


def as_one_condition(text: str) -> tuple[set[int], set[int]]:
    """Whom and which accounts a search finds, said plainly: any of four columns has the text in it."""
    wanted = normalise_text(text)
    digits = "".join(filter(str.isdecimal, wanted))
    named: Any = Q(influencer__name__icontains=wanted)
    if len(digits) >= 3 and not any(map(str.isalpha, wanted)):
        named |= Q(influencer__phone__contains=digits)
    found = Account.objects.filter(
        named | Q(handle__icontains=wanted.removeprefix("@")) | Q(email__icontains=wanted)
    )
    return set(found.values_list("influencer", flat=True)), set(found.values_list("pk", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    ["a", "ad", "@", "@a", "@ad", "@ada", "ADA", "straße", "STRASSE", "σίσυφος", "ΣΊΣΥΦΟΣ", "50%", "a_b", "(202) 555", "01", "@example.org", "漢字", "nobody"],
)  # fmt: skip
def test_what_is_found_does_not_depend_on_the_way(text: str) -> None:
    for number, (name, handle, email) in enumerate(
        [
            ("Ada Lovelace", "ada", "countess@example.org"),
            ("Straße", "a_b", "street@example.com"),
            ("Σίσυφος 漢字", "acb", "up@example.org"),
            ("50% off", "half", "ada@example.net"),
        ]
    ):
        person = Influencer.objects.create(name=name, phone=f"+1202555010{number}")
        Account.objects.create(influencer=person, platform="youtube", handle=handle, email=email)
        Account.objects.create(influencer=person, platform="instagram", handle=f"{handle}.too")
    people, accounts = as_one_condition(text)
    assert set(Account.objects.search(text).values_list("pk", flat=True)) == accounts
    assert set(Influencer.objects.search(text).values_list("pk", flat=True)) == people
