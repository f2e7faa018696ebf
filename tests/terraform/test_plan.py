"""What a plan of each environment says, decoded: who may do what, what is encrypted, what is written down."""

import json
import re
from typing import Any

import pytest

from app.config import settings
from ops import platform, terraform, zappa_settings
from tests.terraform import hcl_blocks
from tests.terraform.plans import EVERYTHING_ON, STAGES, Plan, PlanOf, allowed, documents, listed, outputs

PROJECT = zappa_settings.project_name()
ENVIRONMENTS = {"nonprod": ["dev", "staging"], "prod": ["prod"]}

INSTANCE = 'module.database.aws_db_instance.this["first"]'

# Why each needs it: the READMEs of the modules zappa and geodata-import.
STATEMENTS_ON_EVERYTHING = {"LambdaPlacesTheFunctionInTheVpc", "SendTraces", "SignInToEcr"}
# Their statements name a topic that has no ARN yet.
POLICIES_UNKNOWN_BEFORE_APPLY = {
    "module.monitoring.aws_sns_topic_policy.alarms",
    "module.mail.aws_sns_topic_policy.feedback[0]",
}


@pytest.fixture(params=ENVIRONMENTS)
def plan(request: pytest.FixtureRequest, plan_of: PlanOf) -> Plan:
    return plan_of(request.param, *EVERYTHING_ON)


def test_every_policy_can_be_read_before_it_is_applied(plan: Plan) -> None:
    unknown = {
        address
        for kind in ("aws_iam_role", "aws_iam_role_policy", "aws_s3_bucket_policy", "aws_sns_topic_policy")
        for address in plan.of_type(kind)
        if plan.unknown[address].get("policy") is True
        or plan.unknown[address].get("assume_role_policy") is True
    }
    assert unknown == POLICIES_UNKNOWN_BEFORE_APPLY
    assert len(list(documents(plan))) > 10


def test_no_policy_allows_an_action_with_a_star(plan: Plan) -> None:
    assert [
        (address, action)
        for address, statement in allowed(plan)
        for action in listed(statement["Action"])
        if "*" in action
    ] == []


def test_only_the_listed_statements_allow_something_on_everything(plan: Plan) -> None:
    starred = {
        statement["Sid"] for _, statement in allowed(plan) if "*" in listed(statement.get("Resource", []))
    }
    assert starred <= STATEMENTS_ON_EVERYTHING
    assert "LambdaPlacesTheFunctionInTheVpc" in starred


def test_nobody_outside_the_account_is_trusted(plan: Plan) -> None:
    principals = {json.dumps(statement.get("Principal")) for _, statement in allowed(plan)} - {"null"}
    assert {kind for text in principals for kind in json.loads(text)} == {"Service"}


@pytest.mark.parametrize("stage", ["dev", "staging"])
def test_an_import_task_may_do_exactly_this(plan_of: PlanOf, stage: str) -> None:
    statements = [
        statement
        for address, statement in allowed(plan_of("nonprod", *EVERYTHING_ON))
        if f'module.geodata_import.aws_iam_role_policy.task["{stage}/' in address
    ]
    assert {action for statement in statements for action in listed(statement["Action"])} == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
    }
    other = {"dev": "staging", "staging": "dev"}[stage]
    assert f"/{other}/" not in json.dumps(statements)


def test_the_application_knows_every_variable_of_an_import_task() -> None:
    text = (terraform.TERRAFORM / "stages.tf").read_text().split("import_environments", 1)[1]
    names = set(re.findall(r"^ {6}([A-Z_]+) +=", text, re.MULTILINE))
    assert names == {
        "STAGE",
        "PUBLIC_URL",
        "DATABASE_STATEMENT_TIMEOUT_SECONDS",
        "DATABASE_LOCK_TIMEOUT_SECONDS",
        "DATABASE_IDLE_TIMEOUT_SECONDS",
        "DATABASE_NETWORK_TIMEOUT_SECONDS",
    }
    assert names <= settings.env.names


