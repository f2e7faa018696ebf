"""The operator's verbs: what they ask, refuse and say."""

import argparse
import io
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import deploy, functions, stage, zappa_settings
from ops.deploy import DeployError, Deployment
from ops.emulator import ACCOUNT_ID, REGION, Emulator
from ops.platform import StagePlatform

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/lambda"


@pytest.fixture
def prod(aws: Emulator, tmp_path: Path) -> Deployment:
    """A stage that nothing was deployed to."""
    project = f"p{abs(hash(tmp_path)) % 10**8}"
    boto3.client("s3").create_bucket(Bucket=f"{project}-deployments")
    platform = StagePlatform(
        stage="prod",
        values=zappa_settings.Platform(
            project=project, region=REGION, deployments_bucket=f"{project}-deployments", role_name="lambda"
        ),
        ops_role_name="ops",
        static_bucket=f"{project}-static",
        account_id=ACCOUNT_ID,
        gateway_url=aws.gateway_url("{api_id}", "prod"),
    )
    return Deployment(platform, tmp_path / "zappa")


def arguments(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"to": "", "since": "10m", "ops": False, **given})


def answers(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO(text)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)


def make_function(name: str, handler_code: str) -> None:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("probe.py", handler_code)
    boto3.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="probe.handler",
        Code={"ZipFile": buffer.getvalue()},
        Environment={"Variables": {"OLD": "1"}},
    )


def test_production_asks_and_no_is_no(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers("n\n", monkeypatch)
    assert stage.perform("rollback", prod, arguments()) == 1
    assert "Nothing was changed." in capsys.readouterr().err


def test_with_nobody_to_ask_confirm_has_to_be_set(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert stage.perform("rollback", prod, arguments()) == 1
    assert "set CONFIRM=1" in capsys.readouterr().err


def test_a_rollback_without_a_release_before_says_so(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONFIRM", "1")
    assert stage.perform("rollback", prod, arguments()) == 1
    assert "No release served prod before the current one" in capsys.readouterr().err


def test_a_rollback_to_an_unknown_release_changes_nothing(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONFIRM", "1")
    assert stage.perform("rollback", prod, arguments(to="nowhere")) == 1
    assert "There is no release 'nowhere'. The newest are: none." in capsys.readouterr().err


def test_the_status_of_nothing(prod: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.perform("status", prod, arguments()) == 0
    said = capsys.readouterr().out
    assert said.count("is not there") == 2
    assert "nothing was deployed yet" in said


def test_releases_tells_which_one_serves_and_which_is_lost(
    prod: Deployment, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = tmp_path / "kept.zip"
    kept.write_bytes(b"zip")
    prod.releases.add("two", kept)
    prod.releases.record("prod", "one")
    prod.releases.record("prod", "two")
    assert stage.perform("releases", prod, arguments()) == 0
    first, second, summary = capsys.readouterr().out.splitlines()
    assert first.endswith("  two  serves")
    assert second.endswith("  one  (its zip is gone)")
    assert summary.startswith("1 releases are kept")


def test_a_first_deploy_that_died_half_way_is_told_with_the_way_out(prod: Deployment) -> None:
    make_function(prod.platform.function, "handler = print")
    with pytest.raises(DeployError, match=r"API is not: a first deploy died.*aws lambda delete-function"):
        deploy.refuse_halves(prod)


def test_a_failing_function_shows_its_error(prod: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    make_function(
        prod.platform.ops_function, "def handler(event, context):\n    raise RuntimeError('no such table')"
    )
    assert stage.perform("migrate", prod, arguments()) == 1
    said = capsys.readouterr().err
    assert "no such table" in said
    assert "Run `make migrate STAGE=prod` again." in said


def test_a_management_command_says_on_the_terminal_what_it_printed_in_the_function(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    make_function(
        prod.platform.ops_function, "def handler(event, context):\n    print('ran', event['manage'])"
    )
    assert stage.perform("manage", prod, arguments(command="jobs list --failed")) == 0
    assert capsys.readouterr().out == "ran jobs list --failed\n"


def test_a_management_command_that_fails_shows_its_error(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    make_function(
        prod.platform.ops_function, "def handler(event, context):\n    raise SystemExit('no such job')"
    )
    assert stage.perform("manage", prod, arguments(command="jobs rerun 1")) == 1
    assert "no such job" in capsys.readouterr().err


def test_new_variables_come_before_the_code_and_old_ones_go_after_it(prod: Deployment) -> None:
    function = prod.platform.function
    make_function(function, "handler = print")
    functions.set_environment(function, {"NEW": "2"}, keep_others=True)
    assert functions.environment(function) == {"OLD": "1", "NEW": "2"}
    functions.set_environment(function, {"NEW": "2"}, keep_others=False)
    assert functions.environment(function) == {"NEW": "2"}


def test_static_files_are_uploaded_once_with_a_years_leave_to_keep_them(
    prod: Deployment, tmp_path: Path
) -> None:
    bucket = prod.platform.static_bucket
    boto3.client("s3").create_bucket(Bucket=bucket)
    files = tmp_path / "static"
    (files / "site").mkdir(parents=True)
    (files / "site" / "site.0123456789ab.css").write_text("body {}")
    (files / "staticfiles.json").write_text("{}")
    assert deploy.upload_static(bucket, files) == 1
    assert deploy.upload_static(bucket, files) == 0
    kept = boto3.client("s3").get_object(Bucket=bucket, Key="static/site/site.0123456789ab.css")
    assert kept["ContentType"] == "text/css"
    assert kept["CacheControl"] == "public, max-age=31536000, immutable"
