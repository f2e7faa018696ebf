"""The committed Zappa settings and what a deployment makes of them."""

import importlib
import inspect
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import zappa.core
from botocore.stub import Stubber
from zappa.cli import ZappaCLI

from ops import zappa_settings
from ops.zappa_settings import Platform, SettingsError

STAGES = ("dev", "staging", "prod")
EVERY_STAGE = (*STAGES, *(f"{stage}-ops" for stage in STAGES))


@pytest.fixture
def platform() -> Platform:
    return Platform(
        project="green-alliance",
        region="us-west-2",
        deployments_bucket="green-alliance-123456789012-zappa-deployments",
        role_name="green-alliance-prod-lambda",
        subnet_ids=("subnet-1", "subnet-2"),
        security_group_ids=("sg-1",),
        environment={"DATABASE_SECRET": "green-alliance/prod/database", "STAGE": "dev"},
        tags={"Project": "green-alliance"},
        api_policy_file="build/office-addresses.json",
    )


def loaded_by_zappa(
    stage: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    settings_file: Path = zappa_settings.COMMITTED,
) -> ZappaCLI:
    """What the pinned Zappa itself makes of the file, far from any account and from this folder."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(zappa.core.Zappa, "load_credentials", lambda *_: None)
    monkeypatch.setattr(zappa.core.Zappa, "boto_client", lambda *_, **__: None)
    monkeypatch.setattr(zappa.core.Zappa, "boto_resource", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)
    cli = ZappaCLI()
    cli.api_stage = stage
    cli.load_settings(str(settings_file))
    return cli


def test_the_stages_are_the_three_and_their_companions() -> None:
    assert set(json.loads(zappa_settings.COMMITTED.read_text())) == set(EVERY_STAGE)


def test_the_keys_of_the_pinned_zappa_are_found_in_its_source() -> None:
    known = zappa_settings.known_keys()
    # Read in five different ways: get, get with a default, `in`, CUSTOM_SETTINGS, and on another stage.
    assert {"memory_size", "role_arn", "project_name", "role_name", "extends"} <= known
    assert "memory" not in known
    assert len(known) > 90


def test_every_committed_key_is_known_to_the_pinned_zappa() -> None:
    raw = json.loads(zappa_settings.COMMITTED.read_text())
    assert {key for stage in raw.values() for key in stage} <= zappa_settings.known_keys()


def test_a_misspelt_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_text('{"dev": {"memory": 512}}')
    with pytest.raises(SettingsError, match=r"does not know memory in zappa_settings\.json, stage dev"):
        zappa_settings.committed(path)


@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_our_reading_of_the_file_is_zappas(
    stage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli = loaded_by_zappa(stage, monkeypatch, tmp_path)
    theirs = {key: value for key, value in cli.stage_config.items() if key != "extends"}
    assert theirs == zappa_settings.committed()[stage]


@pytest.mark.parametrize(
    ("stage", "memory", "keep_warm", "tracing"),
    [
        ("dev", 512, None, False),
        ("staging", 512, "rate(10 minutes)", False),
        ("prod", 1024, "rate(4 minutes)", True),
    ],
)
def test_each_stage_has_the_numbers_that_are_required(
    stage: str, memory: int, keep_warm: str | None, *, tracing: bool
) -> None:
    settings = zappa_settings.committed()[stage]
    assert (settings["memory_size"], settings["timeout_seconds"], settings["xray_tracing"]) == (
        memory,
        30,
        tracing,
    )
    assert settings["keep_warm"] == (keep_warm is not None)
    assert settings.get("keep_warm_expression") == keep_warm
    assert settings["runtime"] == "python3.13"
    assert (settings["log_level"], settings["debug"], settings["manage_roles"]) == ("INFO", False, False)
    # A fork changes the project's name alone; roles come with the platform.
    assert "role_name" not in settings


@pytest.mark.parametrize("stage", STAGES)
def test_a_companion_has_no_api_more_time_and_the_queue(stage: str) -> None:
    stages = zappa_settings.committed()
    serving, companion = stages[stage], stages[f"{stage}-ops"]
    changed = {key for key in companion if companion[key] != serving.get(key)} - {"keep_warm"}
    assert changed == {"apigateway_enabled", "timeout_seconds", "lambda_concurrency", "events"}
    assert (companion["apigateway_enabled"], companion["timeout_seconds"], companion["keep_warm"]) == (
        False,
        900,
        False,
    )
    assert {event["function"]: event["expression"] for event in companion["events"]} == {
        "app.jobs.schedule.work_off_queue": "rate(1 minute)",
        "app.endorsements.schedule.forget_unconfirmed": "rate(1 day)",
        "app.uploads.schedule.look_again": "rate(1 hour)",
        "app.influencers.consent.expire_forms": "rate(1 day)",
        "app.influencers.workbook.schedule.forget_old": "rate(1 day)",
    }
    assert "events" not in serving
    assert companion["aws_environment_variables"] == {"STAGE": stage}


def test_every_function_reserves_its_concurrency() -> None:
    """Zappa deletes the reservation with each update of a stage that says none, and nothing then bounds connections."""
    reserved = {
        stage: settings["lambda_concurrency"] for stage, settings in zappa_settings.committed().items()
    }
    assert reserved == {"dev": 5, "staging": 10, "prod": 30, "dev-ops": 3, "staging-ops": 3, "prod-ops": 3}


def test_every_function_that_is_named_exists_and_takes_what_it_is_given() -> None:
    for settings in zappa_settings.committed().values():
        for event in settings.get("events", []):
            # Zappa calls again with fewer arguments when a TypeError comes out, so there may be no way to do so.
            parameters = inspect.signature(_function(event["function"])).parameters.values()
            assert [parameter.default for parameter in parameters] == [inspect.Parameter.empty] * 2
            # Zappa takes what follows the last hyphen of the rule's name.
            assert re.fullmatch(r"[._A-Za-z0-9]{1,63}", event["function"])
        assert callable(_function(settings["lambda_handler"]))
        assert callable(_function(settings["app_function"]))


def _function(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_the_committed_file_names_no_account_and_no_secret() -> None:
    text = zappa_settings.COMMITTED.read_text()
    assert not re.search(r"\d{12}|arn:|s3_bucket|vpc_config|aws_region|secret|password", text, re.IGNORECASE)


def test_a_rollback_needs_nothing_but_the_committed_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Zappa's own code puts back the bytes of the version before, without a look at a bucket or an account."""
    cli = loaded_by_zappa("prod", monkeypatch, tmp_path)
    name, location = "coalition-builder-prod", "https://code.example/2.zip"
    versions = [{"Version": version} for version in ("$LATEST", "1", "2", "3")]
    fetched = {location: SimpleNamespace(status_code=200, content=b"the zip of version 2")}
    monkeypatch.setattr("zappa.core.requests.get", fetched.__getitem__)
    cli.zappa.lambda_client = boto3.client("lambda", region_name="us-east-1")
    with Stubber(cli.zappa.lambda_client) as aws:
        aws.add_response("list_versions_by_function", {"Versions": versions}, {"FunctionName": name})
        aws.add_response(
            "get_function", {"Code": {"Location": location}}, {"FunctionName": f"function:{name}:2"}
        )
        aws.add_response(
            "update_function_code",
            {"Version": "4", "FunctionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}"},
            {"FunctionName": name, "ZipFile": b"the zip of version 2", "Publish": True},
        )
        aws.add_client_error("get_alias", "ResourceNotFoundException")
        cli.rollback(1)
        aws.assert_no_pending_responses()


