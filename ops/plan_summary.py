"""A plan as a comment under a pull request: what is lost on top, then the bill, then what changes, without secrets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ops.cost import bill, edge, report
from ops.cost.figures import CostError
from ops.plan_values import changes, code, visible
from ops.plans import PlanJson

# GitHub refuses a comment above 65,536 characters.
LIMIT = 65_536
# Of which commit and run it is, ops/github.py says below it.
ROOM_BELOW = 600

# What holds data, or a name that nobody gets back; the worst to lose first.
STATEFUL = {
    "aws_db_instance": "a database",
    "aws_rds_cluster": "a database",
    "aws_db_snapshot": "a snapshot",
    "aws_s3_bucket": "a bucket with its files",
    "aws_kms_key": "a key, and all that it encrypts",
    "aws_secretsmanager_secret": "a secret",
    "aws_dynamodb_table": "a table",
    "aws_cognito_user_pool": "accounts",
    "aws_route53_zone": "a zone with its records",
    "aws_efs_file_system": "files",
    "aws_s3_object": "a file",
    "aws_ecr_repository": "images",
    "aws_cloudwatch_log_group": "logs",
}


class Deed(Enum):
    """What happens to a resource: words for a person, and the sign that GitHub colours a line by."""

    DESTROY = ("destroy", "-")
    REPLACE = ("replace", "!")
    CHANGE = ("change", "!")
    CREATE = ("create", "+")
    FORGET = ("leave to itself", "!")
    MOVE = ("move", "#")

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def sign(self) -> str:
        return self.value[1]


@dataclass(frozen=True)
class Planned:
    """One resource that does not stay as it is."""

    deed: Deed
    address: str
    type: str
    change: Mapping[str, Any]
    previous_address: str = ""

    @property
    def is_lost(self) -> bool:
        return self.deed in {Deed.DESTROY, Deed.REPLACE}


def marker(environment: str) -> str:
    """The first line, by which the comment of an environment is found again."""
    return f"<!-- plan of {environment} -->"


def read(plan: PlanJson) -> list[Planned]:
    """All that does not stay as it is, the worst first."""
    found = [one for change in plan.get("resource_changes", []) if (one := _planned(change))]
    return sorted(found, key=_gravity)


def _gravity(one: Planned) -> tuple[int, int, str]:
    deeds, kinds = list(Deed), list(STATEFUL)
    kind = kinds.index(one.type) if one.type in STATEFUL else len(kinds)
    return deeds.index(one.deed), kind, one.address


def _planned(change: Mapping[str, Any]) -> Planned | None:
    if change.get("mode") != "managed":
        return None
    deed = _deed(change["change"]["actions"], moved="previous_address" in change)
    if deed is None:
        return None
    previous = str(change.get("previous_address", ""))
    return Planned(deed, change["address"], change["type"], change["change"], previous)


def _deed(actions: Sequence[str], *, moved: bool) -> Deed | None:
    match sorted(actions):
        case ["create", "delete"]:
            return Deed.REPLACE
        case ["create", "forget"] | ["forget"]:
            return Deed.FORGET
        case ["delete"]:
            return Deed.DESTROY
        case ["update"]:
            return Deed.CHANGE
        case ["create"]:
            return Deed.CREATE
        case _:
            return Deed.MOVE if moved else None


def markdown(environment: str, plan: PlanJson) -> str:
    """The comment, at most LIMIT characters with what stands below it."""
    planned = read(plan)
    head = [
        marker(environment),
        f"## Terraform plan of `{environment}`: {_counts(planned)}",
        *_losses(planned),
        *_problems(plan),
        *_cost(environment, plan),
    ]
    text = "\n\n".join(head)[: LIMIT - ROOM_BELOW]
    for section in [*_sections(planned), *_drift(plan, planned), *_outputs(plan)]:
        text += section.within(LIMIT - ROOM_BELOW - len(text))
    return f"{text}\n"


def _counts(planned: Sequence[Planned]) -> str:
    counted = {deed: sum(1 for one in planned if one.deed is deed) for deed in Deed}
    parts = [f"{count} to {deed.word}" for deed, count in counted.items() if count]
    return ", ".join(parts) or "no changes"


def _losses(planned: Iterable[Planned]) -> Iterator[str]:
    lost = [one for one in planned if one.is_lost]
    stateful = [one for one in lost if one.type in STATEFUL]
    others = [one for one in lost if one.type not in STATEFUL]
    if stateful:
        yield _alert("CAUTION", "This plan DESTROYS DATA. Nothing but a backup brings it back.", stateful)
    if others:
        yield _alert("WARNING", "This plan takes away what is there.", others)


_LONGEST_ALERT = 15


def _alert(kind: str, sentence: str, lost: Sequence[Planned]) -> str:
    lines = [f"> [!{kind}]", f"> **{sentence}**", ">"]
    lines += [f"> - {_loss(one)}" for one in lost[:_LONGEST_ALERT]]
    if len(lost) > _LONGEST_ALERT:
        lines.append(f"> - and {len(lost) - _LONGEST_ALERT} more")
    return "\n".join(lines)


def _loss(one: Planned) -> str:
    what = f" ({STATEFUL[one.type]})" if one.type in STATEFUL else ""
    if one.deed is Deed.DESTROY:
        return f"{code(one.address)}{what} is destroyed"
    reasons = [code(changed.path) for changed in changes(one.change) if changed.replaces]
    because = f" because of {', '.join(reasons[:3])}" if reasons else ""
    return f"{code(one.address)}{what} is destroyed and made anew{because}"


def _problems(plan: PlanJson) -> Iterator[str]:
    """What Terraform's own checks complain of."""
    messages = [
        problem["message"]
        for check in plan.get("checks", [])
        for instance in check.get("instances", [])
        for problem in instance.get("problems", [])
    ]
    if messages:
        yield "\n".join(f"> {code(' '.join(message.split()))}" for message in messages[:_LONGEST_ALERT])


