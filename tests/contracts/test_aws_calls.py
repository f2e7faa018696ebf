"""Every AWS call that the code makes is allowed to the role that makes it, and nothing else is."""

import ast
import json
from dataclasses import replace

import pytest

from app import aws
from tests.contracts.aws_calls import Calls, actions, calls_of, takes_boto3_itself
from tests.contracts.source_files import application
from tests.terraform.plans import EVERYTHING_ON, STAGES, Plan, PlanOf, actions_of

# Where a module's calls are made, or one of them (`app/x.py:method`); both, unless it stands here.
BOTH = frozenset({"serve", "ops"})
CALLED_BY = {
    # Mail leaves in jobs, which the -ops function works off.
    "app/mail/ses.py": frozenset({"ops"}),
    # Visitors are counted where they are served, and shown and cleared by a command.
    "app/ratelimit/dynamodb.py": frozenset({"serve"}),
    "app/ratelimit/administration.py": frozenset({"ops"}),
    # Maps are drawn, and shapefiles read, by commands alone; their files are read by pages.
    "app/regions/files.py:put_object": frozenset({"ops"}),
    "app/regions/downloads.py": frozenset({"ops"}),
    # The serving function signs forms and addresses, and deletes what a person says; who looks at files and moves them is
    # not who is asked from the internet.
    "app/uploads/bucket.py:generate_presigned_post": frozenset({"serve"}),
    "app/uploads/bucket.py:list_objects_v2": frozenset({"ops"}),
    "app/uploads/bucket.py:copy_object": frozenset({"ops"}),
}

# Granted to services of which no code makes a client yet; void as soon as one does.
AHEAD: dict[str, set[str]] = {}

# What Lambda itself does by the function's role; the function's own code is denied it (terraform/modules/zappa).
NETWORK = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
# The gateway calls the serving function by that function's own role.
INVOKED_BY_THE_GATEWAY = {"lambda:InvokeFunction"}


def calls() -> dict[str, Calls]:
    """By module, where there are any; app/aws.py only makes the clients."""
    found = {path: calls_of(tree) for path, tree in application().items() if path != "app/aws.py"}
    return {path: one for path, one in found.items() if one.services or one.unclear}


def needed_by_code(kind: str) -> set[str]:
    return {
        action
        for path, one in calls().items()
        for service, method in one.made
        if kind in CALLED_BY.get(f"{path}:{method}", CALLED_BY.get(path, BOTH))
        for action in actions(service, method)
    }


def granted_ahead() -> set[str]:
    used = {service for one in calls().values() for service in one.services}
    return {action for service, granted in AHEAD.items() if service not in used for action in granted}


def needed_by_runtime(stage: str, kind: str) -> set[str]:
    traced = TRACES if stage == "prod" else set()
    return NETWORK | LOGS | traced | (INVOKED_BY_THE_GATEWAY if kind == "serve" else set())


def too_few_and_too_many(plan: Plan, stage: str, kind: str) -> tuple[set[str], set[str]]:
    """Actions that a function's role lacks, and those that nobody needs."""
    allowed = actions_of(plan, stage if kind == "serve" else f"{stage}-ops")
    needed = needed_by_code(kind) | needed_by_runtime(stage, kind)
    return needed - allowed, allowed - needed - granted_ahead()


@pytest.mark.parametrize("kind", sorted(BOTH))
@pytest.mark.parametrize(("environment", "stage"), STAGES)
def test_a_role_allows_what_the_code_calls_and_nothing_else(
    plan_of: PlanOf, environment: str, stage: str, kind: str
) -> None:
    assert too_few_and_too_many(plan_of(environment, *EVERYTHING_ON), stage, kind) == (set(), set())


