"""How far a policy reaches into all that an environment is made of."""

from collections.abc import Iterable
from typing import Any

from ops import offline_aws, zappa_settings
from tests.terraform import iam, things
from tests.terraform.bootstrap_plan import MAIL_DOMAINS, Statements
from tests.terraform.iam import allowed_actions, listed
from tests.terraform.plans import EVERYTHING_ON, Plan, PlanOf
from tests.terraform.things import Thing

PROJECT = zappa_settings.project_name()
ACCOUNT = offline_aws.ACCOUNT_ID
OTHER = {"nonprod": "prod", "prod": "nonprod"}
STAGES_OF = {"nonprod": ["dev", "staging"], "prod": ["prod"]}
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


def boundary_arn(environment: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{PROJECT}-boundary-{environment}"


def changing(statements: Statements) -> set[str]:
    """The actions of a role that change something, or read what is secret."""
    return {
        action
        for action in allowed_actions(statements)
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
        for about_it in [iam.about(statements, action)]
        for thing in targets
        if action.partition(":")[0] == thing.service
        if (action, thing.resource_type) not in things.NEW_PARTS_OF_A_NETWORK
        for context in contexts
        for existing in ({}, thing.existing())
        if existing or action not in TELLS_TAGS
        if iam.allows(about_it, action, thing.arn, {**context, **existing})
    }


def _condition(statement: dict[str, Any], key: str) -> Any:
    return statement.get("Condition", {}).get("StringEquals", {}).get(key)
