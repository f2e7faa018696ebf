"""From Terraform's outputs to Zappa's settings."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import infrastructure, platform, terraform, zappa_settings
from ops.emulator import Emulator
from ops.platform import PlatformError, from_outputs
from tests.terraform.plans import skipped_without_terraform

ROOT = Path(__file__).resolve().parents[2]
STAGES: dict[str, dict[str, Any]] = {
    stage: {
        "role_name": f"coalition-builder-{stage}-lambda",
        "ops_role_name": f"coalition-builder-{stage}-ops-lambda",
        "access_log_group_arn": f"arn:aws:logs:us-east-1:1:log-group:/coalition-builder/{stage}/access",
        "public_url": "https://act.example.org/" if stage == "prod" else "",
        "environment": {"DATABASE_SECRET": f"coalition-builder/{stage}/database"},
    }
    for stage in ("dev", "staging", "prod")
}
VALUES = {
    "project": "coalition-builder",
    "account_id": "000000000001",
    "region": "us-east-1",
    "deployments_bucket": "coalition-builder-zappa-deployments-1",
    "database_endpoint": {"host": "db.example.internal", "port": 5432},
    "database_master_secret": "coalition-builder/database/master",
    "static_bucket": "coalition-builder-static-1",
    "media_bucket": "coalition-builder-media-1",
    "private_subnet_ids": ["subnet-a", "subnet-b"],
    "lambda_security_group_id": "sg-1",
    "tags": {"project": "coalition-builder"},
    "stages": STAGES,
}


def outputs(**changes: Any) -> dict[str, Any]:
    values = {**VALUES, **changes}
    return {name: {"value": value, "type": "any"} for name, value in values.items() if value is not None}


def test_a_stage_is_read_from_the_outputs() -> None:
    prod = from_outputs(outputs(), "prod")
    assert prod.public_url == "https://act.example.org"
    assert prod.function == "coalition-builder-prod"
    assert prod.ops_function == "coalition-builder-prod-ops"
    assert prod.values.security_group_ids == ("sg-1",)
    assert (prod.database_host, prod.database_port) == ("db.example.internal", "5432")
    assert prod.master_secret == "coalition-builder/database/master"


def test_a_state_of_before_there_were_cdns_has_none() -> None:
    prod = from_outputs(outputs(), "prod")
    assert (prod.cdn, prod.cdn_secret, prod.upload_handler, prod.has_edge) == (None, "", "", False)


@pytest.mark.parametrize(
    "stage",
    [
        {"cdn": {"domain": "act.example.org"}, "cdn_secret": "name"},
        {"upload_handler": "app.uploads.received"},
    ],
)
def test_a_cdn_or_a_handler_of_uploads_makes_an_edge(stage: dict[str, Any]) -> None:
    prod = from_outputs(outputs(stages={"prod": {**STAGES["prod"], **stage}}), "prod")
    assert prod.has_edge
    assert (prod.cdn, prod.upload_handler) == (stage.get("cdn"), stage.get("upload_handler", ""))


def test_everything_that_is_missing_is_named_at_once() -> None:
    without_role = {"prod": {**STAGES["prod"], "role_name": ""}}
    with pytest.raises(PlatformError) as error:
        from_outputs(outputs(static_bucket=None, stages=without_role, private_subnet_ids="subnet-a"), "prod")
    message = str(error.value)
    for problem in (
        "static_bucket is missing",
        "stages.prod.role_name is empty",
        "private_subnet_ids is no list",
        "make apply ENV=prod",
    ):
        assert problem in message


def test_a_stage_that_terraform_does_not_know_is_named() -> None:
    with pytest.raises(PlatformError, match=r"stages\.dev\.role_name is missing"):
        from_outputs(outputs(stages={"prod": STAGES["prod"]}), "dev")


def test_the_two_functions_have_roles_of_their_own_and_reach_the_database() -> None:
    rendered = from_outputs(outputs(), "prod").rendered_settings("https://act.example.org")
    assert rendered["prod"]["role_name"] == "coalition-builder-prod-lambda"
    assert rendered["prod-ops"]["role_name"] == "coalition-builder-prod-ops-lambda"
    for settings in rendered.values():
        assert settings["vpc_config"]["SubnetIds"] == ["subnet-a", "subnet-b"]
        assert settings["aws_environment_variables"]["PUBLIC_URL"] == "https://act.example.org"
        assert settings["aws_environment_variables"]["STAGE"] == "prod"


def test_migrations_may_take_longer_than_requests() -> None:
    rendered = from_outputs(outputs(), "prod").rendered_settings("https://act.example.org")
    assert "DATABASE_STATEMENT_TIMEOUT_SECONDS" not in rendered["prod"]["aws_environment_variables"]
    ops = rendered["prod-ops"]
    assert (
        int(ops["aws_environment_variables"]["DATABASE_STATEMENT_TIMEOUT_SECONDS"]) < ops["timeout_seconds"]
    )


@pytest.mark.parametrize(
    ("told", "serving", "companion"), [("absent", 30, 3), (None, 30, 3), (50, 50, 3), (-1, None, None)]
)
def test_the_reserved_concurrency_may_be_changed_or_given_up(
    told: Any, serving: int | None, companion: int | None
) -> None:
    stage = STAGES["prod"] | ({} if told == "absent" else {"lambda_concurrency": told})
    rendered = from_outputs(outputs(stages={"prod": stage}), "prod").rendered_settings(
        "https://act.example.org"
    )
    assert rendered["prod"].get("lambda_concurrency") == serving
    assert rendered["prod-ops"].get("lambda_concurrency") == companion


@pytest.mark.parametrize("told", [0, -2, "30", 1.5, True])
def test_a_concurrency_that_would_stop_the_function_is_refused(told: Any) -> None:
    stage = STAGES["prod"] | {"lambda_concurrency": told}
    with pytest.raises(
        PlatformError, match=r"stages\.prod\.lambda_concurrency is .*expected a number from 1, or -1"
    ):
        from_outputs(outputs(stages={"prod": stage}), "prod")


def test_without_a_domain_the_address_is_the_apis() -> None:
    dev = from_outputs(outputs(), "dev")
    assert dev.public_url == ""
    assert dev.api_url("abc123") == "https://abc123.execute-api.us-east-1.amazonaws.com/dev"


def test_terraform_declares_every_output_that_is_read() -> None:
    declared = set(re.findall(r'^output "(\w+)"', (ROOT / "terraform/outputs.tf").read_text(), re.MULTILINE))
    assert VALUES.keys() - declared == set()


@pytest.fixture
def state(aws: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Terraform with the state bucket on the emulator."""
    with skipped_without_terraform():
        terraform.init(
            terraform.TERRAFORM, "-backend=false", extra={"TF_DATA_DIR": str(tmp_path / "offline")}
        )
    switches = (
        "use_path_style",
        "skip_credentials_validation",
        "skip_requesting_account_id",
        "skip_metadata_api_check",
    )
    monkeypatch.setenv("TF_CLI_ARGS_init", " ".join(f"-backend-config={switch}=true" for switch in switches))
    monkeypatch.setattr(infrastructure, "ROOT", tmp_path)
    bucket = infrastructure.state_bucket()
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    yield bucket
    s3.delete_object(Bucket=bucket, Key="platform/prod.tfstate")


