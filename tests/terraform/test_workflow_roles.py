"""What a workflow's role may do is what its command calls: Terraform's provider by a recorded run, ops/ and Zappa by their source.

`provider_calls.json` is what provider 5.100 asked while prod, with all that is optional and that the emulator knows, was planned, applied
and destroyed there, and terraform/edge with it; modules/geodata-import with a schedule, and with all that its variables change
(TF_LOG_PROVIDER=DEBUG names each call).
"""

import ast
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import get_session

from ops import offline_aws, terraform
from tests.terraform.bootstrap_plan import Statements
from tests.terraform.iam import allowed_actions, listed
from tests.terraform.plans import EVERYTHING_ON, STAGES, PlanOf

RECORDED: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "provider_calls.json").read_text()
)
PREFIXES = {
    "ACM": "acm",
    "Budgets": "budgets",
    "CloudFront": "cloudfront",
    "CloudTrail": "cloudtrail",
    "CloudWatch": "cloudwatch",
    "CloudWatch Logs": "logs",
    "DynamoDB": "dynamodb",
    "EC2": "ec2",
    "ECR": "ecr",
    "ECS": "ecs",
    "EventBridge": "events",
    "IAM": "iam",
    "KMS": "kms",
    "RDS": "rds",
    "Route 53": "route53",
    "S3": "s3",
    "SESv2": "ses",
    "SNS": "sns",
    "Secrets Manager": "secretsmanager",
    "WAFV2": "wafv2",
}
# Where IAM's name is not the call's: https://docs.aws.amazon.com/service-authorization/latest/reference/
OTHERWISE: dict[tuple[str, str], set[str]] = {
    ("Budgets", "CreateBudget"): {"budgets:ModifyBudget"},
    ("Budgets", "CreateNotification"): {"budgets:ModifyBudget"},
    ("Budgets", "DeleteBudget"): {"budgets:ModifyBudget"},
    ("Budgets", "DescribeBudget"): {"budgets:ViewBudget"},
    ("Budgets", "DescribeNotificationsForBudget"): {"budgets:ViewBudget"},
    ("Budgets", "DescribeSubscribersForNotification"): {"budgets:ViewBudget"},
    ("CloudFront", "CreateDistributionWithTags"): {"cloudfront:CreateDistribution", "cloudfront:TagResource"},
    ("S3", "DeleteBucketEncryption"): {"s3:PutEncryptionConfiguration"},
    ("S3", "DeleteBucketLifecycle"): {"s3:PutLifecycleConfiguration"},
    ("S3", "DeleteBucketOwnershipControls"): {"s3:PutBucketOwnershipControls"},
    ("S3", "DeletePublicAccessBlock"): {"s3:PutBucketPublicAccessBlock"},
    ("S3", "GetBucketAccelerateConfiguration"): {"s3:GetAccelerateConfiguration"},
    ("S3", "GetBucketCors"): {"s3:GetBucketCORS"},
    ("S3", "GetBucketEncryption"): {"s3:GetEncryptionConfiguration"},
    ("S3", "GetBucketLifecycleConfiguration"): {"s3:GetLifecycleConfiguration"},
    ("S3", "GetBucketReplication"): {"s3:GetReplicationConfiguration"},
    ("S3", "GetObjectLockConfiguration"): {"s3:GetBucketObjectLockConfiguration"},
    ("S3", "GetPublicAccessBlock"): {"s3:GetBucketPublicAccessBlock"},
    ("S3", "HeadBucket"): {"s3:ListBucket"},
    ("S3", "PutBucketEncryption"): {"s3:PutEncryptionConfiguration"},
    ("S3", "PutBucketLifecycleConfiguration"): {"s3:PutLifecycleConfiguration"},
    ("S3", "PutPublicAccessBlock"): {"s3:PutBucketPublicAccessBlock"},
    # The provider asks for itself, and takes a no.
    ("IAM", "GetUser"): set(),
    # Asked of nobody but the caller, who needs no leave.
    ("STS", "GetCallerIdentity"): set(),
}

# As whoever makes a database, which no emulator does.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSFullAccess.html
ASKED_BY_RDS = {"ec2:DescribeAccountAttributes", "ec2:DescribeAvailabilityZones"}


def recorded(*names: str) -> set[str]:
    needed: set[str] = set()
    for name in names:
        for service, operations in RECORDED[name].items():
            for operation in operations:
                if (service, operation) in OTHERWISE:
                    needed |= OTHERWISE[service, operation]
                else:
                    needed.add(f"{PREFIXES[service]}:{operation}")
    return needed


def test_there_is_a_role_for_each_deed(roles: dict[str, Statements]) -> None:
    assert roles.keys() == {
        "plan",
        "drift",
        "apply-nonprod",
        "apply-prod",
        "deploy-dev",
        "deploy-staging",
        "deploy-prod",
    }