def _cost(environment: str, plan: PlanJson) -> Iterator[str]:
    try:
        before, after = (
            [bill.make(environment, resources, requests) for requests in bill.REQUESTS]
            for resources in (edge.prior(plan), edge.planned(plan))
        )
        exceeded = bill.over_budget(environment, edge.planned(plan))
    except CostError as error:
        yield f"> [!WARNING]\n> **There is no bill.** {code(str(error))}"
        return
    if exceeded:
        yield "\n".join(["> [!WARNING]", *(f"> **{sentence}**" for sentence in exceeded)])
    now, then = before[0].total_usd, after[0].total_usd
    if all(new.total_usd == old.total_usd for old, new in zip(before, after, strict=True)):
        yield f"**Cost:** ${then:,.2f} a month at {bill.REQUESTS[0]:,} requests, as before"
    else:
        yield f"**Cost:** ${now:,.2f} → **${then:,.2f}** a month at {bill.REQUESTS[0]:,} requests ({then - now:+,.2f})"
        yield f"<details><summary>The bill</summary>\n\n{report.difference(before, after)}\n\n</details>"


@dataclass(frozen=True)
class _Section:
    """Lines that are folded away, in colours."""

    title: str
    lines: Sequence[str]
    is_open: bool = False

    def within(self, room: int) -> str:
        """As much of it as has room, and how many lines are missing."""
        fence = "`" * (3 + max((line.count("`") for line in self.lines), default=0))
        start = (
            f"\n\n<details{' open' if self.is_open else ''}><summary>{self.title}</summary>\n\n{fence}diff\n"
        )
        end = f"{fence}\n\n</details>"
        missing = "# and {} lines more: `make plan` shows them\n"
        room -= len(start) + len(end) + len(missing) + 10
        shown = list(_fitting(self.lines, room))
        body = "".join(f"{line}\n" for line in shown)
        if len(shown) < len(self.lines):
            body += missing.format(len(self.lines) - len(shown))
        return f"{start}{body}{end}" if room > 0 else ""


def _fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def _sections(planned: Sequence[Planned]) -> Iterator[_Section]:
    for deed in Deed:
        chosen = [one for one in planned if one.deed is deed]
        if chosen:
            lines = [line for one in chosen for line in _lines(one)]
            lines = lines if lines[-1] else lines[:-1]
            title = f"{deed.word.capitalize()}: {len(chosen)}"
            yield _Section(title, lines, is_open=deed in {Deed.DESTROY, Deed.REPLACE, Deed.CHANGE})


def _lines(one: Planned) -> Iterator[str]:
    origin = f"  (was {visible(one.previous_address)})" if one.previous_address else ""
    yield f"{one.deed.sign} {visible(one.address)}{origin}"
    if one.deed not in {Deed.CHANGE, Deed.REPLACE}:
        return
    for changed in changes(one.change):
        if one.deed is Deed.REPLACE and changed.after == "(known after apply)":
            # All that AWS gives out anew.
            continue
        forced = "  # this makes it anew" if changed.replaces else ""
        if changed.before:
            yield f"-     {changed.path}: {changed.before}{forced}"
        if changed.after:
            yield f"+     {changed.path}: {changed.after}{forced}"
    yield ""


def _drift(plan: PlanJson, planned: Iterable[Planned]) -> Iterator[_Section]:
    """What somebody changed by hand and this plan puts back; the rest is AWS filling in what nobody asked for."""
    put_back = {one.address for one in planned}
    lines = [
        f"! {visible(one.address)}: {what}"
        for change in plan.get("resource_drift", [])
        if (one := _planned(change))
        and (one.address in put_back or one.deed is Deed.DESTROY)
        and (what := _drifted(one))
    ]
    if lines:
        yield _Section(f"Changed outside Terraform: {len(lines)}", sorted(lines), is_open=True)


def _drifted(one: Planned) -> str:
    if one.deed is Deed.DESTROY:
        return "is gone"
    return ", ".join(changed.path for changed in changes(one.change))


def _outputs(plan: PlanJson) -> Iterator[_Section]:
    named = sorted(
        name for name, change in plan.get("output_changes", {}).items() if change["actions"] != ["no-op"]
    )
    if named:
        yield _Section(f"Outputs: {len(named)}", [f"! {visible(name)}" for name in named])
