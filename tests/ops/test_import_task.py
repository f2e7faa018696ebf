"""The operator's side of the import task: it starts, is followed, and its exit code is the command's."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ops import import_task, zappa_settings
from ops.import_task import NO_IMAGE, ImportTask, TaskError, from_outputs, run
from ops.platform import PlatformError

ARN = "arn:aws:ecs:us-east-1:123456789012:task/cluster/0123abcd"
WORDS = ["import_tiger", "--all", "--vintage", "2024"]
OUTPUTS: dict[str, Any] = {
    "import_task": {
        "value": {
            "region": "us-east-1",
            "subnet_ids": ["subnet-1", "subnet-2"],
            "cluster": "cluster",
            "repository_url": "123456789012.dkr.ecr.us-east-1.amazonaws.com/cluster",
            "image_tag": "abc1234",
            "container": "app",
            "security_group_id": "sg-task",
            "families": {"prod": "cluster-prod"},
            "log_groups": {"prod": "/aws/ecs/cluster-prod"},
        }
    },
}


@pytest.fixture
def task() -> ImportTask:
    return from_outputs(OUTPUTS, "prod")


class Aws:
    """ECS and CloudWatch Logs, answering in turn as their API references have it, and refusing any other request."""

    def __init__(self) -> None:
        options = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
        self.clients = {name: boto3.client(name, **options) for name in ("ecs", "logs")}
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}

    def started(self, provider: str = "FARGATE_SPOT", failures: list[dict[str, str]] | None = None) -> None:
        asked = {
            "cluster": "cluster",
            "taskDefinition": "cluster-prod",
            "capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}],
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": ["subnet-1", "subnet-2"],
                    "securityGroups": ["sg-task"],
                    "assignPublicIp": "ENABLED",
                }
            },
            "overrides": {"containerOverrides": [{"name": "app", "command": WORDS}]},
            "propagateTags": "TASK_DEFINITION",
        }
        tasks = [] if failures else [{"taskArn": ARN}]
        self.stubs["ecs"].add_response("run_task", {"tasks": tasks, "failures": failures or []}, asked)

    def described(self, status: str, **more: Any) -> None:
        answer = {"tasks": [{"taskArn": ARN, "lastStatus": status, **more}]}
        self.stubs["ecs"].add_response("describe_tasks", answer, {"cluster": "cluster", "tasks": [ARN]})

    def unknown(self) -> None:
        answer: dict[str, Any] = {"tasks": [], "failures": [{"arn": ARN, "reason": "MISSING"}]}
        self.stubs["ecs"].add_response("describe_tasks", answer, {"cluster": "cluster", "tasks": [ARN]})

    def said(self, *messages: str, token: str, after: str = "") -> None:
        asked = {
            "logGroupName": "/aws/ecs/cluster-prod",
            "logStreamName": "task/app/0123abcd",
            "startFromHead": True,
            **({"nextToken": after} if after else {}),
        }
        now = int(dt.datetime.now(dt.UTC).timestamp() * 1000)
        events = [{"timestamp": now, "ingestionTime": now, "message": message} for message in messages]
        answer = {"events": events, "nextForwardToken": token, "nextBackwardToken": "b"}
        self.stubs["logs"].add_response("get_log_events", answer, asked)

    def silent(self) -> None:
        self.stubs["logs"].add_client_error("get_log_events", "ResourceNotFoundException")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    made = Aws()
    monkeypatch.setattr(import_task, "POLL_SECONDS", 0)
    monkeypatch.setattr(boto3, "client", lambda name, **_: made.clients[name])
    for stub in made.stubs.values():
        stub.activate()
    yield made
    for stub in made.stubs.values():
        stub.assert_no_pending_responses()


def test_it_prints_each_line_once_and_ends_with_the_commands_code(
    aws: Aws, task: ImportTask, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.started()
    aws.described("PROVISIONING")
    aws.silent()
    aws.described("RUNNING")
    aws.said("first", token="f1")
    aws.said(token="f1", after="f1")
    aws.described("STOPPED", containers=[{"name": "app", "exitCode": 0}], stopCode="EssentialContainerExited")
    aws.said("second", "third", token="f2", after="f1")
    aws.said(token="f2", after="f2")
    aws.said(token="f2", after="f2")
    assert run(task, WORDS) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1:] == ["first", "second", "third"]
    assert said.err == ""


def test_a_task_that_ecs_does_not_know_yet_is_waited_for(aws: Aws, task: ImportTask) -> None:
    aws.started()
    aws.unknown()
    aws.silent()
    aws.described("STOPPED", containers=[{"name": "app", "exitCode": 0}], stopCode="EssentialContainerExited")
    aws.silent()
    aws.silent()
    assert run(task, WORDS) == 0


def test_a_task_that_ecs_never_knows_is_given_up(
    aws: Aws, task: ImportTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_task, "START_SECONDS", -1)
    aws.started()
    aws.unknown()
    aws.silent()
    with pytest.raises(TaskError, match="still unknown to ECS"):
        run(task, WORDS)


def test_lines_behind_a_page_without_any_are_printed(
    aws: Aws, task: ImportTask, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.started()
    aws.described("STOPPED", containers=[{"name": "app", "exitCode": 0}], stopCode="EssentialContainerExited")
    aws.said(token="f1")
    aws.said("first", token="f2", after="f1")
    aws.said(token="f2", after="f2")
    aws.said(token="f2", after="f2")
    assert run(task, WORDS) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["first"]


@pytest.mark.parametrize(
    ("stopped", "code", "told"),
    [
        (
            {"containers": [{"name": "app", "exitCode": 3}], "stopCode": "EssentialContainerExited"},
            3,
            "with 3",
        ),
        (
            {
                "containers": [{"name": "app", "reason": "CannotPullContainerError: not found"}],
                "stopCode": "TaskFailedToStart",
                "stoppedReason": "Task failed to start",
            },
            1,
            "Task failed to start; CannotPullContainerError: not found",
        ),
        (
            {"containers": [{"name": "app", "exitCode": 143}], "stopCode": "SpotInterruption"},
            143,
            "ON_DEMAND=1",
        ),
        ({"containers": [{"name": "app", "exitCode": 0}], "stopCode": "SpotInterruption"}, 1, "ON_DEMAND=1"),
        ({"containers": [], "stopCode": "TaskFailedToStart"}, 1, "no reason given"),
    ],
)
def test_a_task_that_fails_fails_the_command_and_says_why(
    aws: Aws,
    task: ImportTask,
    capsys: pytest.CaptureFixture[str],
    stopped: dict[str, Any],
    code: int,
    told: str,
) -> None:
    aws.started()
    aws.described("STOPPED", **stopped)
    aws.silent()
    aws.silent()
    assert run(task, WORDS) == code
    assert told in capsys.readouterr().err


def test_without_spare_capacity_it_says_what_costs_more(aws: Aws, task: ImportTask) -> None:
    aws.started(failures=[{"arn": "cluster", "reason": "Capacity is unavailable at this time"}])
    with pytest.raises(TaskError, match=r"Capacity is unavailable at this time.*ON_DEMAND=1"):
        run(task, WORDS)
    aws.started("FARGATE", failures=[{"reason": "RESOURCE:ENI"}])
    with pytest.raises(TaskError, match="RESOURCE:ENI"):
        run(task, WORDS, on_demand=True)


def test_without_its_cluster_it_says_what_makes_one(aws: Aws, task: ImportTask) -> None:
    aws.stubs["ecs"].add_client_error("run_task", "ClusterNotFoundException")
    with pytest.raises(
        TaskError, match=r"no cluster cluster any more: run `make plan ENV=prod` and `make apply`"
    ):
        run(task, WORDS)


def test_interrupted_it_leaves_the_task_running_and_says_how_to_stop_it(
    aws: Aws, task: ImportTask, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> int:
        raise KeyboardInterrupt

    aws.started()
    monkeypatch.setattr(import_task, "follow", interrupt)
    assert run(task, WORDS) == 130
    assert f"aws ecs stop-task --region us-east-1 --cluster cluster --task {ARN}" in capsys.readouterr().err


def test_interrupted_while_it_is_asked_for_a_task_may_have_begun(
    task: ImportTask, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_task, "start", interrupt)
    assert run(task, WORDS) == 130
    assert (
        "aws ecs list-tasks --region us-east-1 --cluster cluster --family cluster-prod"
        in capsys.readouterr().err
    )


def test_when_the_credentials_end_the_task_is_left_running_and_said_how_to_follow(
    aws: Aws, task: ImportTask
) -> None:
    aws.started()
    aws.stubs["ecs"].add_client_error("describe_tasks", "ExpiredTokenException")
    with pytest.raises(TaskError, match="ExpiredTokenException") as told:
        run(task, WORDS)
    assert "aws logs tail /aws/ecs/cluster-prod --region us-east-1 --follow" in str(told.value)
    assert f"--cluster cluster --task {ARN}" in str(told.value)


def test_a_task_that_never_starts_is_given_up(
    aws: Aws, task: ImportTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_task, "START_SECONDS", -1)
    aws.started()
    aws.described("PENDING")
    aws.silent()
    with pytest.raises(TaskError, match="still PENDING"):
        run(task, WORDS)


def test_without_an_image_nothing_is_started() -> None:
    made = OUTPUTS["import_task"]["value"] | {"image_tag": NO_IMAGE}
    task = from_outputs(OUTPUTS | {"import_task": {"value": made}}, "prod")
    with pytest.raises(TaskError, match="make import-image ENV=prod"):
        run(task, WORDS)


@pytest.mark.parametrize("outputs", [{}, {"import_task": {"value": {}}}])
def test_a_state_of_before_says_what_to_run(outputs: dict[str, Any]) -> None:
    with pytest.raises(PlatformError, match="make plan ENV=nonprod"):
        from_outputs(outputs, "dev")


def test_the_image_that_is_not_there_is_what_terraform_says_by_default() -> None:
    text = (zappa_settings.COMMITTED.parent / "terraform" / "variables.tf").read_text()
    assert f'default     = "{NO_IMAGE}"' in text