def test_no_role_may_do_something_with_a_star(roles: dict[str, Statements]) -> None:
    assert [
        (role, action)
        for role, statements in roles.items()
        for action in allowed_actions(statements)
        if "*" in action
    ] == []


def test_a_plan_for_a_pull_request_reads_no_secret_and_changes_nothing(roles: dict[str, Statements]) -> None:
    assert allowed_actions(roles["plan"]) == {
        "s3:ListBucket",
        "s3:GetObject",
        "s3:PutObject",
        "secretsmanager:GetRandomPassword",
    }
    (put,) = (one for one in roles["plan"] if "s3:PutObject" in listed(one["Action"]))
    assert put["Resource"].endswith("/plans/*")


def test_a_plan_without_a_refresh_asks_for_no_more_than_that(roles: dict[str, Statements]) -> None:
    assert recorded("plan_without_refresh") - allowed_actions(roles["plan"]) == set()
    assert "secretsmanager:GetSecretValue" in recorded("platform_plan")


def test_the_drift_role_may_look_at_all_that_terraform_looks_at(roles: dict[str, Statements]) -> None:
    assert recorded("platform_plan") - allowed_actions(roles["drift"]) == set()


def test_the_drift_role_changes_nothing(roles: dict[str, Statements]) -> None:
    harmless = ("Describe", "Get", "List", "View")
    verbs = {action.split(":")[1] for action in allowed_actions(roles["drift"])}
    assert {verb for verb in verbs if not verb.startswith(harmless)} == set()


@pytest.mark.parametrize("environment", ["nonprod", "prod"])
def test_an_apply_role_may_make_and_destroy_all_of_the_platform(
    roles: dict[str, Statements], environment: str
) -> None:
    needed = recorded("platform_plan", "platform_change") | ASKED_BY_RDS
    assert needed - allowed_actions(roles[f"apply-{environment}"]) == set()


def test_no_workflow_changes_what_workflows_may(roles: dict[str, Statements]) -> None:
    for statements in roles.values():
        denied = {action for one in statements if one["Effect"] == "Deny" for action in listed(one["Action"])}
        changes = {
            action
            for action in allowed_actions(statements)
            if action.startswith("iam:")
            and not action.startswith(
                (
                    "iam:Get",
                    "iam:List",
                    "iam:Tag",
                    "iam:Untag",
                    "iam:UpdateRole",
                    "iam:CreateServiceLinkedRole",
                )
            )
        }
        passes_only = changes <= {"iam:PassRole"}
        assert passes_only or changes <= denied


def test_a_deploy_role_reaches_one_stage(roles: dict[str, Statements]) -> None:
    resources = json.dumps([listed(one["Resource"]) for one in roles["deploy-dev"]])
    for other in (
        "function:coalition-builder-staging",
        "function:coalition-builder-prod",
        "coalition-builder/prod/",
        "edge/prod",
        "platform/prod",
    ):
        assert other not in resources


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_a_deploy_role_may_do_what_the_edge_and_our_tools_and_zappa_call(
    roles: dict[str, Statements], stage: str
) -> None:
    needed = recorded("edge") | set(called_by_ops(*DEPLOYING, *IMPORTING)) | set(called_by_zappa())
    assert needed - allowed_actions(roles[f"deploy-{stage}"]) == set()


# What a deploy, a rollback and the rest of ops/stage.py go through.
DEPLOYING = (
    "administration",
    "deploy",
    "deployment",
    "doctor",
    "edge",
    "functions",
    "gateway_stage",
    "releases",
)
# What the workflow geodata-import goes through.
IMPORTING = ("import_image", "import_task")
GATEWAY_VERBS = {"create": "POST", "get": "GET", "update": "PATCH", "put": "PUT", "delete": "DELETE"}
CALLS_OTHERWISE = {
    ("lambda", "invoke"): {"lambda:InvokeFunction"},
    ("s3", "list_objects_v2"): {"s3:ListBucket"},
    ("s3", "head_bucket"): {"s3:ListBucket"},
    ("s3", "copy"): {"s3:GetObject", "s3:PutObject"},
    ("s3", "upload_file"): {"s3:PutObject", "s3:AbortMultipartUpload"},
    ("sts", "get_caller_identity"): set[str](),
    # CloudFormation's waiter and paginator.
    ("cloudformation", "list_stack_resources"): {"cloudformation:ListStackResources"},
}
# What Zappa can and our settings never ask for.
NOT_ASKED_FOR = re.compile(
    "function_url|provisioned|_alias$|domain|base_path|api_key|^create_bucket$|put_bucket_tagging|delete_log_group|update_assume_role_policy"
)
ZAPPAS_CLIENTS = {
    "lambda_client": "lambda",
    "apigateway_client": "apigateway",
    "cf_client": "cloudformation",
    "events_client": "events",
    "logs_client": "logs",
    "s3_client": "s3",
    "sts_client": "sts",
}


