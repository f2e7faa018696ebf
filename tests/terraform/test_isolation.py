"""Whoever holds one environment's workflows gets no further: the roles' policies, evaluated on all that both plans make."""

from typing import Any

import pytest

from tests.terraform import iam, things
from tests.terraform.bootstrap_plan import BootstrapPlan
from tests.terraform.iam import listed
from tests.terraform.plans import STAGES, PlanOf
from tests.terraform.reach import ACCOUNT, OTHER, PROJECT, boundary_arn, everything, reached, whole_plan
from tests.terraform.things import Thing

STATES = f"arn:aws:s3:::{PROJECT}-terraform-state-{ACCOUNT}"
# Children, which IAM knows by what they belong to, and what Terraform keeps for itself.
OF_ANOTHER_KIND = {
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_log_metric_filter",
    "aws_db_instance_automated_backups_replication",
    "aws_db_proxy_default_target_group",
    "aws_db_proxy_target",
    "aws_ecr_lifecycle_policy",
    "aws_ecs_cluster_capacity_providers",
    "aws_iam_role_policy",
    "aws_route",
    "aws_route_table_association",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_secretsmanager_secret_version",
    "aws_sesv2_configuration_set_event_destination",
    "aws_sesv2_email_identity_mail_from_attributes",
    "aws_sns_topic_policy",
    "aws_sns_topic_subscription",
    "terraform_data",
}


@pytest.mark.parametrize("environment", OTHER)
def test_every_kind_that_a_plan_makes_is_known_here(plan_of: PlanOf, environment: str) -> None:
    plan = whole_plan(plan_of, environment)
    kinds = {things.kind_of(address) for address in plan.resources}
    assert kinds - things.KINDS.keys() - OF_ANOTHER_KIND == set()
    assert "aws_db_instance" in kinds


def refused_to(bootstrap: BootstrapPlan, environment: str, wanted: list[Thing]) -> list[tuple[str, str]]:
    """(address, action) that an environment's apply role may not do to what it is to make and change."""
    statements = bootstrap.roles[f"apply-{environment}"]
    always = {"aws:RequestedRegion": "us-east-1", "iam:PermissionsBoundary": boundary_arn(environment)}
    return [
        (thing.address, action)
        for thing in wanted
        for actions, context in (
            (thing.kind.made_by, thing.requested()),
            (thing.kind.changed_by, thing.existing()),
        )
        for action in actions
        if not iam.allows(statements, action, thing.arn, {**always, **context})
    ] + [
        (thing.address, f"{action} on {arn}")
        for thing in wanted
        for action, arn in thing.kind.also
        if not iam.allows(statements, action, f"arn:aws:{arn}", always)
    ]


@pytest.mark.parametrize("environment", OTHER)
def test_an_apply_role_makes_and_changes_each_thing_of_its_environment(
    bootstrap: BootstrapPlan, plan_of: PlanOf, environment: str
) -> None:
    assert refused_to(bootstrap, environment, everything(plan_of, environment)) == []


def test_an_apply_role_makes_and_changes_aurora_too(bootstrap: BootstrapPlan, plan_of: PlanOf) -> None:
    wanted = things.of(plan_of("prod", "-var=database_aurora={}"))
    assert any("aws_rds_cluster.this" in thing.address for thing in wanted)
    assert refused_to(bootstrap, "prod", wanted) == []


@pytest.mark.parametrize("environment", OTHER)
def test_an_apply_role_changes_nothing_of_the_other_environment_and_reads_no_secret_of_it(
    bootstrap: BootstrapPlan, plan_of: PlanOf, environment: str
) -> None:
    others = everything(plan_of, OTHER[environment])
    statements = bootstrap.roles[f"apply-{environment}"]
    assert reached(statements, others, environment, boundary_arn(environment)) == set()
    # It is told by what it reaches at home.
    assert reached(statements, everything(plan_of, environment), environment, boundary_arn(environment))


@pytest.mark.parametrize(("environment", "stage"), STAGES)
def test_a_deploy_role_changes_nothing_that_the_other_environments_terraform_makes(
    bootstrap: BootstrapPlan, plan_of: PlanOf, environment: str, stage: str
) -> None:
    statements = bootstrap.roles[f"deploy-{stage}"]
    others = everything(plan_of, OTHER[environment])
    assert reached(statements, others, environment, boundary_arn(environment)) == set()
    at_home = reached(statements, everything(plan_of, environment), environment, boundary_arn(environment))
    assert {arn.rpartition(":")[2] for _, arn in at_home} >= {f"{PROJECT}-{stage}"}


