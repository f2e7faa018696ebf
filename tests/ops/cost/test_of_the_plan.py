"""The bill of what Terraform really plans, and the page that shows it."""

from collections.abc import Sequence
from functools import cache

import pytest

from ops import plans, terraform
from ops.cost import bill, page
from ops.plans import Resource


@cache
def planned(environment: str, *arguments: str) -> Sequence[Resource]:
    try:
        return plans.planned(plans.offline(environment, *arguments))
    except terraform.UnavailableError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("requests", "ceiling"), [(30_000, 17), (1_000_000, 22)])
def test_production_stays_below_what_it_may_cost(requests: int, ceiling: float) -> None:
    assert 10 < bill.make("prod", planned("prod"), requests).total_usd <= ceiling


@pytest.mark.parametrize("environment", ["prod", "nonprod"])
def test_no_environment_is_over_its_budget(environment: str) -> None:
    assert bill.over_budget(environment, planned(environment)) == []


def test_a_switch_that_costs_shows_in_the_bill() -> None:
    plain = bill.make("prod", planned("prod"), 30_000).total_usd
    switched = bill.make("prod", planned("prod", "-var=database_multi_az=true"), 30_000).total_usd
    assert switched - plain == pytest.approx(13.98)
    assert bill.over_budget("prod", planned("prod", "-var=database_multi_az=true")) != []


def test_the_page_says_what_the_command_says() -> None:
    planned("prod")
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text) == text, "Run `make cost-page`."
