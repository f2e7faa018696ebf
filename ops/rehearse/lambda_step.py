"""`make rehearse STEP=lambda`: what Zappa owns, from the first deploy to the last trace."""

import argparse
import contextlib
import io
import itertools
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import boto3

from ops import deploy, doctor, stage, zappa_settings
from ops.deploy import DeployError
from ops.deployment import Deployment
from ops.rehearse import canaries, checkout, emergency, ratelimit, variants, walk
from ops.rehearse.variants import Built
from ops.rehearse.visitor import UnexpectedAnswerError
from ops.rehearse.world import World, save_function_logs
from ops.steps import Steps

_RULE_SECONDS = 300


def run(world: World, folder: Path, steps: Steps) -> None:
    """Rehearse on a fresh world.

    Raises:
        ops.steps.StepFailedError: at the first step that failed.
    """
    deployment = Deployment(world.platform, folder / "zappa", steps)
    with steps.step("look for what stands in the way") as step:
        if problems := doctor.platform_problems(world.platform):
            raise DeployError("\n".join(problems))
        step.note = "identity, account, placeholders, secrets"
    with steps.step("package this tree") as step:
        first = variants.build()
        step.note = f"{first.release}, {first.package.stat().st_size / 1024**2:.1f} MiB"
    with ThreadPoolExecutor(1) as background:
        second = background.submit(lambda: variants.build(_next_commit(folder / "next")))
        _deploy(deployment, first)
        token = walk.rehearse(world, deployment, folder)
        _rush(world, deployment)
        walk.await_keep_warm(world, deployment, _RULE_SECONDS)
        _update_and_go_back(deployment, first, second)
    with steps.step("make status") as step:
        step.note = _status(deployment, first)
    emergency.roll_back(deployment, zappa_settings.COMMITTED, folder / "plain-zappa", second.result().release)
    _undeploy(deployment)
    with steps.step("look for the secrets in all that was written") as step:
        save_function_logs(folder / "functions")
        # The next commit's package is among them.
        written = itertools.chain(canaries.files(folder), canaries.files(first.package))
        if found := canaries.found([*world.secret_values(), token], written):
            raise UnexpectedAnswerError(f"A secret stands in {', '.join(found)}.")
        step.note = "none in zips, settings and logs"
    shutil.rmtree(folder / "next")


def _rush(world: World, deployment: Deployment) -> None:
    """What the rate limiter does across containers. They take both cores for a minute, so it is here alone."""
    url = deployment.public_url()
    with deployment.steps.step("200 requests, 20 at once, where 20 an hour may pass") as step:
        step.note = ratelimit.rush(world, url)
    with deployment.steps.step("go on asking, with a forged address") as step:
        step.note = ratelimit.ask_on(world, url)


def _next_commit(folder: Path) -> Path:
    checkout.clone(folder)
    (folder / "app" / "next_release.txt").write_text("This release differs from the one before.\n")
    checkout.commit(folder, "next")
    return folder


def _deploy(deployment: Deployment, built: Built) -> None:
    deploy.deploy(deployment, built.release, built.package, built.static_files)


def _update_and_go_back(deployment: Deployment, first: Built, second: "Future[Built]") -> None:
    with deployment.steps.step("package the next commit") as step:
        built = second.result()
        step.note = built.release
    _deploy(deployment, built)
    deploy.rollback(deployment, first.release)


def _status(deployment: Deployment, serving: Built) -> str:
    """What an operator is told.

    Returns:
        The line on the record.
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        stage.run_status(deployment, argparse.Namespace())
        stage.run_releases(deployment, argparse.Namespace())
    text = said.getvalue()
    recorded = [line for line in text.splitlines() if line.startswith("recorded release")]
    # /healthz, the record, and twice in the history.
    if text.count(serving.release) != 4 or serving.release not in recorded[0]:  # noqa: PLR2004 - counted above
        raise UnexpectedAnswerError(f"`make status` and `make releases` said:\n{text}")
    return recorded[0]


def _undeploy(deployment: Deployment) -> None:
    with deployment.steps.step("undeploy, and look for remains") as step:
        deploy.undeploy(deployment)
        if left := remains():
            raise UnexpectedAnswerError(f"This is left: {', '.join(left)}.")
        step.note = "no function, API, rule or stack"


def remains() -> list[str]:
    """Everything of what Zappa makes that the account holds."""
    found = [entry["FunctionName"] for entry in boto3.client("lambda").list_functions()["Functions"]]
    found += [f"API {entry['name']}" for entry in boto3.client("apigateway").get_rest_apis()["items"]]
    found += [f"rule {entry['Name']}" for entry in boto3.client("events").list_rules()["Rules"]]
    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    return found + [
        f"stack {entry['StackName']}" for entry in stacks if entry["StackStatus"] != "DELETE_COMPLETE"
    ]
