"""Each gate on a plan finds what it is there for: a fault is planted, and the gate that let the plan through fails."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.terraform import test_plan as gates
from tests.terraform.plans import EVERYTHING_ON, Plan, PlanOf

EVERYBODY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}
    ],
}


def policy(**changes: Any) -> dict[str, str]:
    statement = {
        "Sid": "Planted",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::x/*",
    }
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **changes}]})}


FAULTS: dict[str, tuple[Callable[[Plan], None], str, dict[str, Any]]] = {
    "a NAT gateway": (gates.test_there_is_no_nat_gateway, "aws_nat_gateway.planted", {}),
    "an address for one": (gates.test_there_is_no_nat_gateway, "module.network.aws_eip.planted[0]", {}),
    "a starred action": (
        gates.test_no_policy_allows_an_action_with_a_star,
        "aws_iam_role_policy.planted",
        policy(Action=["s3:*"]),
    ),
    "all resources": (
        gates.test_only_the_listed_statements_allow_something_on_everything,
        "aws_iam_role_policy.planted",
        policy(Resource="*"),
    ),
    "a stranger": (
        gates.test_nobody_outside_the_account_is_trusted,
        "aws_iam_role.planted",
        {
            "assume_role_policy": json.dumps(
                {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}}]}
            )
        },
    ),
    "a bucket for everybody": (
        gates.test_every_bucket_refuses_requests_without_tls,
        "aws_s3_bucket_policy.planted",
        {"policy": json.dumps(EVERYBODY)},
    ),
    "an open bucket": (
        gates.test_nothing_is_public,
        "aws_s3_bucket_public_access_block.planted",
        dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls"), True)
        | {"restrict_public_buckets": False},
    ),
    "a port for everybody": (
        gates.test_nothing_is_public,
        "aws_vpc_security_group_ingress_rule.planted",
        {"cidr_ipv4": "0.0.0.0/0"},
    ),
    "a bucket without encryption": (
        gates.test_everything_at_rest_is_encrypted,
        "aws_s3_bucket.planted",
        {"tags_all": {}},
    ),
    "a database without encryption": (
        gates.test_everything_at_rest_is_encrypted,
        "aws_db_instance.planted",
        {"storage_encrypted": False},
    ),
    "logs for ever": (
        gates.test_logs_are_kept_for_a_week,
        "aws_cloudwatch_log_group.planted",
        {"retention_in_days": 0, "name": "x"},
    ),
    "no tags": (
        gates.test_everything_that_can_carries_the_tags,
        "aws_sns_topic.planted",
        {"tags_all": {"Project": "x"}},
    ),
    "an alarm without a runbook": (
        gates.test_every_alarm_tells_somebody_and_names_a_runbook_and_an_owner,
        "aws_cloudwatch_metric_alarm.planted",
        {"alarm_description": "It burns. Owner: engineer.", "alarm_actions": ["arn"]},
    ),
    "an alarm without an owner": (
        gates.test_every_alarm_tells_somebody_and_names_a_runbook_and_an_owner,
        "aws_cloudwatch_metric_alarm.planted",
        {"alarm_description": "It burns. Runbook: docs/runbooks/api-errors.md", "alarm_actions": ["arn"]},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_fails_its_gate(plan_of: PlanOf, fault: str) -> None:
    gate, address, values = FAULTS[fault]
    plan = plan_of("prod", *EVERYTHING_ON)
    gate(plan)
    planted = replace(
        plan,
        resources={**plan.resources, address: values},
        unknown={**plan.unknown, address: {}},
    )
    with pytest.raises((AssertionError, KeyError)):
        gate(planted)