def test_a_stage_reads_no_secret_of_another(plan_of: PlanOf) -> None:
    secrets = {
        resource.rsplit(":", 1)[-1]
        for address, statement in allowed(plan_of("nonprod", *EVERYTHING_ON))
        if '["dev"]' in address or '["dev/' in address
        for resource in listed(statement.get("Resource", []))
        if ":secret:" in resource
    }
    assert secrets == {
        f"{PROJECT}/dev/database/app-??????",
        f"{PROJECT}/dev/django/secret-key-??????",
    }


def test_only_the_companion_reads_the_masters_secret(plan_of: PlanOf) -> None:
    readers = {
        address
        for address, statement in allowed(plan_of("prod", *EVERYTHING_ON))
        if any("database/master" in resource for resource in listed(statement.get("Resource", [])))
    }
    assert readers == {'module.zappa.aws_iam_role_policy.given["prod-ops/database-secrets"]'}


def test_no_generated_secret_is_written_down(plan: Plan) -> None:
    assert len(plan.aws.passwords) >= 3
    assert [password for password in plan.aws.passwords if password in plan.everything] == []


def test_planning_asks_nothing_else_of_aws(plan: Plan) -> None:
    # Which account this is: the provider asks IAM first, and takes a no.
    assert set(plan.aws.refused) <= {"GetUser"}


def test_everything_at_rest_is_encrypted(plan: Plan) -> None:
    buckets = plan.of_type("aws_s3_bucket")
    assert len(plan.of_type("aws_s3_bucket_server_side_encryption_configuration")) == len(buckets) == 4
    assert all(values["storage_encrypted"] for values in plan.of_type("aws_db_instance").values())
    assert all(
        values["server_side_encryption"][0]["enabled"]
        for values in plan.of_type("aws_dynamodb_table").values()
    )


def test_nothing_is_public(plan: Plan) -> None:
    blocks = plan.of_type("aws_s3_bucket_public_access_block")
    assert len(blocks) == 4
    assert all(
        values[name]
        for values in blocks.values()
        for name in (
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        )
    )
    assert {values["publicly_accessible"] for values in plan.of_type("aws_db_instance").values()} == {False}
    open_rules = [
        address
        for address, values in plan.of_type("aws_vpc_security_group_ingress_rule").items()
        if values.get("cidr_ipv4") == "0.0.0.0/0" or values.get("cidr_ipv6") == "::/0"
    ]
    assert open_rules == []


