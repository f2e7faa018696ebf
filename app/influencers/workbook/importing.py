"""A workbook's way in: read, looked at, and then applied, block by block, so that a killed one goes on where it was."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from app.campaigns.models import Campaign
from app.influencers.models import Account, DailyMetrics, Influencer
from app.influencers.services import record_metrics, tags_named
from app.influencers.transfers import WorkbookImport
from app.influencers.workbook import files
from app.influencers.workbook.columns import BY_NAME, PROBLEM
from app.influencers.workbook.planning import CREATED, REFUSED, UNCHANGED, UPDATED, Plan, Planner
from app.influencers.workbook.reading import RefusedWorkbookError, Row, Sheet, open_sheet
from app.influencers.workbook.writing import write_cells

logger = logging.getLogger(__name__)

State = WorkbookImport.State

BLOCK_ROWS = 500
MOST_PROBLEMS = 500
MOST_CHANGES = 100
MOST_REFUSED_ROWS = 20_000
# Somebody else's change may come between a plan and its writing; then the plan is made again.
_ATTEMPTS = 3


def preview(pk: int) -> None:
    """Say what an import would do. Writes nothing but that; said twice, it says the same."""
    found = WorkbookImport.objects.filter(pk=pk, state=State.READING).first()
    if found is None:
        return
    try:
        with files.on_disk(found) as path, open_sheet(path) as sheet:
            outcome = _outcome(found, sheet)
    except RefusedWorkbookError as error:
        _end(found, state=State.REFUSED, refusal=str(error))
    else:
        WorkbookImport.objects.filter(pk=pk, state=State.READING).update(**outcome)


def apply(pk: int) -> None:
    """Write what the preview promised. Killed and called again it goes on; called once more it changes nothing.

    If the file can no longer be read, the import ends there and says so; what was applied stays.
    """
    found = WorkbookImport.objects.filter(pk=pk, state=State.APPLYING).first()
    if found is None:
        return
    try:
        with files.on_disk(found) as path, open_sheet(path) as sheet:
            is_whole = _apply_blocks(found, sheet)
    except RefusedWorkbookError as error:
        _end(found, state=State.CANCELLED, refusal=str(error))
    else:
        if is_whole:
            _end(found, state=State.DONE, reached=F("rows"))


def _apply_blocks(found: WorkbookImport, sheet: Sheet) -> bool:
    """False if the import was cancelled meanwhile."""
    planner = Planner(sheet.letters)
    for block in _blocks(sheet.rows):
        if block[-1].number <= found.reached:
            for row in block:
                planner.look_at(row)
        elif not _apply_block(found.pk, planner, block):
            return False
    return True


@transaction.atomic
def _end(found: WorkbookImport, **outcome: Any) -> None:
    """Write down how it ended, unless somebody else has ended it."""
    ending = WorkbookImport.objects.filter(pk=found.pk, state=found.state)
    ending.take_back_promises()
    if ending.update(content=b"", **outcome):
        files.forget(found)


def _outcome(found: WorkbookImport, sheet: Sheet) -> dict[str, Any]:
    planner = Planner(sheet.letters)
    tally: Counter[str] = Counter()
    problems: list[tuple[str, str]] = []
    changes: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    # Two may look at a small one at the same time; who is later than the preview's end has nothing more to say.
    reading = WorkbookImport.objects.filter(pk=found.pk, state=State.READING)
    reading.update(rows=sheet.total_rows)
    for block in _blocks(sheet.rows):
        for plan in planner.plan(block):
            tally[plan.outcome] += 1
            problems += _named(plan)[: MOST_PROBLEMS - len(problems)]
            if plan.outcome == REFUSED and len(refused) < MOST_REFUSED_ROWS:
                refused.append({**plan.row.cells, PROBLEM.name: _problem_text(plan)})
            if plan.outcome in {CREATED, UPDATED} and len(changes) < MOST_CHANGES:
                changes.append(_change(plan))
        reading.update(reached=block[-1].number)
    columns = (*(BY_NAME[name] for name in sheet.letters), PROBLEM)
    return {
        "state": State.PREVIEWED,
        "rows": sheet.total_rows,
        "reached": 0,
        "notices": sheet.notices,
        "problems": problems,
        "changes": changes,
        "refused_rows": write_cells(refused, columns) if refused else b"",
        **{outcome: tally[outcome] for outcome in (CREATED, UPDATED, UNCHANGED, REFUSED)},
    }


def _named(plan: Plan) -> list[tuple[str, str]]:
    # All of one row: so the shorter letters come first, as in the sheet.
    in_order = sorted(plan.row.problems, key=lambda problem: (len(problem.cell), problem.cell))
    return [(problem.cell, problem.message) for problem in in_order]


def _problem_text(plan: Plan) -> str:
    return "\n".join(map(str, plan.row.problems))


def _change(plan: Plan) -> dict[str, Any]:
    who = f"{plan.account}, {plan.influencer}" if plan.account else str(plan.influencer)
    return {"row": plan.row.number, "who": who, "outcome": plan.outcome, "changes": plan.changes}


def _blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while block := list(islice(rows, BLOCK_ROWS)):
        yield block


def _apply_block(pk: int, planner: Planner, block: list[Row]) -> bool:
    """False if the import was cancelled meanwhile."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                # Copies, because a plan leaves its marks on a row.
                return _write_block(pk, planner, [row.copy() for row in block])
        except IntegrityError:
            if attempt == _ATTEMPTS:
                raise
            logger.warning(
                "import %d: rows up to %d met another's change; planned again", pk, block[-1].number
            )
    return False


