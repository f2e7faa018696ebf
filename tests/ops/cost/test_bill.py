"""What the bill holds, adds up, refuses."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from ops.cost import bill, fargate, figures, report, resources, traffic
from ops.cost.figures import CostError
from ops.plans import Resource


def resource(kind: str, **values: Any) -> Resource:
    return Resource(f"{kind}.one", kind, values)


DATABASE = resource("aws_db_instance", instance_class="db.t4g.micro", allocated_storage=20, multi_az=False)
SAMPLED = resource("aws_xray_sampling_rule", fixed_rate=0.05)


def line(made: bill.Bill, price: str) -> float:
    return sum(one.usd for one in made.lines if one.price == price and one.usd > 0)


def total(planned: Sequence[Resource], requests: int, environment: str = "prod") -> float:
    return bill.make(environment, planned, requests).total_usd


def test_a_database_costs_its_hours_and_its_storage() -> None:
    made = bill.make("prod", [DATABASE], 30_000)
    assert line(made, "db.t4g.micro") == pytest.approx(11.68)
    assert line(made, "database_gp3_gb") == pytest.approx(2.30)


def test_a_standby_doubles_the_database() -> None:
    standby = resource("aws_db_instance", instance_class="db.t4g.micro", allocated_storage=20, multi_az=True)
    assert total([standby], 30_000) - total([DATABASE], 30_000) == pytest.approx(13.98)


def test_a_million_requests_cost_three_and_a_half_dollars_at_the_gateway() -> None:
    assert line(bill.make("prod", [DATABASE], 1_000_000), "rest_api_request") == pytest.approx(3.50)


def test_the_total_is_the_sum_of_the_lines_and_each_line_its_quantity_times_its_price() -> None:
    made = bill.make("prod", [DATABASE, SAMPLED], 1_000_000)
    assert made.total_usd == pytest.approx(sum(one.quantity * one.unit_usd for one in made.lines))
    assert all(one.source.startswith("https://aws.amazon.com/") for one in made.lines)


def test_what_is_always_free_stands_apart_and_is_no_more_than_was_used() -> None:
    made = bill.make("prod", [DATABASE], 30_000)
    free = {one.price: -one.quantity for one in made.lines if one.usd < 0}
    used = {
        name: sum(one.quantity for one in made.lines if one.price == name and one.usd > 0) for name in free
    }
    assert "lambda_gb_second" in free
    assert {name for name in free if free[name] > used[name] + 1e-9} == set()
    assert made.list_usd > made.total_usd


def test_nothing_is_free_for_nonprod_which_may_share_the_account() -> None:
    made = bill.make("nonprod", [DATABASE], 30_000)
    assert made.list_usd == made.total_usd


def test_an_environment_that_is_not_there_costs_nothing() -> None:
    assert total([], 1_000_000) == 0


def test_a_nat_gateway_breaks_the_budget_of_production() -> None:
    planned = [DATABASE, SAMPLED]
    assert bill.over_budget("prod", planned) == []
    problems = bill.over_budget("prod", [*planned, resource("aws_nat_gateway"), resource("aws_eip")])
    assert len(problems) == 2
    assert "30,000 requests, over the $17.00" in problems[0]


def test_a_type_that_nobody_priced_stops_the_bill_and_is_named() -> None:
    with pytest.raises(CostError, match="aws_redshift_cluster"):
        bill.make("prod", [DATABASE, resource("aws_redshift_cluster")], 30_000)


def test_a_class_of_database_that_nobody_priced_stops_the_bill_and_is_named() -> None:
    large = resource("aws_db_instance", instance_class="db.r8g.large", allocated_storage=20)
    with pytest.raises(CostError, match=r"db\.r8g\.large has no price"):
        bill.make("prod", [large], 30_000)


def test_a_replica_costs_its_hours_and_its_sources_storage() -> None:
    replica = resource("aws_db_instance", instance_class="db.t4g.micro", replicate_source_db="one")
    assert total([replica], 30_000) == pytest.approx(total([DATABASE], 30_000))


def test_each_member_of_an_aurora_cluster_costs_the_clusters_least_capacity() -> None:
    cluster = resource("aws_rds_cluster", serverlessv2_scaling_configuration=[{"min_capacity": 0.5}])
    member = resource("aws_rds_cluster_instance", instance_class="db.serverless")
    one, two = (bill.make("prod", [cluster, *[member] * count], 30_000) for count in (1, 2))
    assert line(one, "aurora_capacity_hour") == pytest.approx(43.80)
    assert line(two, "aurora_capacity_hour") == pytest.approx(87.60)
    assert line(two, "aurora_stored_gb") == pytest.approx(1.00)


def test_an_interface_endpoint_costs_by_zone_and_a_gateway_endpoint_nothing() -> None:
    interface = resource("aws_vpc_endpoint", vpc_endpoint_type="Interface", subnet_ids=["a", "b"])
    gateway = resource("aws_vpc_endpoint", vpc_endpoint_type="Gateway")
    assert total([interface], 30_000) - total([gateway], 30_000) == pytest.approx(14.60)


def test_an_alarm_costs_by_the_metrics_it_reads() -> None:
    queries = [{"metric": [{}]}, {"metric": [{}]}, {"metric": [], "expression": "a / b"}]
    (use,) = resources.uses([resource("aws_cloudwatch_metric_alarm", metric_query=queries)])
    assert use.quantity == 2


def test_no_type_is_both_free_and_priced() -> None:
    assert resources.PRICED.keys() & resources.FREE.keys() == set()


def test_every_price_that_a_line_names_is_in_the_table() -> None:
    known = figures.prices()
    used = {use.price for environment in traffic.STAGES for use in traffic.uses(environment, [], 1)}
    assert used <= known.keys()
    assert figures.allowances().keys() <= known.keys()


def test_keep_warm_and_the_minutely_jobs_are_counted() -> None:
    calls = [use.quantity for use in traffic.uses("prod", [], 0) if use.price == "lambda_invocation"]
    assert sum(calls) > 730 * 60 * 1.25


def test_traces_follow_the_rule_of_the_plan_and_else_the_first_of_each_second() -> None:
    def traces(planned: Sequence[Resource], requests: int) -> float:
        uses = traffic.uses("prod", planned, requests)
        return next(use.quantity for use in uses if use.what == "traces of requests")

    assert traces([SAMPLED], 1_000_000) == 50_000
    assert 800_000 < traces([], 1_000_000) < 900_000
    # Ten in each second: one and a twentieth of nine.
    assert traces([], 26_280_000) == pytest.approx(26_280_000 * 0.145, rel=1e-3)


def test_behind_a_cdn_the_gateway_sends_nothing_to_the_internet() -> None:
    made = bill.make("prod", [DATABASE, resource("aws_cloudfront_distribution")], 1_000_000)
    assert line(made, "transfer_out_gb") == 0
    assert line(made, "cloudfront_gb") > 0


def test_fargate_costs_more_below_its_line_and_less_above() -> None:
    at = fargate.cheaper_from()
    below, above = fargate.compare(at - 100_000), fargate.compare(at)
    assert below.fargate_usd >= below.rest_api_usd
    assert above.fargate_usd < above.rest_api_usd
    assert fargate.compare(1).tasks == 2


def test_json_has_the_volumes_with_total_and_lines() -> None:
    bills = [bill.make("prod", [DATABASE], requests) for requests in bill.REQUESTS]
    printed = json.loads(report.as_json(bills))
    assert printed.keys() == {"at_requests_per_month"}
    at = printed["at_requests_per_month"]
    assert list(at) == ["30000", "1000000", "10000000", "100000000"]
    assert {frozenset(one) for one in at.values()} == {frozenset({"total_usd", "lines"})}
    assert at["30000"]["total_usd"] == round(sum(one["usd"] for one in at["30000"]["lines"]), 2)


def test_the_difference_names_what_moved_and_leaves_out_what_did_not() -> None:
    before = [bill.make("prod", [DATABASE], requests) for requests in bill.REQUESTS]
    after = [
        bill.make("prod", [DATABASE, resource("aws_nat_gateway")], requests) for requests in bill.REQUESTS
    ]
    shown = report.difference(before, after)
    assert "| NAT gateway hour | 0.00 | 32.85 | +32.85 |" in shown
    assert "db.t4g.micro" not in shown
