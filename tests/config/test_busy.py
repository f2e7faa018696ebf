"""A row that somebody else holds for longer than the database lets us wait."""

from collections.abc import Iterator

import psycopg2
import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from app.config.busy import BusyMiddleware
from app.influencers.models import Influencer
from app.influencers.transfers import WorkbookImport
from tests.site.html import checked
from tests.staff import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outreach() -> Client:
    return signed_in("outreach")


@pytest.fixture
def other() -> Iterator[psycopg2.extensions.cursor]:
    """Another connection, in a transaction, while ours waits no longer than an instant."""
    with connection.cursor() as ours:
        ours.execute("SET lock_timeout = '50ms'")
    there = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    yield there.cursor()
    # Answered when its locks are gone; a connection that is closed keeps them until the server notices.
    there.rollback()
    there.close()
    with connection.cursor() as ours:
        ours.execute("RESET lock_timeout")


def test_a_visitor_is_told_to_try_again(outreach: Client, other: psycopg2.extensions.cursor) -> None:
    held = WorkbookImport.objects.create(state=WorkbookImport.State.PREVIEWED)
    other.execute("SELECT 1 FROM influencers_workbookimport FOR UPDATE")

    page = checked(outreach.post(f"/staff/workbooks/imports/{held.pk}/cancel/"), 409)

    assert "Somebody else is changing this just now" in page.text
    held.refresh_from_db()
    assert held.state == WorkbookImport.State.PREVIEWED


def test_a_program_is_told_so_in_the_shape_of_every_error(
    outreach: Client, other: psycopg2.extensions.cursor
) -> None:
    held = Influencer.objects.create(name="Ada")
    other.execute("SELECT 1 FROM influencers_influencer FOR UPDATE")

    answer = outreach.patch(
        f"/api/influencers/{held.pk}/", {"name": "Ada L."}, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "busy")


def test_another_failure_of_the_database_stays_one(rf: RequestFactory) -> None:
    middleware = BusyMiddleware(lambda request: pytest.fail(f"{request} was answered"))
    assert middleware.process_exception(rf.get("/"), OperationalError("the server is gone")) is None
