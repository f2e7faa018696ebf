"""The tables of docs/cost.md, which are what the command says."""

import re
from collections.abc import Iterator
from pathlib import Path

from ops import plans
from ops.cost import bill, edge, fargate, figures, report
from ops.cost.figures import assumed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cost.md"
_BLOCK = re.compile(r"<!-- (\w+): made by `make cost-page` -->\n.*?<!-- end -->", re.DOTALL)
_BREAK_EVEN_VOLUMES = (1_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000)

_HOURS = "hours_per_month"
_ONE_DATABASE = (("db.t4g.micro", 1.0, _HOURS), ("database_gp3_gb", 1.0, "database_gb"))
# A switch, and what it uses more in a month: price, count, and the assumption that it is counted in; empty for a month's price.
_SWITCHES = (
    (
        '`database_instance_class = "db.t4g.small"`',
        (("db.t4g.small", 1.0, _HOURS), ("db.t4g.micro", -1.0, _HOURS)),
    ),
    ("`database_multi_az = true`", _ONE_DATABASE),
    ("`database_proxy = true`", (("proxy_vcpu_hour", 2.0, _HOURS),)),
    ("`database_read_replica = true`", (*_ONE_DATABASE, ("alarm_metric", 1.0, ""))),
    (
        "`database_backup_region`",
        (
            ("backup_stored_gb", 1.0, "database_gb"),
            ("transfer_between_regions_gb", 1.0, "backup_gb_per_month"),
            ("encryption_key", 1.0, ""),
        ),
    ),
    (
        "`database_aurora = {}`, in place of the instance",
        (
            ("aurora_capacity_hour", 0.5, _HOURS),
            ("aurora_stored_gb", 1.0, "aurora_gb"),
            *((price, -count, unit) for price, count, unit in _ONE_DATABASE),
            ("alarm_metric", -1.0, ""),
        ),
    ),
    ("`mail_domain`", (("alarm_metric", 2.0, ""),)),
    ("`cdn = {}` of a stage, and what its visitors use", (("secret", 1.0, ""),)),
    ("`interface_endpoints`, each", (("interface_endpoint_hour", 2.0, _HOURS),)),
    (
        "a NAT gateway in each of two zones, which there is not",
        (("nat_gateway_hour", 2.0, _HOURS), ("public_ipv4_hour", 2.0, _HOURS)),
    ),
)


def write() -> None:
    """Put today's tables into the page.

    Raises:
        ops.cost.figures.CostError, ops.plans.PlanError, ops.terraform.UnavailableError: there is no bill.
    """
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}")


def filled(text: str) -> str:
    """A page with its blocks made anew."""
    made = dict(blocks())
    return _BLOCK.sub(lambda found: _block(found[1], made[found[1]]), text)


def _block(name: str, content: str) -> str:
    return f"<!-- {name}: made by `make cost-page` -->\n\n{content}\n\n<!-- end -->"


def blocks() -> Iterator[tuple[str, str]]:
    """Each block's name and content."""
    for environment in ("prod", "nonprod"):
        planned = edge.planned(plans.offline(environment))
        bills = [bill.make(environment, planned, requests) for requests in bill.REQUESTS]
        yield environment, report.as_markdown(bills)
    yield "assumptions", report.assumptions()
    yield "prices", f"List prices in {figures.region()} on {figures.priced_on()}.\n\n{report.prices()}"
    yield "fargate", _fargate()
    yield "switches", _switches()


def _fargate() -> str:
    table = report.comparison(fargate.compare_all(_BREAK_EVEN_VOLUMES))
    return f"{table}\n\nFargate is cheaper from about {fargate.cheaper_from() / 1e6:.1f} million requests a month on."


def _switches() -> str:
    counted_in = {**assumed(), "": 1.0}
    rows = [
        f"| {what} | {sum(figures.price(name).usd * count * counted_in[unit] for name, count, unit in parts):+.2f} |"
        for what, parts in _SWITCHES
    ]
    return "\n".join(["| switch | $ a month |", "| --- | ---: |", *rows])
