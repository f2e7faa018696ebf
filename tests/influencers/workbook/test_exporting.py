"""An export by its job: in parts, and safe to be killed."""

from collections.abc import Callable
from typing import Any

import pytest

from app.accounts.models import User
from app.influencers.models import Account, Influencer
from app.influencers.workbook import exporting, jobs
from app.influencers.workbook.writing import write
from tests.influencers.workbook.conftest import Book, Upload
from tests.influencers.workbook.uploads import applied, contents, counts, five


@pytest.fixture
def six(ada: Account, upload: Upload, book: Book) -> None:
    """Ada and five who were imported."""
    applied(upload(five(book)))


@pytest.mark.usefixtures("six")
def test_an_export_is_cut_into_parts_and_begins_anew_when_killed(
    monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(exporting, "PART_ROWS", 4)
    made = jobs.start_export("youtube", {"ordering": "handle"}, 6, User.objects.get(username="outreach"))
    real = write
    calls: list[int] = []

    def killed(rows: Any) -> bytes:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(rows)

    monkeypatch.setattr(exporting, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        exporting.export(made.pk)
    work_off_jobs()

    made.refresh_from_db()
    assert (made.is_done, made.rows) == (True, 6)
    assert [(part.number, part.rows) for part in made.parts.all()] == [(1, 4), (2, 2)]


def test_an_export_of_influencers_imported_unchanged_changes_nothing(ada: Account, upload: Upload) -> None:
    other = Account(influencer=ada.influencer, platform="instagram", handle="ada.i")
    other.full_clean()
    other.save()
    Influencer.objects.create(name="Without an account", notes="yet")
    before = contents()
    rows = list(exporting.asked_for("", {}))
    assert [row.get("handle") for row in rows] == ["@ada.i", "@ada", None]
    assert len(rows) == exporting.rows_asked_for("", {})

    assert counts(applied(upload(write(rows)))) == (0, 0, 3, 0)
    assert contents() == before


def test_an_export_asks_the_database_no_more_for_more_rows(
    ada: Account, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        person = Influencer.objects.create(name=f"Person {number}")
        person.regions.set(ada.influencer.regions.all())
        Account.objects.create(influencer=person, platform="youtube", handle=f"person{number}")
    # Rows, and of each relation one: tags, campaigns, regions; of influencers accounts too.
    for platform, queries in (("youtube", 4), ("", 5)):
        with django_assert_max_num_queries(queries):
            assert len(list(exporting.asked_for(platform, {}))) == 41


def test_an_export_that_another_worker_began_anew_is_not_ready_early(
    ada: Account,
    upload: Upload,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    work_off_jobs: Callable[[], object],
) -> None:
    applied(upload(five(book)))
    monkeypatch.setattr(exporting, "PART_ROWS", 2)
    made = jobs.start_export("youtube", {}, 6, User.objects.get(username="outreach"))
    calls: list[int] = []

    def begun_by_another(rows: Any) -> bytes:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        if len(calls) == 3:
            with pytest.raises(KeyboardInterrupt):
                exporting.export(made.pk)
            monkeypatch.setattr(exporting, "write", write)
        return write(rows)

    monkeypatch.setattr(exporting, "write", begun_by_another)
    with pytest.raises(exporting.OvertakenError):
        exporting.export(made.pk)
    made.refresh_from_db()
    assert (made.is_done, made.written, made.parts.count()) == (False, 0, 0)

    work_off_jobs()
    made.refresh_from_db()
    assert (made.is_done, made.written, made.rows) == (True, 6, 6)
    assert [(part.number, part.rows) for part in made.parts.all()] == [(1, 2), (2, 2), (3, 2)]


@pytest.mark.usefixtures("six")
def test_a_part_that_the_gateway_could_not_answer_with_is_halved(
    monkeypatch: pytest.MonkeyPatch, work_off_jobs: Callable[[], object]
) -> None:
    monkeypatch.setattr(exporting, "MAX_PART_BYTES", 1)
    made = jobs.start_export("youtube", {}, 6, User.objects.get(username="outreach"))
    work_off_jobs()

    assert [part.rows for part in made.parts.all()] == [1] * 6
