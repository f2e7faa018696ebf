"""What stops a deploy before it begins, against an emulated account."""

import json
import os
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import doctor, zappa_settings
from ops.emulator import ACCOUNT_ID, REGION, Emulator
from ops.platform import StagePlatform

KEY = "k" * doctor.SHORTEST_KEY
CREDENTIALS = json.dumps({"username": "app", "password": "a-password"})


@pytest.fixture
def prod(aws: Emulator, request: pytest.FixtureRequest) -> StagePlatform:
    """A stage with nothing wrong."""
    name = f"{zlib.crc32(request.node.name.encode()):x}"
    for secret, text in (("database", CREDENTIALS), ("django", KEY)):
        boto3.client("secretsmanager").create_secret(Name=f"{name}/{secret}", SecretString=text)
    return StagePlatform(
        stage="prod",
        values=zappa_settings.Platform(
            project="coalition-builder",
            region=REGION,
            deployments_bucket="deployments",
            role_name="lambda",
            environment={"DATABASE_SECRET": f"{name}/database", "DJANGO_SECRET": f"{name}/django"},
        ),
        ops_role_name="ops",
        static_bucket="static",
        account_id=ACCOUNT_ID,
    )


def with_environment(platform: StagePlatform, **variables: str) -> StagePlatform:
    environment = {**platform.values.environment, **variables}
    return replace(platform, values=replace(platform.values, environment=environment))


def write(platform: StagePlatform, variable: str, text: str) -> None:
    client: Any = boto3.client("secretsmanager")
    client.put_secret_value(SecretId=platform.values.environment[variable], SecretString=text)


def test_a_stage_with_nothing_wrong_passes(prod: StagePlatform) -> None:
    assert doctor.platform_problems(prod) == []


def test_another_account_is_refused(prod: StagePlatform) -> None:
    (problem,) = doctor.platform_problems(replace(prod, account_id="123456789012"))
    assert problem == f"You are in account {ACCOUNT_ID}, and prod is in 123456789012: set AWS_PROFILE."


def test_a_placeholder_is_named(prod: StagePlatform) -> None:
    (problem,) = doctor.platform_problems(with_environment(prod, DEFAULT_FROM_EMAIL="us@example.org"))
    assert problem.startswith("DEFAULT_FROM_EMAIL is still a placeholder")


def test_a_secret_that_is_missing_is_named(prod: StagePlatform) -> None:
    (problem,) = doctor.platform_problems(with_environment(prod, DJANGO_SECRET="nowhere/django"))
    assert problem.startswith("The secret nowhere/django can't be read (ResourceNotFoundException)")


def test_a_stage_that_is_told_of_no_secret_is_refused(prod: StagePlatform) -> None:
    bare = replace(prod, values=replace(prod.values, environment={}))
    assert [problem.split()[0] for problem in doctor.platform_problems(bare)] == [
        "DATABASE_SECRET",
        "DJANGO_SECRET",
    ]


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("DATABASE_SECRET", "hunter2-and-more", "is no JSON object with username and password"),
        (
            "DATABASE_SECRET",
            '{"username": "hunter2-and-more"}',
            "is no JSON object with username and password",
        ),
        ("DATABASE_SECRET", '{"username": "hunter2-and-more", "password": ""}', "has no password"),
        ("DJANGO_SECRET", "hunter2-and-more", "is shorter than 50 characters"),
    ],
)
def test_a_malformed_secret_is_named_and_not_repeated(
    prod: StagePlatform, variable: str, text: str, expected: str
) -> None:
    write(prod, variable, text)
    (problem,) = doctor.platform_problems(prod)
    assert expected in problem
    assert "hunter2" not in problem


def test_this_machine_has_tools_that_can() -> None:
    assert doctor.tools() == []


def test_a_terraform_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "terraform"
    old.write_text('#!/bin/sh\necho \'{"terraform_version": "1.9.8"}\'\n')
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (problem,) = doctor.tools()
    assert "1.9.8" in problem


def test_another_python_than_lambdas_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LAMBDA_PYTHON_VERSION", (3, 99))
    (problem,) = doctor.tools()
    assert "3.99" in problem


@pytest.mark.parametrize(
    ("path", "expected"), [(os.environ["PATH"], "`git status` failed in"), ("", "git is not on PATH")]
)
def test_a_tree_that_is_no_checkout_is_said(
    prod: StagePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str, expected: str
) -> None:
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", path)
    (problem,) = doctor.tree(prod)
    assert problem.startswith(expected)