def test_an_action_that_nobody_needs_and_one_that_is_missing_are_found(plan_of: PlanOf) -> None:
    plan = plan_of("prod", *EVERYTHING_ON)
    address = 'module.zappa.aws_iam_role_policy.given["prod-ops/send-mail"]'
    policy = json.loads(plan.resources[address]["policy"])
    policy["Statement"][0]["Action"] = ["ses:SendEmail", "ses:DeleteEmailIdentity"]
    planted = {**plan.resources, address: {"policy": json.dumps(policy)}}
    assert too_few_and_too_many(replace(plan, resources=planted), "prod", "ops") == (
        {"ses:SendRawEmail"},
        {"ses:DeleteEmailIdentity"},
    )


def test_every_call_can_be_told_from_the_source() -> None:
    assert {path: one.unclear for path, one in calls().items() if one.unclear} == {}


def test_every_client_comes_from_one_place() -> None:
    taking = {path for path, tree in application().items() if takes_boto3_itself(tree)}
    assert taking == {"app/aws.py"}


def test_every_endpoint_on_the_list_is_called_or_named_as_ahead() -> None:
    used = {service for one in calls().values() for service in one.services}
    assert used | set(AHEAD) == set(aws.ENDPOINTS)


def test_every_module_with_a_role_of_its_own_makes_calls() -> None:
    made = {f"{path}:{method}" for path, one in calls().items() for _, method in one.made}
    assert set(CALLED_BY) <= set(calls()) | made


DIRECT = 'from app.aws import client\nclient("sesv2").send_email(x=1)'
KEPT = """
from app import aws
class Store:
    def __init__(self):
        self._table = aws.client("dynamodb")
    def decide(self):
        return self._table.update_item()
"""
RETURNED = """
import app.aws
def decide():
    return table().update_item()
def table():
    return app.aws.client("dynamodb")
"""
BY_NAME = """
from app import aws
class Store:
    def show(self):
        return self._call("get_item")
    def _call(self, operation):
        table = aws.client("dynamodb", self._limits)
        self._forget(table)
        return getattr(table, operation)()
    def _forget(self, connected):
        connected.close()
        connected.delete_item()
"""
PAGED = 'from app.aws import client as c\nbucket = c("s3")\nbucket.get_paginator("list_objects_v2")'
REFERENCE = 'from app.aws import client\ncall = client("dynamodb").update_item'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (DIRECT, {("sesv2", "send_email")}),
        (KEPT, {("dynamodb", "update_item")}),
        (RETURNED, {("dynamodb", "update_item")}),
        (BY_NAME, {("dynamodb", "get_item"), ("dynamodb", "delete_item")}),
        (PAGED, {("s3", "list_objects_v2")}),
        (REFERENCE, {("dynamodb", "update_item")}),
        ('from elsewhere import client\nclient("sesv2").send_email()', set()),
        ('from app.aws import client\nclient("s3").exceptions.NoSuchKey', set()),
    ],
)
def test_a_call_is_found_however_the_client_is_kept(source: str, expected: set[tuple[str, str]]) -> None:
    found = calls_of(ast.parse(source))
    assert (found.made, found.unclear) == (expected, [])


@pytest.mark.parametrize(
    "source",
    [
        'from app.aws import client\nrun(client("s3"))',
        'from app.aws import client\ns3 = client("s3")\nrun(s3)',
        "from app.aws import client\nclient(name).get_object()",
        'from app.aws import client\nclient("s3").get_paginator(name)',
    ],
)
def test_a_client_that_gets_out_of_sight_is_told(source: str) -> None:
    assert len(calls_of(ast.parse(source)).unclear) == 1


def test_a_call_that_no_service_has_is_no_action() -> None:
    with pytest.raises(LookupError, match="s3 has no call upload_fileobj"):
        actions("s3", "upload_fileobj")


def test_an_action_is_named_by_the_services_own_model() -> None:
    assert actions("dynamodb", "update_item") == {"dynamodb:UpdateItem"}
    assert actions("secretsmanager", "get_secret_value") == {"secretsmanager:GetSecretValue"}
