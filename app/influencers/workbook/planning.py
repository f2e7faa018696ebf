"""What becomes of each row of a workbook: a plan, made by reading alone. Preview and application make the same one."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q, Value
from django.db.models.functions import Lower

from app.campaigns.models import Campaign
from app.influencers.models import Account, DailyMetrics, Influencer, Tag
from app.influencers.platforms import adapter
from app.influencers.workbook.columns import BY_NAME, METRICS, OF_ACCOUNT, OF_INFLUENCER, CellError
from app.influencers.workbook.reading import Row
from app.influencers.workbook.region_cells import RegionCells
from app.influencers.workbook.spelling import named, normalise
from app.regions.models import Region
from app.regions.written import written

_FIELD_OF_COLUMN = {"about": "notes"}

# Of what a row says of its influencer, column by column.
_HASHES = Struct(f"{len(OF_INFLUENCER)}q")
# What no hash is.
_ABSENT = -1

CREATED, UPDATED, UNCHANGED, REFUSED = "created", "updated", "unchanged", "refused"


@dataclass
class Plan:
    """A row, and what becomes of it.

    Attributes:
        changes: header, what it was and what it becomes.
        tags, campaigns, regions: what they are set to; None leaves them.
        metrics: to be recorded for the day of the row.
    """

    row: Row
    influencer: Influencer | None = None
    account: Account | None = None
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    tags: list[str] | None = None
    campaigns: list[str] | None = None
    regions: list[Region] | None = None
    metrics: dict[str, int] = field(default_factory=dict)
    is_new: bool = False

    @property
    def outcome(self) -> str:
        if self.row.problems:
            return REFUSED
        if self.is_new:
            return CREATED
        return UPDATED if self.changes else UNCHANGED

    @property
    def day(self) -> dt.date:
        """Of the metrics; there is one if there are metrics."""
        day = self.row.values["measured_on"]
        assert isinstance(day, dt.date)  # noqa: S101 - by its column
        return day

    def change(self, name: str, old: object, new: object) -> None:
        labels = dict(BY_NAME[name].choices)
        separator = "; " if name == "regions" else ", "
        was, becomes = (labels.get(str(value)) or _shown(value, separator) for value in (old, new))
        self.changes.append((BY_NAME[name].header, was, becomes))


def _shown(value: object, separator: str) -> str:
    if isinstance(value, list):
        return separator.join(map(str, value))
    return "" if value is None else str(value)


class Planner:
    """Plans the rows of one sheet, block by block, in their order; remembers what earlier rows said."""

    def __init__(self, letters: dict[str, str]) -> None:
        self._letters = letters
        # By hashes and of hashes: of 150,000 rows the texts would be most of a function's memory.
        self._row_of_account: dict[int, int] = {}
        self._said: dict[int, tuple[int, bytes]] = {}
        self._regions = RegionCells()

    def plan(self, rows: Iterable[Row]) -> list[Plan]:
        """Read what the database has of these rows, and decide."""
        rows = list(rows)
        for row in rows:
            self.look_at(row)
        block = _Block(rows, self._letters, self._regions)
        return [block.plan(row) for row in rows]

    def look_at(self, row: Row) -> None:
        """Normalise a row and hold it against those before it; of rows that are not planned, this alone is needed."""
        normalise(row, self._letters)
        values = row.values
        key = (values["platform"], values["handle"]) if values.get("handle") else None
        for known in filter(None, (key, values.get("id"))):
            first = self._row_of_account.setdefault(hash(known), row.number)
            if first != row.number:
                self._problem(row, "handle", f"this account is in row {first} already")
        self._hold_to_earlier(row, has_account=key is not None or bool(row.problems))

    def _hold_to_earlier(self, row: Row, *, has_account: bool) -> None:
        """The same influencer may stand in many rows, which have to agree."""
        values = row.values
        who = values.get("influencer_id") or (str(values.get("name")).casefold(), values.get("phone"))
        said = _hashes(values)
        first, earlier = self._said.setdefault(hash(who), (row.number, said))
        if first == row.number:
            return
        if not has_account:
            self._problem(row, "name", f"this influencer is in row {first} already")
        for name, was, becomes in zip(
            OF_INFLUENCER, _HASHES.unpack(earlier), _HASHES.unpack(said), strict=True
        ):
            # Without an identifier the name says who it is, in any case of letters.
            may_differ = name == "name" and not values.get("influencer_id")
            if not may_differ and _ABSENT not in {was, becomes} and was != becomes:
                self._problem(row, name, f"row {first} says something else of the same influencer")

    def _problem(self, row: Row, name: str, message: str) -> None:
        row.problems.append(named(row, self._letters, name, message))


def _hashes(values: dict[str, Any]) -> bytes:
    """What a row says of its influencer, in a few bytes."""
    return _HASHES.pack(*(hash(str(values[name])) if name in values else _ABSENT for name in OF_INFLUENCER))


class _Block:
    """Some rows beside all that the database has of them, fetched by a constant number of queries."""

    def __init__(self, rows: list[Row], letters: dict[str, str], regions: RegionCells) -> None:
        self._letters = letters
        self._regions = regions
        regions.look_up({name for row in rows for name in _listed(row, "regions")})
        self._accounts = _accounts(rows)
        self._account_by_id = {account.pk: account for account in self._accounts.values()}
        self._influencers = {row.pk: row for row in _influencers(rows, self._accounts.values())}
        self._by_name: dict[str, list[Influencer]] = defaultdict(list)
        for influencer in self._influencers.values():
            self._by_name[influencer.name.lower()].append(influencer)
        self._original = {row.pk: copy(row) for row in self._influencers.values()}
        self._measured = _measured(rows, self._account_by_id)
        slugs = {slug for row in rows for slug in _listed(row, "campaigns")}
        self._campaigns = set(Campaign.objects.filter(slug__in=slugs).values_list("slug", flat=True))

    def plan(self, row: Row) -> Plan:
        plan = Plan(row)
        if not row.problems:
            self._find_account(plan)
        if not row.problems:
            self._find_influencer(plan)
        if not row.problems and plan.influencer:
            shared = [(kept, dict(vars(kept))) for kept in (plan.influencer, plan.account) if kept]
            self._set_influencer(plan)
            self._set_account(plan)
            if row.problems:
                _restore(shared)
            else:
                self._remember(plan.influencer)
        return plan

    def _remember(self, influencer: Influencer) -> None:
        """A later row of this name means the same one."""
        same_name = self._by_name[influencer.name.lower()]
        if influencer not in same_name:
            same_name.append(influencer)

    def _refuse(self, plan: Plan, name: str, message: str) -> None:
        plan.row.problems.append(named(plan.row, self._letters, name, message))

    def _find_account(self, plan: Plan) -> None:
        values = plan.row.values
        key = (str(values["platform"]), str(values.get("handle")))
        by_key = self._accounts.get(key)
        plan.account = by_key
        if not (identifier := values.get("id")):
            return
        plan.account = self._account_by_id.get(int(str(identifier)))
        if plan.account is None:
            self._refuse(plan, "id", f"there is no account {identifier}; leave the cell empty for a new one")
        elif plan.account.platform != key[0]:
            self._refuse(
                plan, "platform", f"account {identifier} is on {plan.account.get_platform_display()}"
            )
        elif by_key and by_key != plan.account:
            self._refuse(plan, "handle", f"account {by_key.pk} has this handle already")

    def _find_influencer(self, plan: Plan) -> None:
        values = plan.row.values
        name, phone = str(values["name"]), str(values.get("phone") or "")
        if identifier := values.get("influencer_id"):
            plan.influencer = self._influencers.get(int(str(identifier)))
            if plan.influencer is None:
                self._refuse(
                    plan,
                    "influencer_id",
                    f"there is no influencer {identifier}; leave the cell empty for a new one",
                )
            elif self._another(plan.influencer, name, phone):
                self._refuse(plan, "name", "another influencer has this name and telephone number already")
            return
        same_name = self._by_name[name.lower()]
        plan.influencer = next((known for known in same_name if known.phone == phone), None)
        if plan.influencer is None and not phone:
            self._find_by_name(plan, same_name)
        if plan.influencer is None and not plan.row.problems:
            plan.influencer = Influencer(name=name, phone=phone)

    def _find_by_name(self, plan: Plan, same_name: list[Influencer]) -> None:
        """Without a number, the account's own influencer is meant, or the only one of that name."""
        own = plan.account.influencer_id if plan.account else None
        plan.influencer = next((known for known in same_name if own and known.pk == own), None)
        if plan.influencer is None and len(same_name) == 1:
            plan.influencer = same_name[0]
        elif plan.influencer is None and same_name:
            self._refuse(
                plan, "phone", f"{len(same_name)} influencers have this name: give the telephone number"
            )

    def _another(self, influencer: Influencer, name: str, phone: str) -> bool:
        return any(
            known.phone == phone and known.name.lower() == name.lower() and known.pk != influencer.pk
            for known in self._by_name[name.lower()]
        )

    def _set_influencer(self, plan: Plan) -> None:
        influencer, values = plan.influencer, plan.row.values
        assert influencer is not None  # noqa: S101 - for mypy: it was found, or the row has a problem
        if not values.get("handle"):
            plan.is_new = influencer.pk is None
        for name in ("name", "phone", "about"):
            has_identifier = bool(values.get("influencer_id"))
            is_meant = name in values and (has_identifier or name == "about")
            if is_meant:
                self._assign(plan, influencer, name, self._original.get(influencer.pk, influencer))
        unknown = [slug for slug in _listed(plan.row, "campaigns") if slug not in self._campaigns]
        if unknown:
            self._refuse(plan, "campaigns", f"there is no campaign {', '.join(unknown)}")
        elif "campaigns" in values:
            had = sorted(campaign.slug for campaign in influencer.campaigns.all()) if influencer.pk else []
            plan.campaigns = self._listed_change(plan, "campaigns", had, _listed(plan.row, "campaigns"))
        if "regions" in values:
            self._set_regions(plan, list(influencer.regions.all()) if influencer.pk else [])
        self._clean(plan, influencer, OF_INFLUENCER, exclude=())

    def _set_regions(self, plan: Plan, own: list[Region]) -> None:
        try:
            chosen = self._regions.chosen(_listed(plan.row, "regions"), own)
        except CellError as error:
            self._refuse(plan, "regions", str(error))
            return
        had, wanted = (sorted(map(written, regions)) for regions in (own, chosen))
        if self._listed_change(plan, "regions", had, wanted) is not None:
            plan.regions = chosen

    def _set_account(self, plan: Plan) -> None:
        values = plan.row.values
        if not values.get("handle") or plan.influencer is None:
            plan.account = None
            return
        account = plan.account or Account(platform=str(values["platform"]), handle=str(values["handle"]))
        plan.is_new = plan.account is None
        plan.account = account
        self._hand_over(plan, account, plan.influencer)
        self._follow_handle(plan, account)
        for name in ("handle", "email", "url", "status", "notes"):
            # An empty status leaves what it was; a new account has the first.
            if name in values and (values[name] or name != "status"):
                self._assign(plan, account, name, account)
        if "tags" in values:
            had = sorted(tag.name for tag in account.tags.all()) if account.pk else []
            plan.tags = self._listed_change(plan, "tags", had, _listed(plan.row, "tags"))
            self._check_tags(plan)
        self._set_metrics(plan, account)
        self._clean(plan, account, OF_ACCOUNT, exclude=("influencer",))

    def _hand_over(self, plan: Plan, account: Account, influencer: Influencer) -> None:
        if account.pk and account.influencer_id != influencer.pk:
            plan.change("name", self._influencers.get(account.influencer_id, ""), influencer)
        account.influencer = influencer

    def _follow_handle(self, plan: Plan, account: Account) -> None:
        """An address that followed from the handle does so again."""
        values, link = plan.row.values, adapter(account.platform).link
        if values.get("url", account.url) in {"", link(account.handle)}:
            values["url"] = link(str(values["handle"]))

    def _assign(
        self, plan: Plan, row: Account | Influencer, name: str, original: Account | Influencer
    ) -> None:
        """Set a column, and say so: two rows of one influencer both change what was, not each other's value."""
        attribute = _FIELD_OF_COLUMN.get(name, name)
        old, new = getattr(original, attribute), plan.row.values[name]
        if old != new:
            if row.pk:
                plan.change(name, old, new)
            setattr(row, attribute, new)

    def _listed_change(self, plan: Plan, name: str, had: list[str], wanted: list[str]) -> list[str] | None:
        if wanted == had:
            return None
        if had or not plan.is_new:
            plan.change(name, had, wanted)
        return wanted

    def _check_tags(self, plan: Plan) -> None:
        try:
            for name in plan.tags or ():
                Tag(name=name).clean_fields()
        except ValidationError as error:
            self._refuse(plan, "tags", " ".join(error.messages))

    def _set_metrics(self, plan: Plan, account: Account) -> None:
        values = plan.row.values
        day = values.get("measured_on")
        given = {name: value for name in METRICS if isinstance(value := values.get(name), int)}
        is_newest = day is None or day == account.measured_on
        plan.metrics = {
            name: value
            for name, value in given.items()
            if not (is_newest and getattr(account, name) == value)
        }
        if plan.metrics and day is None:
            self._refuse(
                plan, "measured_on", "the day on which this was measured is missing: give it in “Measured on”"
            )
        for name, value in plan.metrics.items():
            if account.pk and not self._is_recorded(account, day, name, value):
                plan.change(name, getattr(account, name), value)

    def _is_recorded(self, account: Account, day: object, name: str, value: int) -> bool:
        known = self._measured.get((account.pk, day))
        return account.measured_on != day and known is not None and getattr(known, name) == value

    def _clean(
        self, plan: Plan, row: Account | Influencer, columns: Iterable[str], exclude: Iterable[str]
    ) -> None:
        try:
            row.clean_fields(exclude={*exclude})
        except ValidationError as error:
            names = {_FIELD_OF_COLUMN.get(name, name): name for name in columns}
            for attribute, messages in error.message_dict.items():
                self._refuse(plan, names.get(attribute, attribute), " ".join(messages))


