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

# A switch, and how much more it uses: (what, price, quantity in a month in units of an hour).
_SWITCHES = (
    ('`database_instance_class = "db.t4g.small"`', (("db.t4g.small", 1.0), ("db.t4g.micro", -1.0))),
    ("`database_multi_az = true`", (("db.t4g.micro", 1.0), ("database_gp3_gb", 20 / 730))),
    ("`database_proxy = true`", (("proxy_vcpu_hour", 2.0),)),
    (
        "`database_read_replica = true`",
        (("db.t4g.micro", 1.0), ("database_gp3_gb", 20 / 730), ("alarm_metric", 1 / 730)),
    ),
    (
        "`database_backup_region`",
        (
            ("backup_stored_gb", 20 / 730),
            ("transfer_between_regions_gb", 20 / 730),
            ("encryption_key", 1 / 730),
        ),
    ),
    (
        "`database_aurora = {}`, in place of the instance",
        (
            ("aurora_capacity_hour", 0.5),
            ("aurora_stored_gb", 10 / 730),
            ("db.t4g.micro", -1.0),
            ("database_gp3_gb", -20 / 730),
            ("alarm_metric", -1 / 730),
        ),
    ),
    ("`mail_domain`", (("alarm_metric", 2 / 730),)),
    ("`cdn = {}` of a stage, and what its visitors use", (("secret", 1 / 730),)),
    ("`interface_endpoints`, each", (("interface_endpoint_hour", 2.0),)),
    (
        "a NAT gateway in each of two zones, which there is not",
        (("nat_gateway_hour", 2.0), ("public_ipv4_hour", 2.0)),
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
    hours = assumed()["hours_per_month"]
    rows = [
        f"| {what} | {sum(hours * figures.price(name).usd * count for name, count in parts):+.2f} |"
        for what, parts in _SWITCHES
    ]
    return "\n".join(["| switch | $ a month |", "| --- | ---: |", *rows])
