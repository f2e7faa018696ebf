"""One environment's bill of materials: every line with its quantity, price and source."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ops.cost import figures, resources, traffic
from ops.cost.resources import Use
from ops.plans import Resource

REQUESTS = (30_000, 1_000_000, 10_000_000, 100_000_000)

# What is always free is so once for an account, and nonprod may share production's.
_WITH_ALLOWANCES = {"prod"}


@dataclass(frozen=True)
class Line:
    """One line of a bill, a month.

    Attributes:
        what: for its reader.
        where: the resource's address, or who makes it.
        price: its name in prices.toml.
        quantity: of `unit`; negative if it is always free.
        unit: what the price is for.
        unit_usd: the price in US dollars.
        usd: quantity times price.
        source: AWS's page that states the price or the allowance.
        verified: what was read; empty if the price could not be verified.
    """

    what: str
    where: str
    price: str
    quantity: float
    unit: str
    unit_usd: float
    usd: float
    source: str
    verified: str


@dataclass(frozen=True)
class Bill:
    """What an environment costs a month at so many requests, in US dollars."""

    environment: str
    requests: int
    lines: tuple[Line, ...]

    @property
    def total_usd(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def list_usd(self) -> float:
        """The same without what is always free."""
        return sum(line.usd for line in self.lines if line.usd > 0)


def make(environment: str, planned: Sequence[Resource], requests: int) -> Bill:
    """The bill of what a plan makes and Zappa adds; nothing is free where there is nothing.

    Raises:
        ops.cost.figures.CostError: something has no price.
    """
    if not planned:
        return Bill(environment, requests, ())
    used = [*resources.uses(planned), *traffic.uses(environment, planned, requests)]
    lines = [_line(use) for use in used]
    if environment in _WITH_ALLOWANCES:
        lines += _allowed(used)
    return Bill(environment, requests, tuple(lines))


def _line(use: Use) -> Line:
    price = figures.price(use.price)
    return Line(
        what=use.what,
        where=use.where,
        price=price.name,
        quantity=use.quantity,
        unit=price.per,
        unit_usd=price.usd,
        usd=use.quantity * price.usd,
        source=price.source,
        verified=price.seen,
    )


def _allowed(used: Iterable[Use]) -> list[Line]:
    quantities: defaultdict[str, float] = defaultdict(float)
    for use in used:
        quantities[use.price] += use.quantity
    lines = []
    for name, allowance in figures.allowances().items():
        quantity = min(quantities[name], allowance.quantity)
        if quantity:
            price = figures.price(name)
            lines.append(
                Line(
                    what=f"always free: {allowance.quantity:,} a month",
                    where="the account",
                    price=name,
                    quantity=-quantity,
                    unit=price.per,
                    unit_usd=price.usd,
                    usd=-quantity * price.usd,
                    source=allowance.source,
                    verified=allowance.seen,
                )
            )
    return lines


def over_budget(environment: str, planned: Sequence[Resource]) -> list[str]:
    """A sentence for each ceiling that is exceeded.

    Raises:
        ops.cost.figures.CostError: something has no price.
    """
    return [
        f"{environment} costs ${total:.2f} a month at {requests:,} requests, over the ${ceiling:.2f}"
        " of ops/cost/budgets.toml."
        for requests, ceiling in figures.budget(environment).items()
        if (total := make(environment, planned, requests).total_usd) > ceiling
    ]
