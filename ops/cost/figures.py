"""What the bill is made of: dated list prices, allowances, assumptions, budgets. The files beside this say where from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


class CostError(Exception):
    """There is no bill; the message says what to do."""


@dataclass(frozen=True)
class Price:
    """What one of something costs in US dollars.

    Attributes:
        name: in prices.toml.
        usd: for one unit.
        per: the unit.
        source: AWS's own page.
        seen: what was read when the table was made; empty if it could not be verified.
    """

    name: str
    usd: float
    per: str
    source: str
    seen: str


@dataclass(frozen=True)
class Allowance:
    """How many units of a price an account has for nothing each month."""

    name: str
    quantity: float
    source: str
    seen: str


@dataclass(frozen=True)
class Assumption:
    """One number that no plan tells."""

    name: str
    value: float
    unit: str
    why: str


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def priced_on() -> date:
    """When the table of prices was made."""
    made: date = _read("prices.toml")["date"]
    return made


def region() -> str:
    """Where the prices hold."""
    name: str = _read("prices.toml")["region"]
    return name


def prices() -> dict[str, Price]:
    return {name: Price(name, **values) for name, values in _read("prices.toml")["price"].items()}


def price(name: str) -> Price:
    """One price.

    Raises:
        CostError: the table has none of that name.
    """
    try:
        return prices()[name]
    except KeyError:
        raise CostError(
            f"{name} has no price: look it up on AWS's page, and add it with its source to ops/cost/prices.toml."
        ) from None


def allowances() -> dict[str, Allowance]:
    return {name: Allowance(name, **values) for name, values in _read("prices.toml")["allowance"].items()}


def assumptions() -> list[Assumption]:
    return [Assumption(name, **values) for name, values in _read("assumptions.toml").items()]


@cache
def assumed() -> Mapping[str, float]:
    """Values by name."""
    return {one.name: one.value for one in assumptions()}


def budget(environment: str) -> dict[int, float]:
    """The most that an environment may cost in US dollars, by requests a month."""
    ceilings = _read("budgets.toml").get(environment, {})
    return {int(requests): float(usd) for requests, usd in ceilings.items()}