def _write_block(pk: int, planner: Planner, block: list[Row]) -> bool:
    # Another worker may be at the same import: one at a time, and each looks how far it has come.
    found = WorkbookImport.objects.select_for_update().defer("content", "refused_rows").get(pk=pk)
    if found.state != State.APPLYING:
        return False
    if block[-1].number <= found.reached:
        for row in block:
            planner.look_at(row)
        return True
    plans = planner.plan(block)
    write([plan for plan in plans if plan.outcome in {CREATED, UPDATED}])
    tally = Counter(plan.outcome for plan in plans)
    first = found.reached == 0
    for outcome in (CREATED, UPDATED, UNCHANGED, REFUSED):
        # The preview's numbers give way to what is done.
        setattr(found, outcome, tally[outcome] + (0 if first else getattr(found, outcome)))
    known = {tuple(problem) for problem in found.problems}
    news = [problem for plan in plans for problem in _named(plan) if problem not in known]
    found.problems = (found.problems + news)[:MOST_PROBLEMS]
    found.reached = block[-1].number
    found.save(update_fields=["reached", "problems", CREATED, UPDATED, UNCHANGED, REFUSED])
    return True


def write(plans: list[Plan]) -> None:
    """Write plans without problems; to be called in a transaction."""
    _write_influencers(plans)
    accounts = [plan for plan in plans if plan.account]
    new = [plan for plan in accounts if plan.account and not plan.account.pk]
    for plan in accounts:
        if plan.account and plan.account.pk:
            _write_changed(plan, plan.account)
    for plan in new:
        if plan.account:
            # The row was made before its influencer had a primary key.
            plan.account.influencer = plan.account.influencer
            _set_metrics_of(plan.account, plan)
    Account.objects.bulk_create(plan.account for plan in new if plan.account)
    DailyMetrics.objects.bulk_create(_metrics(new))
    _write_tags(new)


def _write_influencers(plans: list[Plan]) -> None:
    influencers = {id(plan.influencer): plan.influencer for plan in plans if plan.influencer}
    new = [row for row in influencers.values() if not row.pk]
    Influencer.objects.bulk_create(new)
    created = {id(row) for row in new}
    changed = {id(plan.influencer) for plan in plans if plan.changes} - created
    for identifier in changed:
        influencers[identifier].save()
    by_slug = {campaign.slug: campaign for campaign in _campaigns(plans)}
    carried = [
        (plan.influencer, [by_slug[slug] for slug in plan.campaigns])
        for plan in plans
        if plan.campaigns is not None
    ]
    _relate("campaigns", "campaign", carried, created)
    regions = [(plan.influencer, plan.regions) for plan in plans if plan.regions is not None]
    _relate("regions", "region", regions, created)


def _relate(
    relation: str, column: str, wanted: Iterable[tuple[Any, Iterable[Any]]], created: set[int]
) -> None:
    """Set a relation of influencers; of the new ones, who have nothing yet, all at once."""
    through = getattr(Influencer, relation).through
    new = []
    for influencer, rows in wanted:
        if id(influencer) in created:
            new += [through(**{"influencer": influencer, column: row}) for row in rows]
        else:
            getattr(influencer, relation).set(rows)
    # Several rows of one influencer say the same.
    through.objects.bulk_create(new, ignore_conflicts=True)


def _campaigns(plans: list[Plan]) -> Iterable[Campaign]:
    slugs = {slug for plan in plans for slug in plan.campaigns or ()}
    return Campaign.objects.filter(slug__in=slugs) if slugs else ()


def _write_changed(plan: Plan, account: Account) -> None:
    account.influencer = account.influencer
    # The metrics are record_metrics' business.
    account.save(update_fields=["influencer", "handle", "email", "url", "status", "notes", "updated_at"])
    if plan.tags is not None:
        account.tags.set(tags_named(plan.tags))
    if plan.metrics:
        record_metrics(account, plan.day, plan.metrics, DailyMetrics.Source.IMPORT)


def _set_metrics_of(account: Account, plan: Plan) -> None:
    if plan.metrics:
        account.measured_on = plan.day
        for name, value in plan.metrics.items():
            setattr(account, name, value)


def _metrics(plans: list[Plan]) -> Iterator[DailyMetrics]:
    for plan in plans:
        if plan.metrics and plan.account:
            yield DailyMetrics(
                account=plan.account,
                day=plan.day,
                source=DailyMetrics.Source.IMPORT,
                **plan.metrics,
            )


def _write_tags(plans: list[Plan]) -> None:
    tags = {tag.name: tag for tag in tags_named({name for plan in plans for name in plan.tags or ()})}
    through = Account.tags.through
    through.objects.bulk_create(
        through(account=plan.account, tag=tags[name])
        for plan in plans
        if plan.account
        for name in plan.tags or ()
    )
