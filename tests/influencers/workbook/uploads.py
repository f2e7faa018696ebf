"""What tests of an import do with one, and what they look at."""

import datetime as dt
from typing import Any

from app.influencers.models import Account, DailyMetrics, Influencer, Tag
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import exporting, jobs
from tests.influencers.workbook.conftest import HEADERS, Book

State = WorkbookImport.State


def exported() -> list[dict[str, Any]]:
    return list(exporting.asked_for("youtube", {}))


def applied(done: WorkbookImport) -> WorkbookImport:
    jobs.confirm_import(done.pk)
    done.refresh_from_db()
    assert done.state == State.DONE
    return done


def counts(done: WorkbookImport) -> tuple[int, int, int, int]:
    return done.created, done.updated, done.unchanged, done.refused


def too_old(made_at: dt.datetime) -> dt.datetime:
    """So long before that it is kept no longer."""
    return made_at - dt.timedelta(days=exporting.KEEP_DAYS + 1)


def contents() -> list[Any]:
    """All that an import may write."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (
            Influencer,
            Account,
            DailyMetrics,
            Tag,
            Account.tags.through,
            Influencer.campaigns.through,
            Influencer.regions.through,
        )
    ]


def five(book: Book) -> bytes:
    return book([HEADERS, *(["YouTube", f"@person{number}", f"Person {number // 2}"] for number in range(5))])
