"""The Fargate task of a stage: a management command where the IPv4 internet is, and the image that it runs.

    python -m ops.import_task run STAGE WORD …       (`make import-regions STAGE=prod ARGS="--all --vintage 2024"`)
    python -m ops.import_task image ENVIRONMENT      (`make import-image ENV=prod`)

`run` follows what the task says and ends with its exit code. Interrupted, it leaves the task running.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops import import_image, infrastructure, platform, zappa_settings
from ops.import_image import ImageError
from ops.platform import PlatformError
from ops.processes import INTERRUPTED

NO_IMAGE = "none-yet"
POLL_SECONDS = 3.0
# ECS has pulled the image and started by then, or never will.
START_SECONDS = 600
_STOPPED = "STOPPED"


class TaskError(Exception):
    """The task did not run; the message says what to do."""


@dataclass(frozen=True)
class ImportTask:
    """One stage's task, as Terraform made it.

    Attributes:
        family: the task definition, whose newest revision runs.
        container: whose command is said.
        log_group: where it writes.
        image_tag: what its image is called in the repository.
    """

    stage: str
    region: str
    cluster: str
    family: str
    container: str
    log_group: str
    subnet_ids: tuple[str, ...]
    security_group_id: str
    repository_url: str
    image_tag: str


def from_outputs(outputs: Mapping[str, Any], stage: str) -> ImportTask:
    """A stage's task from `terraform output -json`.

    Raises:
        PlatformError: the state is of before there was one.
    """
    try:
        made = outputs["import_task"]["value"]
        return ImportTask(
            stage=stage,
            region=made["region"],
            cluster=made["cluster"],
            family=made["families"][stage],
            container=made["container"],
            log_group=made["log_groups"][stage],
            subnet_ids=tuple(made["subnet_ids"]),
            security_group_id=made["security_group_id"],
            repository_url=made["repository_url"],
            image_tag=made["image_tag"],
        )
    except KeyError as missing:
        raise PlatformError(
            f"Terraform's outputs lack {missing} of the import task:"
            f" run `make plan ENV={platform.ENVIRONMENTS[stage]}` and `make apply`."
        ) from None


def run(task: ImportTask, words: list[str], *, on_demand: bool = False) -> int:
    """Run a management command in the task, and print what it says while it does.

    Args:
        task: whose.
        words: the command's.
        on_demand: at the full price, when AWS has no spare capacity.

    Returns:
        Its exit code; 1 if AWS ended it.

    Raises:
        TaskError: it did not begin, or goes on without us.
    """
    if task.image_tag == NO_IMAGE:
        environment = platform.ENVIRONMENTS[task.stage]
        raise TaskError(
            f"There is no image yet: run `make import-image ENV={environment}`, and do what it says."
        )
    try:
        arn = start(task, words, on_demand=on_demand)
    except KeyboardInterrupt:
        seen = f"aws ecs list-tasks --region {task.region} --cluster {task.cluster} --family {task.family}"
        print(f"\nA task that had begun goes on. To see it: {seen}", file=sys.stderr)
        return INTERRUPTED
    print(f"Task {arn.rpartition('/')[2]} of {task.family}: {' '.join(words)}", flush=True)
    try:
        return follow(task, arn)
    except KeyboardInterrupt:
        print(f"\n{_goes_on(task, arn)}", file=sys.stderr)
        return INTERRUPTED
    except (BotoCoreError, ClientError) as error:
        # The credentials of an hour end before an import of all states does.
        raise TaskError(f"It can't be followed any longer: {error}\n{_goes_on(task, arn)}") from None


def _goes_on(task: ImportTask, arn: str) -> str:
    return (
        f"The task goes on. To read on: aws logs tail {task.log_group} --region {task.region} --follow"
        f"\nTo stop it: aws ecs stop-task --region {task.region} --cluster {task.cluster} --task {arn}"
    )


def start(task: ImportTask, words: list[str], *, on_demand: bool = False) -> str:
    """Start the task; says its ARN.

    Raises:
        TaskError: AWS has no room for it now, or no such cluster any more.
    """
    ecs = boto3.client("ecs", region_name=task.region)
    try:
        answer = ecs.run_task(
            cluster=task.cluster,
            taskDefinition=task.family,
            capacityProviderStrategy=[
                {"capacityProvider": "FARGATE" if on_demand else "FARGATE_SPOT", "weight": 1}
            ],
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": list(task.subnet_ids),
                    "securityGroups": [task.security_group_id],
                    "assignPublicIp": "ENABLED",
                }
            },
            overrides={"containerOverrides": [{"name": task.container, "command": words}]},
            propagateTags="TASK_DEFINITION",
        )
    except ecs.exceptions.ClusterNotFoundException:
        raise TaskError(
            f"There is no cluster {task.cluster} any more:"
            f" run `make plan ENV={platform.ENVIRONMENTS[task.stage]}` and `make apply`."
        ) from None
    if not answer["tasks"]:
        reasons = "; ".join(failure.get("reason", "no reason given") for failure in answer["failures"])
        raise TaskError(
            f"ECS started no task: {reasons}. Try again later, or at the full price with ON_DEMAND=1."
        )
    arn: str = answer["tasks"][0]["taskArn"]
    return arn


def follow(task: ImportTask, arn: str) -> int:
    """Print what a task says until it ends; returns its exit code."""
    log = _Log(task, arn.rpartition("/")[2])
    ecs = boto3.client("ecs", region_name=task.region)
    deadline = time.monotonic() + START_SECONDS
    while True:
        found = _described(ecs, task, arn)
        log.print_new()
        if found["lastStatus"] == _STOPPED:
            log.print_new()
            return _exit_code(found)
        if found["lastStatus"] != "RUNNING" and time.monotonic() > deadline:
            raise TaskError(
                f"After {START_SECONDS} s the task is still {found['lastStatus']}: see the ECS console."
                f"\n{_goes_on(task, arn)}"
            )
        time.sleep(POLL_SECONDS)


def _described(ecs: Any, task: ImportTask, arn: str) -> Mapping[str, Any]:
    """What ECS says of a task, which for some seconds after its start may be that there is none."""
    found: list[Mapping[str, Any]] = ecs.describe_tasks(cluster=task.cluster, tasks=[arn])["tasks"]
    return found[0] if found else {"lastStatus": "unknown to ECS"}


def _exit_code(stopped: Mapping[str, Any]) -> int:
    code = stopped["containers"][0].get("exitCode") if stopped.get("containers") else None
    if code == 0 and stopped.get("stopCode") != "SpotInterruption":
        return 0
    reasons = [
        stopped.get("stoppedReason", ""),
        *(one.get("reason", "") for one in stopped.get("containers", [])),
    ]
    print(
        f"The task ended with {code}: {'; '.join(filter(None, reasons)) or 'no reason given'}",
        file=sys.stderr,
    )
    if stopped.get("stopCode") == "SpotInterruption":
        print(
            "AWS took the machine back. Nothing half-done is left: run it again, or with ON_DEMAND=1.",
            file=sys.stderr,
        )
    return int(code) if code else 1


class _Log:
    """The lines of one task, each printed once."""

    def __init__(self, task: ImportTask, task_id: str) -> None:
        self._client = boto3.client("logs", region_name=task.region)
        self._stream = {
            "logGroupName": task.log_group,
            "logStreamName": f"task/{task.container}/{task_id}",
        }
        self._token = ""

    def print_new(self) -> None:
        while True:
            try:
                page = self._client.get_log_events(
                    **self._stream, startFromHead=True, **({"nextToken": self._token} if self._token else {})
                )
            except self._client.exceptions.ResourceNotFoundException:
                # The container has said nothing yet.
                return
            for event in page["events"]:
                print(event["message"].rstrip("\n"), flush=True)
            token, self._token = self._token, page["nextForwardToken"]
            # The same token again: that was all. A page without lines may have more behind it.
            if self._token == token:
                return


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.import_task", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    running = verbs.add_parser("run")
    running.add_argument("stage", choices=zappa_settings.STAGES)
    running.add_argument("words", nargs=argparse.REMAINDER, metavar="word")
    image = verbs.add_parser("image")
    image.add_argument("environment", choices=infrastructure.ENVIRONMENTS)
    arguments = parser.parse_args()
    try:
        if arguments.verb == "image":
            outputs = platform.outputs_of(arguments.environment)
            stage = next(stage for stage, of in platform.ENVIRONMENTS.items() if of == arguments.environment)
            import_image.build_and_push(from_outputs(outputs, stage).repository_url, arguments.environment)
            return 0
        outputs = platform.outputs_of(platform.ENVIRONMENTS[arguments.stage])
        task = from_outputs(outputs, arguments.stage)
        return run(task, arguments.words, on_demand=bool(os.environ.get("ON_DEMAND")))
    except (PlatformError, TaskError, ImageError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