def _restore(shared: Iterable[tuple[Account | Influencer, dict[str, Any]]]) -> None:
    """Take back what a refused row set: other rows of the block write the same objects."""
    for row, attributes in shared:
        for name, value in attributes.items():
            setattr(row, name, value)


def _listed(row: Row, name: str) -> list[str]:
    value: Any = row.values.get(name)
    return value if isinstance(value, list) else []


def _accounts(rows: list[Row]) -> dict[tuple[str, str], Account]:
    handles = defaultdict(set)
    for row in rows:
        if row.values.get("handle"):
            handles[str(row.values["platform"])].add(row.values["handle"])
    wanted = Q(pk__in={row.values["id"] for row in rows if row.values.get("id")})
    for platform, names in handles.items():
        wanted |= Q(platform=platform, handle__in=names)
    found = Account.objects.filter(wanted).prefetch_related("tags")
    return {(account.platform, account.handle): account for account in found}


def _measured(rows: list[Row], accounts: Iterable[int]) -> dict[tuple[int, object], DailyMetrics]:
    """What is known of these accounts on the days that the rows name."""
    days = {day for row in rows if isinstance(day := row.values.get("measured_on"), dt.date)}
    found = DailyMetrics.objects.filter(account__in=accounts, day__in=days)
    return {(metrics.account_id, metrics.day): metrics for metrics in found}


def _influencers(rows: list[Row], accounts: Iterable[Account]) -> Iterable[Influencer]:
    identifiers = {row.values["influencer_id"] for row in rows if row.values.get("influencer_id")}
    identifiers |= {account.influencer_id for account in accounts}
    names = {str(row.values.get("name", "")) for row in rows}
    # By the database: Python's lower case and its own differ for a few letters.
    by_name = Q(key__in=[Lower(Value(name)) for name in names])
    found = Influencer.objects.annotate(key=Lower("name")).filter(Q(pk__in=identifiers) | by_name)
    return found.prefetch_related("campaigns", Prefetch("regions", Region.objects.to_be_written()))
