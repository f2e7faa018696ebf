"""The bill of what Terraform really plans, and the page that shows it."""

import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from ops import plans, terraform
from ops.cost import bill, edge, page
from ops.plans import Resource
from tests.terraform.plans import skipped_without_terraform


@cache
def planned(environment: str, *arguments: str) -> Sequence[Resource]:
    with skipped_without_terraform():
        return edge.planned(plans.offline(environment, *arguments))


@pytest.mark.parametrize(("requests", "ceiling"), [(30_000, 17), (1_000_000, 22)])
def test_production_stays_below_what_it_may_cost(requests: int, ceiling: float) -> None:
    assert 10 < bill.make("prod", planned("prod"), requests).total_usd <= ceiling


# What docs/operating.md leads to: a domain that sends mail, somebody who hears of alarms, a CDN in front.
AS_IT_SERVES = (
    "-var=mail_domain=example.org",
    "-var=alarm_email=team@example.org",
    '-var=stages={prod={cdn={domain="example.org"},upload_handler="app.uploads.events.received"}}',
)


def test_production_stays_below_it_with_mail_alarms_and_a_domain_in_front() -> None:
    assert bill.over_budget("prod", planned("prod", *AS_IT_SERVES)) == []


@pytest.mark.parametrize("environment", ["prod", "nonprod"])
def test_no_environment_is_over_its_budget(environment: str) -> None:
    assert bill.over_budget(environment, planned(environment)) == []


def test_a_switch_that_costs_shows_in_the_bill() -> None:
    plain = bill.make("prod", planned("prod"), 30_000).total_usd
    switched = bill.make("prod", planned("prod", "-var=database_multi_az=true"), 30_000).total_usd
    assert switched - plain == pytest.approx(13.98)
    assert bill.over_budget("prod", planned("prod", "-var=database_multi_az=true")) != []


@pytest.mark.parametrize(
    ("switch", "usd"),
    [
        ("database_read_replica=true", 14.08),
        ("database_backup_region=us-west-2", 3.30),
        ("database_aurora={}", 30.72),
        ("mail_domain=example.org", 0.20),
    ],
)
def test_the_page_of_switches_says_what_the_plan_with_the_switch_costs(switch: str, usd: float) -> None:
    plain, switched = (
        bill.make("prod", planned("prod", *arguments), 30_000).list_usd
        for arguments in ((), (f"-var={switch}",))
    )
    assert switched - plain == pytest.approx(usd, abs=0.005)
    name = switch.partition("=")[0]
    (row,) = (line for line in page.PAGE.read_text(encoding="utf-8").splitlines() if f"`{name}" in line)
    assert f"| +{usd:.2f} |" in row


def test_a_cdn_with_a_firewall_that_a_deploy_will_make_shows_in_the_bill() -> None:
    with_cdn = planned("prod", "-var=stages={prod={cdn={waf=true}}}")
    (plain, behind) = (bill.make("prod", resources, 1_000_000) for resources in (planned("prod"), with_cdn))
    added = {one.price for one in behind.lines} - {one.price for one in plain.lines}
    assert added == {
        "cloudfront_gb",
        "cloudfront_request",
        "cloudfront_function_call",
        "cloudfront_store_read",
        "web_acl",
        "web_acl_rule",
        "web_acl_request",
    }
    assert bill.over_budget("prod", with_cdn) != []


PLANTED = """
resource "aws_eip" "planted" {}
resource "aws_nat_gateway" "planted" {
  allocation_id = aws_eip.planted.id
  subnet_id     = "subnet-1"
}
"""


def test_a_nat_gateway_that_somebody_plants_breaks_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "terraform"
    shutil.copytree(
        terraform.TERRAFORM, folder, ignore=shutil.ignore_patterns(".terraform", "tests", "edge", "bootstrap")
    )
    (folder / "planted.tf").write_text(PLANTED)
    monkeypatch.setattr(terraform, "TERRAFORM", folder)
    with skipped_without_terraform():
        plan = plans.offline.__wrapped__("prod")
    (problem, _) = bill.over_budget("prod", edge.planned(plan))
    assert "over the $17.00" in problem


def test_the_page_says_what_the_command_says() -> None:
    planned("prod")
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text) == text, "Run `make cost-page`."
