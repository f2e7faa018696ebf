"""The operator's verbs: what they ask, refuse and say."""

import argparse
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ops import deploy, doctor, functions, platform, stage, zappa_settings
from ops.deploy import DeployError
from ops.deployment import Deployment
from ops.emulator import ACCOUNT_ID, REGION, Emulator
from ops.platform import StagePlatform
from tests.ops import probes


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
    return argparse.Namespace(**{"to": "", "since": "10m", "ops": False, "email": "", **given})


def answers(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO(text)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_production_asks_and_no_is_no(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    """Ctrl-D, the end of what is typed, is a no too."""
    answers(answer, monkeypatch)
    assert stage.perform("rollback", prod, arguments()) == 1
    assert "Nothing was changed." in capsys.readouterr().err


def test_the_question_names_the_release_that_would_serve(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for release in ("one", "two"):
        prod.releases.record("prod", release, {})
    answers("n\n", monkeypatch)
    assert stage.perform("rollback", prod, arguments()) == 1
    assert f"Roll prod back to one in account {ACCOUNT_ID}?" in capsys.readouterr().out


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


def test_the_status_of_a_stage_that_does_not_answer_still_tells_what_is_recorded(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    prod = replace(prod, platform=replace(prod.platform, public_url="http://127.0.0.1:9"))
    prod.releases.record("prod", "one", {})
    with prod.releases.lock("prod"):
        assert stage.perform("status", prod, arguments()) == 0
    said = capsys.readouterr().out
    assert said.count("can't be reached") == 2
    assert re.search(r"recorded release: one; \S+@.* deploys$", said)


def test_an_interrupted_command_says_where_to_look_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", ["ops.stage", "status", "dev"])
    monkeypatch.setattr(platform, "from_terraform", interrupt)
    assert stage.main() == 130
    assert "See `make status STAGE=dev`." in capsys.readouterr().err


def test_releases_tells_which_one_serves_and_which_is_lost(
    prod: Deployment, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = tmp_path / "kept.zip"
    kept.write_bytes(b"zip")
    prod.releases.add("two", kept)
    prod.releases.record("prod", "one", {})
    prod.releases.record("prod", "two", {})
    assert stage.perform("releases", prod, arguments()) == 0
    first, second, summary = capsys.readouterr().out.splitlines()
    assert first.endswith("  two  serves")
    assert second.endswith("  one  (its zip is gone)")
    assert summary.startswith("1 releases are kept")


def test_a_first_deploy_that_died_half_way_is_told_with_the_way_out(prod: Deployment) -> None:
    probes.make(prod.platform.function, "handler = print")
    with pytest.raises(DeployError, match=r"API is not: a first deploy died.*`make undeploy STAGE=prod`"):
        deploy.refuse_halves(prod)


def make_stack(name: str) -> None:
    """One that has an Api, as Zappa's has."""
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": name}}
    stacks = boto3.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Api": api}}))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_an_api_whose_function_is_gone_is_taken_down_by_the_way_out_that_is_named(prod: Deployment) -> None:
    make_stack(prod.platform.function)
    with pytest.raises(DeployError, match=r"its function is not.*`make undeploy STAGE=prod`"):
        deploy.refuse_halves(prod)
    deploy.undeploy(prod)
    deploy.refuse_halves(prod)


@pytest.mark.parametrize(
    ("status", "api_id", "expected"),
    [
        ("CREATE_FAILED", "", None),
        ("DELETE_COMPLETE", "a1", None),
        ("CREATE_COMPLETE", "a1", "a1"),
        ("UPDATE_COMPLETE", "a1", "a1"),
        ("UPDATE_IN_PROGRESS", "a1", "a1"),
        ("UPDATE_FAILED", "a1", "a1"),
    ],
)
def test_an_api_that_could_not_be_made_is_none_and_one_that_could_not_be_changed_is_there(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, status: str, api_id: str, expected: str | None
) -> None:
    detail = {
        "LogicalResourceId": "Api",
        "ResourceType": "AWS::ApiGateway::RestApi",
        "LastUpdatedTimestamp": datetime.now(UTC),
        "ResourceStatus": status,
        **({"PhysicalResourceId": api_id} if api_id else {}),
    }
    stacks = boto3.client("cloudformation")
    # The emulator's stacks do not fail.
    with Stubber(stacks) as answers_of_aws:
        answers_of_aws.add_response("describe_stack_resource", {"StackResourceDetail": detail})
        monkeypatch.setattr(boto3, "client", lambda _: stacks)
        assert prod.api_id() == expected


def test_a_failing_function_shows_its_error(prod: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    probes.make(
        prod.platform.ops_function, "def handler(event, context):\n    raise RuntimeError('no such table')"
    )
    assert stage.perform("migrate", prod, arguments()) == 1
    said = capsys.readouterr().err
    assert "no such table" in said
    assert "changed nothing" in said
    assert "Run `make migrate STAGE=prod` again." in said


def test_a_management_command_says_on_the_terminal_what_it_printed_in_the_function(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    probes.make(prod.platform.ops_function, "def handler(event, context):\n    print('ran', event['manage'])")
    assert stage.perform("manage", prod, arguments(command="jobs list --failed")) == 0
    assert capsys.readouterr().out == "ran jobs list --failed\n"


def test_a_management_command_that_fails_shows_its_error(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    probes.make(
        prod.platform.ops_function, "def handler(event, context):\n    raise SystemExit('no such job')"
    )
    assert stage.perform("manage", prod, arguments(command="jobs rerun 1")) == 1
    assert "no such job" in capsys.readouterr().err


REPLIES = """
def handler(event, context):
    if not event["reply"]:
        raise RuntimeError(event)
    if "refused" in event["manage"]:
        return {"refused": "An account has this address and is no active administrator."}
    return {"output": event["manage"] + "\\n"}
"""


def with_domain(deployment: Deployment) -> Deployment:
    """The stage as if it had a domain."""
    platform = replace(
        deployment.platform,
        public_url="https://coalition.test",
        master_secret="coalition/database/master",
        database_host="db.internal",
        database_port="5433",
    )
    return replace(deployment, platform=platform)


def test_the_link_of_a_first_administrator_is_printed(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    prod = with_domain(prod)
    probes.make(prod.platform.ops_function, REPLIES)
    assert stage.perform("create-admin", prod, arguments(email="ada@example.org")) == 0
    assert capsys.readouterr().out == "create_admin ada@example.org\n"


def test_what_the_command_refuses_is_said_without_a_traceback(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    prod = with_domain(prod)
    probes.make(prod.platform.ops_function, REPLIES)
    assert stage.perform("create-admin", prod, arguments(email="refused@example.org")) == 1
    assert capsys.readouterr().err == "An account has this address and is no active administrator.\n"


@pytest.mark.parametrize("email", ["", "ada", "ada @example.org", "--help@example.org", "a@b@c"])
def test_what_is_no_address_is_not_sent(
    prod: Deployment, capsys: pytest.CaptureFixture[str], email: str
) -> None:
    assert stage.perform("create-admin", prod, arguments(email=email)) == 1
    assert "is no e-mail address" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["create-admin", "db-bootstrap"])
def test_before_a_deploy_it_says_what_comes_first(
    prod: Deployment, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert stage.perform(verb, prod, arguments(email="ada@example.org")) == 1
    said = capsys.readouterr().err
    assert f"There is no function {prod.platform.ops_function}" in said
    assert "`make deploy STAGE=prod`" in said


def test_a_link_needs_an_address_to_lead_to(prod: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    probes.make(prod.platform.ops_function, REPLIES)
    assert stage.perform("create-admin", prod, arguments(email="ada@example.org")) == 1
    assert "prod has no address that a link could lead to" in capsys.readouterr().err


def test_code_that_is_too_old_to_reply_is_named(prod: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    prod = with_domain(prod)
    probes.make(prod.platform.ops_function, "handler = lambda event, context: {}")
    assert stage.perform("create-admin", prod, arguments(email="ada@example.org")) == 1
    assert "does not answer: deploy this tree first" in capsys.readouterr().err


def test_the_database_is_made_by_the_instance_and_the_masters_secret(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    prod = with_domain(prod)
    probes.make(prod.platform.ops_function, REPLIES)
    assert stage.perform("db-bootstrap", prod, arguments()) == 0
    expected = "db_bootstrap --master-secret coalition/database/master --host db.internal --port 5433"
    assert expected in capsys.readouterr().out


def test_a_platform_without_a_master_user_makes_no_database(
    prod: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    probes.make(prod.platform.ops_function, REPLIES)
    assert stage.perform("db-bootstrap", prod, arguments()) == 1
    assert "says nothing of the database's master user" in capsys.readouterr().err


def test_new_variables_come_before_the_code_and_old_ones_go_after_it(prod: Deployment) -> None:
    function = prod.platform.function
    probes.make(function, "handler = print")
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


def doctor_says(
    prod: Deployment, handler_code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """The doctor's exit code and words, for a stage where nothing but the endpoints is asked."""
    monkeypatch.setattr(doctor, "problems", lambda _: [])
    if handler_code:
        probes.make(prod.platform.ops_function, handler_code)
    status = stage.perform("doctor", prod, arguments())
    said = capsys.readouterr()
    return status, said.out + said.err


def test_the_doctor_tells_what_the_companion_reaches(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = doctor_says(prod, REPLIES, monkeypatch, capsys)
    assert (status, said.splitlines()[0]) == (0, "probe_endpoints")


def test_the_doctor_fails_over_an_endpoint_that_is_not_reached(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refuses = "def handler(event, context):\n    return {'refused': 'FAILED   secretsmanager'}"
    assert doctor_says(prod, refuses, monkeypatch, capsys) == (1, "FAILED   secretsmanager\n")


def test_the_doctor_names_whoever_deploys_or_died_at_it(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with prod.releases.lock("prod"):
        status, said = doctor_says(prod, REPLIES, monkeypatch, capsys)
    assert status == 1
    assert "If that deploy is dead: aws s3 rm s3://" in said


def test_the_doctor_shows_why_a_companion_does_not_start(
    prod: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dies = "raise RuntimeError('DJANGO_SECRET: the secret x can not be read: ConnectTimeoutError')"
    status, said = doctor_says(prod, dies, monkeypatch, capsys)
    assert status == 1
    assert "DJANGO_SECRET: the secret x can not be read: ConnectTimeoutError" in said


@pytest.mark.parametrize(
    ("handler_code", "expected"),
    [
        ("", "There is no function"),
        (
            "def handler(event, context):\n    return {'refused': \"Unknown command: 'probe_endpoints'\"}",
            "the next deploy asks",
        ),
    ],
)
def test_the_doctor_is_content_with_a_companion_that_can_not_be_asked_yet(
    prod: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    handler_code: str,
    expected: str,
) -> None:
    status, said = doctor_says(prod, handler_code, monkeypatch, capsys)
    assert status == 0
    assert expected in said
