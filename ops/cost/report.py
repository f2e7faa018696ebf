"""A bill as JSON, as a table for a terminal, as docs/cost.md has it, and as the difference that a plan makes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from ops.cost import figures
from ops.cost.bill import Bill, Line
from ops.cost.fargate import Comparison

_CENT = 0.005
_SPELLED = {
    "api": "API",
    "cloudfront": "CloudFront",
    "dynamodb": "DynamoDB",
    "gb": "GB",
    "http": "HTTP",
    "ipv4": "IPv4",
    "lambda": "Lambda",
    "nat": "NAT",
    "rest": "REST",
    "s3": "S3",
    "vcpu": "vCPU",
}


def as_json(bills: Iterable[Bill]) -> str:
    """`{"at_requests_per_month": {"30000": {"total_usd", "lines": […]}, …}}`."""
    by_requests = {
        str(bill.requests): {
            "total_usd": round(bill.total_usd, 2),
            "lines": [asdict(line) for line in bill.lines],
        }
        for bill in bills
    }
    return json.dumps({"at_requests_per_month": by_requests}, indent=2)


def as_text(bills: Sequence[Bill]) -> str:
    """One environment's bills side by side."""
    rows = [_head(bills), *_rows(bills)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    title = (
        f"{bills[0].environment}: US dollars a month, prices of {figures.priced_on()} in {figures.region()}"
    )
    lines = ["  ".join([row[0].ljust(widths[0]), *_right(row, widths)]).rstrip() for row in rows]
    return "\n".join([title, "", *lines])


def _right(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]


def as_markdown(bills: Sequence[Bill]) -> str:
    """The same as a table."""
    return _table([_head(bills), *_rows(bills)])


def _head(bills: Sequence[Bill]) -> list[str]:
    return ["requests a month", *(f"{bill.requests:,}" for bill in bills)]


def _rows(bills: Sequence[Bill]) -> list[list[str]]:
    """A row for each price, then the sums."""
    charged = [_by_price(line for line in bill.lines if line.usd >= 0) for bill in bills]
    allowed = [_by_price(line for line in bill.lines if line.usd < 0) for bill in bills]
    rows = [_row(_label(name), charged, name) for name in _names(charged)]
    rows.append(["at list prices", *(_usd(bill.list_usd) for bill in bills)])
    rows += [_row(f"always free: {_label(name)}", allowed, name) for name in _names(allowed)]
    rows.append(["total", *(_usd(bill.total_usd) for bill in bills)])
    return rows


def _by_price(lines: Iterable[Line]) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        sums[line.price] += line.usd
    return sums


def _names(sums: Iterable[dict[str, float]]) -> list[str]:
    return list(dict.fromkeys(name for one in sums for name in one))


def _row(label: str, sums: Iterable[dict[str, float]], name: str) -> list[str]:
    return [label, *(_usd(one.get(name, 0)) for one in sums)]


def _label(name: str) -> str:
    return " ".join(_SPELLED.get(word, word) for word in name.split("_"))


def _usd(amount: float) -> str:
    # Half a cent and less rounds to nothing, and nothing has no sign.
    return f"{round(amount, 2) + 0:,.2f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *body])


def assumptions() -> str:
    """The table of assumptions."""
    rows = [[one.name, f"{one.value:g}", one.unit, one.why] for one in figures.assumptions()]
    return _plain_table(["assumption", "value", "unit", "why"], rows)


def prices() -> str:
    """The table of prices with their sources."""
    allowances = figures.allowances()
    rows = [
        [
            one.name,
            f"{one.usd:.10f}".rstrip("0").rstrip("."),
            one.per,
            f"{allowances[one.name].quantity:,}" if one.name in allowances else "",
            f"[AWS]({one.source})",
            f"[read]({one.seen})" if one.seen else "no",
        ]
        for one in figures.prices().values()
    ]
    return _plain_table(["price", "$", "for each", "always free", "source", "verified"], rows)


def _plain_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def comparison(rows: Iterable[Comparison]) -> str:
    """Functions and tasks side by side."""
    head = ["requests a month", "REST API + Lambda", "HTTP API + Lambda", "Fargate + load balancer", "tasks"]
    cells = [
        [
            f"{one.requests:,}",
            _usd(one.rest_api_usd),
            _usd(one.http_api_usd),
            _usd(one.fargate_usd),
            str(one.tasks),
        ]
        for one in rows
    ]
    return _table([head, *cells])


def difference(before: Sequence[Bill], after: Sequence[Bill]) -> str:
    """What a plan changes of the bill, as markdown: the totals, and at the first volume the prices that differ."""
    totals = [
        [
            f"{new.requests:,}",
            _usd(old.total_usd),
            _usd(new.total_usd),
            _signed(new.total_usd - old.total_usd),
        ]
        for old, new in zip(before, after, strict=True)
    ]
    parts = [_table([["requests a month", "before, $", "after, $", "difference, $"], *totals])]
    old, new = _by_price(before[0].lines), _by_price(after[0].lines)
    moved = [
        [_label(name), _usd(old.get(name, 0)), _usd(new.get(name, 0)), _signed(change)]
        for name in _names([new, old])
        if abs(change := new.get(name, 0) - old.get(name, 0)) > _CENT
    ]
    if moved:
        head = [f"at {after[0].requests:,} requests", "before, $", "after, $", "difference, $"]
        parts.append(_table([head, *moved]))
    return "\n\n".join(parts)


def _signed(amount: float) -> str:
    return f"{round(amount, 2) + 0:+,.2f}"
