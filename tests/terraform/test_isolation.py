"""Whoever holds one environment's workflows gets no further: the roles' policies, evaluated on all that both plans make."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from ops import offline_aws, zappa_settings
from tests.terraform import iam, things
from tests.terraform.bootstrap_plan import MAIL_DOMAINS, BootstrapPlan, Statements
from tests.terraform.iam import listed
from tests.terraform.plans import EVERYTHING_ON, STAGES, Plan, PlanOf, allowed
from tests.terraform.things import Thing

PROJECT = zappa_settings.project_name()
ACCOUNT = offline_aws.ACCOUNT_ID
OTHER = {"nonprod": "prod", "prod": "nonprod"}
STAGES_OF = {"nonprod": ["dev", "staging"], "prod": ["prod"]}
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
HARMLESS = ("Describe", "Get", "List", "View")
READS_DATA = {"s3:GetObject", "secretsmanager:GetSecretValue"}
# AWS can't tell whose: the READMEs of github-oidc and environments.
NOT_TO_BE_LIMITED = {"ecs:DeregisterTaskDefinition", "sns:Unsubscribe"}
# AWS documents that it knows the thing's tags when it is asked for these; of all others IAM may be told of none.
# https://docs.aws.amazon.com/service-authorization/latest/reference/
TELLS_TAGS = {
    "ec2:CreateTags",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "kms:TagResource",
    "rds:AddTagsToResource",
}
# They name nothing that is there.
MAKES_ONLY = {"kms:CreateKey", "rds:CreateDBProxy"}
WITHOUT_A_NAME = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
}


def whole_plan(plan_of: PlanOf, environment: str) -> Plan:
    """With all that is optional."""
    stages = STAGES_OF[environment]
    schedule = f'stage = "{stages[0]}", expression = "rate(1 hour)", command = ["geocode_pending"]'
    settings = ", ".join(f"{stage} = {{ alarmed = true, cdn = {{}} }}" for stage in stages)
    return plan_of(
        environment,
        *EVERYTHING_ON,
        f"-var=mail_domain={MAIL_DOMAINS[environment]}",
        f"-var=import_schedules={{ geocode = {{ {schedule} }} }}",
        f"-var=stages={{ {settings} }}",
    )


def everything(plan_of: PlanOf, environment: str) -> list[Thing]:
    by_zappa = [thing for stage in STAGES_OF[environment] for thing in things.made_elsewhere(PROJECT, stage)]
    return things.of(whole_plan(plan_of, environment)) + by_zappa


def changing(statements: Statements) -> set[str]:
    """The actions of a role that change something, or read what is secret."""
    return {
        action
        for one in statements
        if one["Effect"] == "Allow"
        for action in listed(one["Action"])
        if action in READS_DATA or not action.partition(":")[2].startswith(HARMLESS)
    }


def reached(
    statements: Statements, targets: Iterable[Thing], environment: str, boundary: str
) -> set[tuple[str, str]]:
    """(action, ARN) that an environment's role may do to the targets, whatever it says of itself in a request."""
    claims = {
        "aws:RequestedRegion": "us-east-1",
        "aws:RequestTag/Project": PROJECT,
        "aws:RequestTag/Environment": environment,
        "iam:PermissionsBoundary": boundary,
    }
    services = {
        service for one in statements for service in listed(_condition(one, "iam:PassedToService") or [])
    }
    contexts = [claims] + [{**claims, "iam:PassedToService": service} for service in sorted(services)]
    return {
        (action, thing.arn)
        for action in changing(statements) - NOT_TO_BE_LIMITED - MAKES_ONLY
        for thing in targets
        if action.partition(":")[0] == thing.service
        if (action, thing.resource_type) not in things.NEW_PARTS_OF_A_NETWORK
        for context in contexts
        for existing in ({}, thing.existing())
        if existing or action not in TELLS_TAGS
        if iam.allows(statements, action, thing.arn, {**context, **existing})
    }


def _condition(statement: dict[str, Any], key: str) -> Any:
    return statement.get("Condition", {}).get("StringEquals", {}).get(key)


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


def boundary_arn(environment: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{PROJECT}-boundary-{environment}"


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


def test_every_policy_fits_into_what_iam_takes(bootstrap: BootstrapPlan) -> None:
    assert {
        address: len(text) for address, text in bootstrap.documents.items() if len(text) > LONGEST_POLICY
    } == {}
    assert max(bootstrap.policies_of.values()) <= MOST_POLICIES
    assert len(bootstrap.documents) >= len(bootstrap.roles)


@pytest.mark.parametrize("environment", OTHER)
def test_every_roles_own_policies_fit_into_what_iam_takes(plan_of: PlanOf, environment: str) -> None:
    plan = whole_plan(plan_of, environment)
    sums: dict[str, int] = {}
    for address, values in plan.of_type("aws_iam_role_policy").items():
        # The key's first part is the role's: given["prod-ops/send-mail"].
        role = address.partition('["')[2].partition('"')[0].partition("/")[0] or address
        sums[role] = sums.get(role, 0) + len("".join(json.dumps(json.loads(values["policy"])).split()))
    assert {role: size for role, size in sums.items() if size > LONGEST_INLINE} == {}
    assert sums


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_POLICY = 6144
LONGEST_INLINE = 10240
MOST_POLICIES = 10