def called_by_ops(*modules: str) -> Iterator[str]:
    """Of each module that makes a client, every name in it that one of its services has a call of."""
    for module in modules:
        tree = ast.parse((terraform.ROOT / "ops" / f"{module}.py").read_text())
        made = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "boto3.client"
        ]
        services = {str(ast.literal_eval(node.args[0])) for node in made}
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        for service in services:
            for name in names & (
                operations(service).keys() | ({"upload_file"} if service == "s3" else set())
            ):
                yield from actions(service, name)


def called_by_zappa() -> Iterator[str]:
    spec = importlib.util.find_spec("zappa.core")
    assert spec is not None
    assert spec.origin is not None
    for client, method in re.findall(r"self\.(\w+_client)\.(\w+)\(", Path(spec.origin).read_text()):
        if (
            client in ZAPPAS_CLIENTS
            and not NOT_ASKED_FOR.search(method)
            and not method.startswith("get_waiter")
        ):
            service = ZAPPAS_CLIENTS[client]
            if method in operations(service) or (service, method) in CALLS_OTHERWISE:
                yield from actions(service, method)


def actions(service: str, method: str) -> set[str]:
    if (service, method) in CALLS_OTHERWISE:
        return CALLS_OTHERWISE[service, method]
    if service == "apigateway":
        return {f"apigateway:{GATEWAY_VERBS[method.split('_', maxsplit=1)[0]]}"}
    return {f"{service}:{operations(service)[method]}"}


def operations(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in get_session().get_service_model(service).operation_names}


# A container engine calls these: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
PUSHED_BY_AN_ENGINE = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
}
# Whoever runs a task gives it its roles and its definition's tags.
BESIDE_RUN_TASK = {"ecs:TagResource", "iam:PassRole"}
OF_AN_IMPORT = ("ecr:", "ecs:")


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_a_deploy_role_imports_regions_and_does_nothing_else_with_containers(
    roles: dict[str, Statements], stage: str
) -> None:
    needed = set(called_by_ops(*IMPORTING)) | PUSHED_BY_AN_ENGINE | BESIDE_RUN_TASK
    granted = allowed_actions(roles[f"deploy-{stage}"])
    assert needed - granted == set()
    assert {action for action in granted if action.startswith(OF_AN_IMPORT)} - needed == set()


@pytest.mark.parametrize(("environment", "stage"), STAGES)
def test_a_deploy_role_runs_the_task_that_terraform_makes_of_its_stage_and_no_other(
    roles: dict[str, Statements], plan_of: PlanOf, environment: str, stage: str
) -> None:
    plan = plan_of(environment, *EVERYTHING_ON)
    task = plan.outputs["import_task"]
    cluster, family = task["cluster"], task["families"][stage]
    here = f"us-east-1:{offline_aws.ACCOUNT_ID}"
    (repository,) = plan.of_type("aws_ecr_repository").values()
    made = {
        plan.resources["module.geodata_import.aws_iam_role.execution"]["name"],
        plan.resources[f'module.geodata_import.aws_iam_role.task["{stage}"]']["name"],
    }
    by_sid = {one["Sid"]: one for one in roles[f"deploy-{stage}"]}
    expected = {
        "PushTheImage": [f"arn:aws:ecr:{here}:repository/{repository['name']}"],
        "RunTheTask": [f"arn:aws:ecs:{here}:task-definition/{family}:*"],
        "TagWhatIsRun": [f"arn:aws:ecs:{here}:task/{cluster}/*"],
        "FollowTheTask": [f"arn:aws:ecs:{here}:task/{cluster}/*"],
        "ReadWhatItSays": [f"arn:aws:logs:{here}:log-group:{task['log_groups'][stage]}:*"],
    }
    assert {sid: listed(by_sid[sid]["Resource"]) for sid in expected} == expected
    assert by_sid["RunTheTask"]["Condition"] == {
        "ArnEquals": {"ecs:cluster": f"arn:aws:ecs:{here}:cluster/{cluster}"}
    }
    passes = by_sid["GiveTheTaskItsRoles"]
    assert {arn.rpartition("/")[2] for arn in passes["Resource"]} == made
    assert passes["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def test_the_source_tells_of_calls() -> None:
    ours, zappas = set(called_by_ops(*DEPLOYING)), set(called_by_zappa())
    assert {
        "lambda:InvokeFunction",
        "apigateway:PATCH",
        "s3:PutObject",
        "cloudformation:DescribeStackResource",
        "cloudfront-keyvaluestore:PutKey",
    } <= ours
    assert set(called_by_ops(*IMPORTING)) == {
        "ecr:DescribeImages",
        "ecr:GetAuthorizationToken",
        "ecs:DescribeTasks",
        "ecs:RunTask",
        "logs:GetLogEvents",
    }
    assert {
        "lambda:UpdateFunctionCode",
        "lambda:PublishVersion",
        "events:PutRule",
        "cloudformation:CreateStack",
        "apigateway:POST",
    } <= zappas
