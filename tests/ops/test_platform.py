"""From Terraform's outputs to Zappa's settings."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ops import platform
from ops.platform import PlatformError, from_outputs

ROOT = Path(__file__).resolve().parents[2]
STAGES = {
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
    "static_bucket": "coalition-builder-static-1",
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


def test_without_a_domain_the_address_is_the_apis() -> None:
    dev = from_outputs(outputs(), "dev")
    assert dev.public_url == ""
    assert dev.api_url("abc123") == "https://abc123.execute-api.us-east-1.amazonaws.com/dev"


def test_terraform_declares_every_output_that_is_read() -> None:
    declared = set(re.findall(r'^output "(\w+)"', (ROOT / "terraform/outputs.tf").read_text(), re.MULTILINE))
    assert VALUES.keys() - declared == set()


def test_the_text_of_terraform_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "terraform"
    fake.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(outputs())}\nEND\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert platform.from_terraform("prod").static_bucket == "coalition-builder-static-1"


def test_a_terraform_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError, match="not on PATH"):
        platform.from_terraform("prod")
