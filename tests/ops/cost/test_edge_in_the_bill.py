"""What terraform/edge costs, told from a plan of the platform."""

import re
from typing import Any

import pytest

from ops import terraform
from ops.cost import bill, edge
from ops.plans import Resource

MODULE = "\n".join(
    file.read_text() for file in sorted((terraform.TERRAFORM / "modules" / "cdn").glob("*.tf"))
)
PART_OF_ANOTHER = re.compile(r"_policy$|_origin_access_control$|^aws_acm_|^aws_route53_record$")


def plan(**stages: Any) -> dict[str, Any]:
    vpc = {"address": "aws_vpc.one", "mode": "managed", "type": "aws_vpc", "values": {}}
    return {
        "planned_values": {"root_module": {"resources": [vpc]}},
        "variables": {"stages": {"value": stages}},
    }


def usd(environment: str, resources: list[Resource], requests: int = 1_000_000) -> dict[str, float]:
    lines = bill.make(environment, resources, requests).lines
    return {one.price: one.usd for one in lines if one.usd >= 0}


def test_a_firewall_costs_itself_its_rules_and_each_request() -> None:
    prices = usd("prod", edge.planned(plan(prod={"cdn": {"waf": True}})))
    assert prices["web_acl"] + prices["web_acl_rule"] == pytest.approx(8)
    assert prices["web_acl_request"] == pytest.approx(0.60)


def test_behind_a_cdn_a_cold_start_reads_its_secret_as_well() -> None:
    plain, behind = (
        sum(
            one.quantity
            for one in bill.make("prod", resources, 1_000_000).lines
            if one.price == "secret_call"
        )
        for resources in (edge.planned(plan(prod={})), edge.planned(plan(prod={"cdn": {}})))
    )
    assert (plain, behind) == pytest.approx((30_000, 50_000))


@pytest.mark.parametrize("settings", [{}, {"cdn": None}, {"cdn": {"waf": True, "retired": True}}])
def test_a_stage_without_a_cdn_or_with_a_retired_one_has_no_edge(settings: dict[str, Any]) -> None:
    assert [one.type for one in edge.planned(plan(prod=settings))] == ["aws_vpc"]


def test_a_plan_without_stages_is_priced_as_it_is() -> None:
    assert edge.planned({"planned_values": {}}) == edge.prior({}) == []


def test_what_is_in_front_of_dev_takes_no_request_of_staging() -> None:
    prices = usd("nonprod", edge.planned(plan(dev={"cdn": {"waf": True}}, staging={})))
    assert prices["web_acl"] == pytest.approx(5)
    assert "transfer_out_gb" in prices
    assert not prices.keys() & {"cloudfront_request", "web_acl_request"}
    assert "cloudfront_request" in usd("nonprod", edge.planned(plan(dev={}, staging={"cdn": {}})))


def test_it_knows_all_that_the_module_makes() -> None:
    made = set(re.findall(r'^resource "(\w+)"', MODULE, re.MULTILINE))
    assert {kind for kind in made if not PART_OF_ANOTHER.search(kind)} == {*edge.MADE, edge.FIREWALL}
    assert len(re.findall(r"^ +AWSManagedRules\w+ += ", MODULE, re.MULTILINE)) == edge.FIREWALL_RULES
