"""A role of an environment can do what its own policies and its environment's boundary both allow, and no more."""

from typing import Any

import pytest

from tests.terraform import iam
from tests.terraform.bootstrap_plan import MAIL_DOMAINS, BootstrapPlan, Statements
from tests.terraform.iam import listed
from tests.terraform.plans import Plan, PlanOf, allowed
from tests.terraform.reach import ACCOUNT, OTHER, boundary_arn, everything, reached, whole_plan

WITHOUT_A_NAME = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
}


@pytest.mark.parametrize("environment", OTHER)
def test_every_role_carries_the_boundary_that_bootstrap_makes(
    bootstrap: BootstrapPlan, plan_of: PlanOf, environment: str
) -> None:
    made = whole_plan(plan_of, environment).of_type("aws_iam_role")
    carried = {values["permissions_boundary"] for values in made.values()}
    assert carried == {boundary_arn(environment)}
    assert boundary_arn(environment).endswith(f"/{bootstrap.boundary_names[environment]}")


@pytest.mark.parametrize("environment", OTHER)
def test_a_boundary_lets_every_role_do_what_its_own_policies_say(
    bootstrap: BootstrapPlan, plan_of: PlanOf, environment: str
) -> None:
    plan = whole_plan(plan_of, environment)
    assert cut_off(plan, bootstrap.boundaries[environment]) == set()
    # The other's stops all but what has no name.
    assert {action for _, action in cut_off(plan, bootstrap.boundaries[OTHER[environment]])} >= {
        "secretsmanager:GetSecretValue",
        "dynamodb:UpdateItem",
        "s3:PutObject",
        "iam:PassRole",
    }


def cut_off(plan: Plan, boundary: Statements) -> set[tuple[str, str]]:
    """(address, action) that a role's policy allows and its boundary does not."""
    return {
        (address, action)
        for address, statement in allowed(plan)
        if ".aws_iam_role_policy." in address
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if not iam.allows(boundary, action, _one_of(resource), _context_of(statement))
    }


def _one_of(pattern: str) -> str:
    return pattern if pattern == "*" else pattern.replace("*", "x").replace("?", "x")


def _context_of(statement: dict[str, Any]) -> dict[str, str]:
    equal = statement.get("Condition", {}).get("StringEquals", {})
    return {key: value for key, value in equal.items() if isinstance(value, str)}


@pytest.mark.parametrize("environment", OTHER)
def test_a_boundary_ends_at_the_other_environment(
    bootstrap: BootstrapPlan, plan_of: PlanOf, environment: str
) -> None:
    statements = bootstrap.boundaries[environment]
    found = reached(statements, everything(plan_of, OTHER[environment]), environment, "")
    assert {action for action, _ in found} == WITHOUT_A_NAME


@pytest.mark.parametrize("environment", OTHER)
def test_an_environment_sends_mail_as_its_own_domain_alone(
    bootstrap: BootstrapPlan, environment: str
) -> None:
    statements = bootstrap.boundaries[environment]
    anybody = f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/team@example.net"
    senders = [f"no-reply@{domain}" for domain in (*MAIL_DOMAINS.values(), "example.net", "EXAMPLE.ORG")]
    sends = {
        (action, sender)
        for action in ("ses:SendEmail", "ses:SendRawEmail")
        for sender in senders
        if iam.allows(statements, action, anybody, {"ses:FromAddress": sender})
    }
    own = f"no-reply@{MAIL_DOMAINS[environment]}"
    assert sends == {("ses:SendEmail", own), ("ses:SendRawEmail", own)}


def test_a_boundary_makes_no_role_and_nothing_else_that_lasts(bootstrap: BootstrapPlan) -> None:
    for statements in bootstrap.boundaries.values():
        allowed_actions = {action for one in statements for action in listed(one["Action"])}
        assert {action for action in allowed_actions if action.startswith(("iam:", "sts:"))} == {
            "iam:PassRole"
        }
        assert not any("*" in action for action in allowed_actions)