def test_rendering_adds_what_the_platform_knows(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    policy = tmp_path / platform.api_policy_file
    policy.parent.mkdir()
    policy.write_text("{}")
    path = tmp_path / "rendered.json"
    path.write_text(json.dumps(zappa_settings.render("prod", platform)))
    serving = loaded_by_zappa("prod", monkeypatch, tmp_path, path)
    assert serving.lambda_name == "green-alliance-prod"
    assert serving.s3_bucket_name == platform.deployments_bucket
    assert serving.aws_region == "us-west-2"
    assert serving.vpc_config == {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
        "Ipv6AllowedForDualStack": True,
    }
    assert serving.aws_environment_variables == {
        "DATABASE_SECRET": "green-alliance/prod/database",
        "STAGE": "prod",
    }
    assert serving.zappa.apigateway_policy == "{}"
    companion = loaded_by_zappa("prod-ops", monkeypatch, tmp_path, path)
    assert companion.lambda_name == "green-alliance-prod-ops"
    assert companion.vpc_config == serving.vpc_config
    assert companion.use_apigateway is False
    assert companion.zappa.apigateway_policy is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "canary-0123456789"),
        ("ORIGIN_SECRET", "canary-0123456789"),
        ("EMAIL_HOST_PASSWORD", "canary-0123456789"),
        ("DATABASE_URL", "postgres://app:canary@db.example/app"),
        ("SENTRY_TOKEN", "canary-0123456789"),
    ],
)
def test_a_secret_among_the_variables_is_refused_without_being_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refusal:
        zappa_settings.render(
            "dev",
            Platform(
                project="p",
                region="us-east-1",
                deployments_bucket="b",
                role_name="r",
                environment={name: value},
            ),
        )
    assert "canary" not in str(refusal.value)
