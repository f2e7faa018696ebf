"""What a search found, as a workbook: at once if it is small, else as a job, in parts that the gateway can answer with."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from app.influencers.listing import accounts_asked_for, influencers_asked_for
from app.influencers.models import Account, Influencer, InfluencerQuerySet
from app.influencers.transfers import WorkbookExport, WorkbookImport
from app.influencers.workbook import files
from app.influencers.workbook.columns import Value
from app.influencers.workbook.region_cells import cell
from app.influencers.workbook.writing import write
from app.regions.models import Region

# More takes longer than somebody waits, and than the gateway does.
MOST_ROWS_AT_ONCE = 5000
PART_ROWS = 20_000
# Lambda answers with 6 MB at most, of which base64 and headers take their share.
MAX_PART_BYTES = 4 * 1024**2
KEEP_DAYS = 7
_FETCHED_ROWS = 1000

Record = dict[str, Value]


class OvertakenError(Exception):
    """Another worker is at the same export."""


def asked_for(platform: str, query: dict[str, Any]) -> Iterator[Record]:
    """Rows of the workbook.

    Args:
        platform: whose accounts; none for influencers with the accounts of all platforms.
        query: a validated AccountQuery, or InfluencerQuery.
    """
    if platform:
        return records(accounts_asked_for(platform, query))
    return records_of_influencers(influencers_asked_for(query))


def rows_asked_for(platform: str, query: dict[str, Any]) -> int:
    """How many rows `asked_for` will give."""
    if platform:
        return accounts_asked_for(platform, query).count()
    # Joined to the accounts, an influencer without any is a row too, as in the workbook.
    return influencers_asked_for(query).order_by().values_list("pk", "accounts__pk").count()


def records(accounts: QuerySet[Account]) -> Iterator[Record]:
    """Rows of the workbook, fetched as they are taken."""
    regions = Prefetch("influencer__regions", Region.objects.to_be_written())
    rows = accounts.select_related("influencer").prefetch_related("tags", "influencer__campaigns", regions)
    for account in rows.iterator(chunk_size=_FETCHED_ROWS):
        yield _of_influencer(account.influencer) | _of_account(account)


def records_of_influencers(influencers: InfluencerQuerySet) -> Iterator[Record]:
    """As `records`: a row for each account of each of them, and one for who has none."""
    for influencer in influencers.with_accounts().iterator(chunk_size=_FETCHED_ROWS):
        shared = _of_influencer(influencer)
        accounts = [_of_account(account) for account in influencer.accounts.all()]
        yield from (shared | account for account in accounts or [{}])


def _of_influencer(influencer: Influencer) -> Record:
    return {
        "influencer_id": influencer.pk,
        "name": influencer.name,
        "phone": influencer.phone,
        "about": influencer.notes,
        "campaigns": ", ".join(sorted(campaign.slug for campaign in influencer.campaigns.all())),
        "regions": cell(influencer.regions.all()),
    }


def _of_account(account: Account) -> Record:
    return {
        "id": account.pk,
        "platform": account.platform,
        "handle": account.shown_handle,
        "email": account.email,
        "url": account.url,
        "status": account.status,
        "tags": ", ".join(sorted(tag.name for tag in account.tags.all())),
        "notes": account.notes,
        "followers": account.followers,
        "daily_views": account.daily_views,
        "posts": account.posts,
        "measured_on": account.measured_on,
    }


def export(pk: int) -> None:
    """Write the parts of an export; called again it begins anew, and once it is done it does nothing.

    Raises:
        OvertakenError: another worker began anew, or wrote a part first; its parts are of another moment.
    """
    found = _begun_anew(pk)
    if found is None:
        return
    rows = asked_for(found.platform, found.query)
    # Keys alone: what is in the parts is megabytes each.
    kept: set[int] = set()
    while part := list(islice(rows, PART_ROWS)):
        for content, count in _fitting(part):
            with _ours(pk, kept) as export:
                kept.add(export.parts.create(number=len(kept) + 1, rows=count, content=content).pk)
                export.written += count
    with _ours(pk, kept) as export:
        export.is_done, export.rows = True, export.written


@transaction.atomic
def _begun_anew(pk: int) -> WorkbookExport | None:
    found = WorkbookExport.objects.select_for_update().filter(pk=pk, is_done=False).first()
    if found:
        found.parts.all().delete()
        found.written = 0
        found.save(update_fields=["written"])
    return found


@contextmanager
def _ours(pk: int, kept: set[int]) -> Iterator[WorkbookExport]:
    """The export, to be changed while nobody else does, if what it has are our parts and no others."""
    with transaction.atomic():
        found = WorkbookExport.objects.select_for_update().get(pk=pk)
        if set(found.parts.values_list("pk", flat=True)) != kept:
            raise OvertakenError(f"another worker writes export {pk}")
        yield found
        found.save(update_fields=["written", "is_done", "rows"])


def _fitting(rows: Sequence[Record]) -> Iterator[tuple[bytes, int]]:
    content = write(rows)
    if len(content) <= MAX_PART_BYTES or len(rows) == 1:
        yield content, len(rows)
        return
    middle = len(rows) // 2
    yield from _fitting(rows[:middle])
    yield from _fitting(rows[middle:])


def forget_old() -> None:
    """Delete files that nobody fetched or confirmed in time, and whom they named. An import's counts stay on record."""
    limit = timezone.now() - dt.timedelta(days=KEEP_DAYS)
    WorkbookExport.objects.filter(made_at__lt=limit).delete()
    old = WorkbookImport.objects.filter(made_at__lt=limit)
    with transaction.atomic():
        left = old.going_on()
        for found in left.select_for_update().only("key"):
            files.forget(found)
        left.take_back_promises()
        left.update(state=WorkbookImport.State.CANCELLED, content=b"")
    # What could not be deleted when its import was over.
    for found in old.over().exclude(key="").only("key"):
        files.forget(found)
    old.exclude(refused_rows=b"", problems=[], changes=[]).update(refused_rows=b"", problems=[], changes=[])