def write_state(bucket: str, values: dict[str, Any]) -> None:
    kept: dict[str, Any] = {
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 1,
        "lineage": "test",
        "resources": [],
    }
    kept["outputs"] = {
        name: {"value": value, "type": terraform_type(value)} for name, value in values.items()
    }
    boto3.client("s3").put_object(Bucket=bucket, Key="platform/prod.tfstate", Body=json.dumps(kept))


def terraform_type(value: Any) -> Any:
    """The type of an output as a state file has it."""
    if isinstance(value, dict):
        return ["object", {name: terraform_type(inner) for name, inner in value.items()}]
    if isinstance(value, list):
        return ["tuple", [terraform_type(inner) for inner in value]]
    return "number" if isinstance(value, int) else "string"


def test_the_state_of_the_stages_environment_is_read(state: str, aws: Emulator) -> None:
    write_state(state, VALUES)
    assert platform.from_terraform("prod") == platform.on_emulator(from_outputs(outputs(), "prod"), aws.url)


def test_on_an_emulator_the_apis_address_is_the_emulators() -> None:
    prod = platform.on_emulator(from_outputs(outputs(), "prod"), "http://127.0.0.1:4566")
    assert prod.api_url("abc123") == "http://127.0.0.1:4566/restapis/abc123/prod/_user_request_"
    assert prod.rendered_settings("https://act.example.org")["prod"]["touch"] is False


def test_a_name_that_can_begin_no_name_is_told_as_such(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise zappa_settings.SettingsError("project_name is 'Coalition'")

    monkeypatch.setattr(zappa_settings, "project_name", refuse)
    with pytest.raises(PlatformError, match="project_name is 'Coalition'"):
        platform.from_terraform("prod")
    assert state


@pytest.mark.parametrize("endpoint", ["", "https://vpce-1.execute-api.us-east-1.vpce.amazonaws.com"])
def test_on_aws_it_is_awss(endpoint: str) -> None:
    prod = from_outputs(outputs(), "prod")
    assert platform.on_emulator(prod, endpoint) == prod


def test_a_state_that_nobody_applied_is_said(state: str) -> None:
    with pytest.raises(PlatformError, match=r"project is missing(.|\n)*make apply ENV=prod"):
        platform.from_terraform("prod")


def test_without_an_identity_nothing_is_tried(aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(PlatformError, match="AWS does not know who you are"):
        platform.from_terraform("prod")