def test_every_bucket_refuses_requests_without_tls(plan: Plan) -> None:
    policies = [document for address, document in documents(plan) if "aws_s3_bucket_policy" in address]
    assert len(policies) == 4
    assert all(
        document["Statement"][0]["Effect"] == "Deny"
        and document["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for document in policies
    )


def test_logs_are_kept_for_a_week(plan: Plan) -> None:
    groups = plan.of_type("aws_cloudwatch_log_group")
    assert {values["retention_in_days"] for values in groups.values()} == {7}
    assert {values["name"] for values in groups.values() if "lambda" in values["name"]} == {
        f"/aws/lambda/{plan.outputs['project']}-{function}"
        for stage in plan.outputs["stages"]
        for function in (stage, f"{stage}-ops")
    }


def test_everything_that_can_carries_the_tags(plan: Plan) -> None:
    untagged = [
        address
        for address, values in plan.resources.items()
        if "tags_all" in values
        and not {"Project", "Environment", "ManagedBy"} <= set(values["tags_all"] or {})
    ]
    assert untagged == []


def test_there_is_no_nat_gateway(plan: Plan) -> None:
    assert plan.of_type("aws_nat_gateway") == plan.of_type("aws_eip") == {}


def test_production_can_not_be_destroyed_by_mistake_and_nonprod_can(plan_of: PlanOf) -> None:
    databases = {
        environment: plan_of(environment, *EVERYTHING_ON).resources[INSTANCE] for environment in ENVIRONMENTS
    }
    assert {name: values["deletion_protection"] for name, values in databases.items()} == {
        "nonprod": False,
        "prod": True,
    }
    assert databases["prod"]["skip_final_snapshot"] is False


def test_a_stage_that_reserves_nothing_else_is_crowded_at_what_zappas_settings_reserve(
    plan_of: PlanOf,
) -> None:
    plan = plan_of("prod", *EVERYTHING_ON)
    (crowded,) = (
        values
        for address, values in plan.of_type("aws_cloudwatch_metric_alarm").items()
        if "crowded" in address
    )
    assert crowded["threshold"] == zappa_settings.committed()["prod"]["lambda_concurrency"] * 4 // 5


def test_an_instance_of_every_size_has_a_number_of_connections_that_alarms(plan_of: PlanOf) -> None:
    larger = "-var=database_instance_class=db.t4g.small"
    plans = [plan_of("prod", *EVERYTHING_ON), plan_of("prod", *EVERYTHING_ON, larger)]
    thresholds = {
        plan.resources[INSTANCE]["instance_class"]: values["threshold"]
        for plan in plans
        for address, values in plan.of_type("aws_cloudwatch_metric_alarm").items()
        if address.endswith(".connections")
    }
    assert thresholds.keys() == {"db.t4g.micro", "db.t4g.small"}
    assert thresholds["db.t4g.micro"] < thresholds["db.t4g.small"]


def test_every_alarm_tells_somebody_and_names_a_runbook_and_an_owner(plan: Plan) -> None:
    alarms = plan.of_type("aws_cloudwatch_metric_alarm")
    assert len(alarms) >= 8
    for address, values in alarms.items():
        tells = values.get("alarm_actions") or plan.unknown[address].get("alarm_actions")
        assert tells, address
        found = hcl_blocks.ALARM.search(values["alarm_description"])
        assert found, address
        assert (terraform.ROOT / found[1]).is_file(), address


def test_production_alone_alarms_somebody_for_its_functions(plan_of: PlanOf) -> None:
    names = {
        environment: {
            values["alarm_name"]
            for values in plan_of(environment, *EVERYTHING_ON).of_type("aws_cloudwatch_metric_alarm").values()
        }
        for environment in ENVIRONMENTS
    }
    assert f"{PROJECT}-prod-api-errors" in names["prod"]
    assert not {name for name in names["nonprod"] if "-dev-" in name or "-staging-" in name}


def test_a_renamed_fork_carries_its_own_name_alone(plan_of: PlanOf) -> None:
    fork = plan_of("prod", *EVERYTHING_ON, project="river-alliance")
    assert len(fork.resources) > 80
    assert fork.outputs["project"] == "river-alliance"
    assert PROJECT not in json.dumps([fork.resources, fork.outputs])


def supplied(plan: Plan, stage: str) -> dict[str, Any]:
    """The stage's variables; None where only an apply will know."""
    known = plan.outputs["stages"][stage]["environment"]
    unknown = plan.unknown_outputs["stages"][stage]["environment"]
    return {**dict.fromkeys(unknown), **known}


def test_static_files_have_an_address_only_where_a_cdn_serves_them(plan_of: PlanOf) -> None:
    assert "STATIC_URL" not in supplied(plan_of("prod", *EVERYTHING_ON), "prod")
    url = "https://static.example.org/static/"
    stages = json.dumps({"prod": {"static_url": url}})
    told = supplied(plan_of("prod", *EVERYTHING_ON, f"-var=stages={stages}"), "prod")
    assert told["STATIC_URL"] == url


@pytest.mark.parametrize(("environment", "stage"), STAGES)
def test_a_deployment_reads_the_outputs_it_needs(plan_of: PlanOf, environment: str, stage: str) -> None:
    ours = platform.from_outputs(outputs(plan_of(environment, *EVERYTHING_ON)), stage)
    assert ours.values.role_name == f"{PROJECT}-{stage}-lambda"
