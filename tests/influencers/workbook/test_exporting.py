"""An export by its job: in parts, and safe to be killed."""

from collections.abc import Callable
from typing import Any

import pytest

from app.accounts.models import User
from app.influencers.models import Account
from app.influencers.workbook import exporting, jobs
from app.influencers.workbook.writing import write
from tests.influencers.workbook.conftest import Book, Upload
from tests.influencers.workbook.uploads import applied, five


def test_an_export_is_cut_into_parts_and_begins_anew_when_killed(
    ada: Account,
    upload: Upload,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    work_off_jobs: Callable[[], object],
) -> None:
    applied(upload(five(book)))
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


def test_a_part_that_the_gateway_could_not_answer_with_is_halved(
    ada: Account,
    upload: Upload,
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    work_off_jobs: Callable[[], object],
) -> None:
    applied(upload(five(book)))
    monkeypatch.setattr(exporting, "MAX_PART_BYTES", 1)
    made = jobs.start_export("youtube", {}, 6, User.objects.get(username="outreach"))
    work_off_jobs()

    assert [part.rows for part in made.parts.all()] == [1] * 6