OF_OLD: dict[str, dict[str, Any]] = {
    "a prefix that production's names have too": {
        "Action": ["s3:PutBucketPolicy", "s3:DeleteBucket"],
        "Resource": f"arn:aws:s3:::{PROJECT}-*",
    },
    "every secret": {
        "Action": "secretsmanager:GetSecretValue",
        "Resource": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{PROJECT}*",
    },
    "every role": {
        "Action": ["iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole"],
        "Resource": f"arn:aws:iam::{ACCOUNT}:role/{PROJECT}-*",
    },
    "every database": {
        "Action": "rds:DeleteDBInstance",
        "Resource": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{PROJECT}*",
    },
    "every network": {
        "Action": "ec2:DeleteVpc",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
    },
    "every sender": {
        "Action": "ses:DeleteEmailIdentity",
        "Resource": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/*",
    },
    "a tag that the request may choose": {
        "Action": "ec2:DeleteVpc",
        "Resource": f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/*",
        "Condition": {"StringEquals": {"aws:RequestTag/Environment": "nonprod"}},
    },
}


@pytest.mark.parametrize("fault", OF_OLD)
def test_a_statement_that_reaches_production_is_found(plan_of: PlanOf, fault: str) -> None:
    planted = [{"Effect": "Allow", **OF_OLD[fault]}]
    found = reached(planted, everything(plan_of, "prod"), "nonprod", boundary_arn("nonprod"))
    assert {action for action, _ in found} == set(listed(OF_OLD[fault]["Action"]))


@pytest.mark.parametrize("environment", OTHER)
def test_an_apply_role_keeps_its_own_state_and_sees_no_other(
    bootstrap: BootstrapPlan, environment: str
) -> None:
    statements = bootstrap.roles[f"apply-{environment}"]
    keys = [f"platform/{one}.tfstate" for one in OTHER] + [f"platform/{one}.tfstate.tflock" for one in OTHER]
    keys += [f"plans/{one}/1.tfplan" for one in OTHER] + [
        "edge/dev.tfstate",
        "edge/prod.tfstate",
        "bootstrap.tfstate",
    ]
    granted = {
        (action, key)
        for action in ("GetObject", "PutObject", "DeleteObject")
        for key in keys
        if iam.allows(statements, f"s3:{action}", f"{STATES}/{key}", {})
    }
    assert granted == {
        ("GetObject", f"plans/{environment}/1.tfplan"),
        ("GetObject", f"platform/{environment}.tfstate"),
        ("PutObject", f"platform/{environment}.tfstate"),
        ("GetObject", f"platform/{environment}.tfstate.tflock"),
        ("PutObject", f"platform/{environment}.tfstate.tflock"),
        ("DeleteObject", f"platform/{environment}.tfstate.tflock"),
    }
    for action in ("DeleteBucket", "PutBucketPolicy", "PutBucketVersioning", "PutLifecycleConfiguration"):
        assert not iam.allows(statements, f"s3:{action}", STATES, {})


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{PROJECT}-{name}"


OWN, OTHERS = boundary_arn("nonprod"), boundary_arn("prod")
DEV = role_arn("dev-lambda")
# What somebody who holds apply-nonprod would try: action, resource, the request's context.
ESCALATIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    "a role without a boundary": ("iam:CreateRole", DEV, {}),
    "a role within production's boundary": ("iam:CreateRole", DEV, {"iam:PermissionsBoundary": OTHERS}),
    "a role of production": (
        "iam:CreateRole",
        role_arn("prod-lambda"),
        {"iam:PermissionsBoundary": OWN},
    ),
    "a role of any other name": (
        "iam:CreateRole",
        f"arn:aws:iam::{ACCOUNT}:role/helper",
        {"iam:PermissionsBoundary": OWN},
    ),
    "rights for a role without a boundary": ("iam:PutRolePolicy", DEV, {}),
    "rights for itself": (
        "iam:PutRolePolicy",
        role_arn("github-apply-nonprod"),
        {"iam:PermissionsBoundary": OWN},
    ),
    "a managed policy": ("iam:AttachRolePolicy", DEV, {"iam:PermissionsBoundary": OWN}),
    "another boundary": ("iam:PutRolePermissionsBoundary", DEV, {"iam:PermissionsBoundary": OTHERS}),
    "no boundary any more": ("iam:DeleteRolePermissionsBoundary", DEV, {"iam:PermissionsBoundary": OWN}),
    "a wider boundary": ("iam:CreatePolicyVersion", OWN, {}),
    "the boundary gone": ("iam:DeletePolicy", OWN, {}),
    "a policy of the workflows": (
        "iam:CreatePolicyVersion",
        f"arn:aws:iam::{ACCOUNT}:policy/{PROJECT}-github-plan",
        {},
    ),
    "to be production's workflow": (
        "iam:UpdateAssumeRolePolicy",
        role_arn("github-apply-prod"),
        {"iam:PermissionsBoundary": OWN},
    ),
    "to be a role without a boundary": ("iam:UpdateAssumeRolePolicy", DEV, {}),
    "production's role for a task": (
        "iam:PassRole",
        role_arn("geodata-import-prod"),
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    ),
    "a workflow's role for a task": (
        "iam:PassRole",
        role_arn("github-apply-prod"),
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    ),
    "its role for a machine": ("iam:PassRole", DEV, {"iam:PassedToService": "ec2.amazonaws.com"}),
    "the gateway's role": ("iam:UpdateAssumeRolePolicy", role_arn("gateway-logs"), {}),
}


@pytest.mark.parametrize("wanted", ESCALATIONS)
def test_nonprods_apply_role_cannot_raise_itself(bootstrap: BootstrapPlan, wanted: str) -> None:
    action, resource, context = ESCALATIONS[wanted]
    assert not iam.allows(bootstrap.roles["apply-nonprod"], action, resource, context)


def test_what_it_was_allowed_before_would_have_raised_it() -> None:
    before = [
        {
            "Effect": "Allow",
            "Action": ["iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"],
            "Resource": f"arn:aws:iam::{ACCOUNT}:role/{PROJECT}-*",
        },
        {
            "Effect": "Deny",
            "Action": ["iam:CreateRole", "iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"],
            "Resource": f"arn:aws:iam::{ACCOUNT}:role/{PROJECT}-github-*",
        },
    ]
    open_then = {wanted for wanted, attempt in ESCALATIONS.items() if iam.allows(before, *attempt)}
    assert open_then == {
        "a role without a boundary",
        "a role within production's boundary",
        "a role of production",
        "rights for a role without a boundary",
        "to be a role without a boundary",
        "production's role for a task",
        "its role for a machine",
        "the gateway's role",
    }
