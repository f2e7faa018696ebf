"""`make rehearse STEP=lambda`: what Zappa owns, from the first deploy to the last trace."""

import argparse
import contextlib
import io
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import boto3

from ops import deploy, doctor, functions, smoke, stage, zappa_settings
from ops.deploy import DeployError, Deployment
from ops.processes import wait_until
from ops.rehearse import administrator, canaries, cast, endorsement, ratelimit, variants
from ops.rehearse.variants import Built
from ops.rehearse.visitor import UnexpectedAnswerError, Visitor
from ops.rehearse.world import World, save_function_logs
from ops.steps import Steps
from ops.zappa import Zappa

_RULE_SECONDS = 90


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
        second = background.submit(lambda: variants.build(variants.next_commit(folder / "next")))
        _deploy(deployment, first)
        token = _walk(world, deployment, folder)
        _update_and_go_back(deployment, first, second)
    with steps.step("make status") as step:
        step.note = _status(deployment, first)
    _emergency_rollback(deployment, folder, second.result())
    _undeploy(deployment)
    with steps.step("look for the secrets in all that was written") as step:
        save_function_logs(folder / "functions")
        zips = [first.package, second.result().package]
        logs = [folder / name for name in ("zappa", "plain-zappa", "functions", "emulator")]
        if found := canaries.found([*world.secret_values(), token], logs, zips):
            raise UnexpectedAnswerError(f"A secret stands in {', '.join(found)}.")
        step.note = "none in zips, settings and logs"
    shutil.rmtree(folder / "next")


def _deploy(deployment: Deployment, built: Built) -> None:
    deploy.deploy(deployment, built.release, built.package, built.static_files)


def _walk(world: World, deployment: Deployment, folder: Path) -> str:
    """What people do.

    Returns:
        The token of a link that stands nowhere.
    """
    steps, platform = deployment.steps, world.platform
    url = deployment.public_url()
    with steps.step("load two regions, a campaign and a moderator"):
        cast.load_regions(world.database_url)
        password = cast.load_campaign_and_moderator(platform.ops_function, folder)
    with steps.step("endorse the campaign") as step:
        endorsement.submit(url)
        step.note = "202"
    with steps.step("the schedule's job sends the mail") as step:
        path = endorsement.await_link(world.mail, url)
        step.note = f"{_fired(world, platform.ops_function)} runs of the rule"
    with steps.step("confirm by the link in it"):
        endorsement.confirm(url, path)
    with steps.step("approve in the staff area"):
        endorsement.approve(url, password)
    with steps.step("read it in the public list") as step:
        step.note = endorsement.check_public(url)
    with steps.step("make a first administrator, who signs in by a link") as step:
        token = administrator.sign_in_by_link(platform, url)
        step.note = "302, 200, 302, 410"
    with steps.step("200 requests, 20 at once, where 20 an hour may pass") as step:
        step.note = ratelimit.rush(world, url)
    with steps.step("go on asking, with a forged address") as step:
        step.note = ratelimit.ask_on(world, url)
    with steps.step("/readyz, and a request that is too large") as step:
        Visitor(url).get("/readyz")
        Visitor(url).post_json(f"/api/campaigns/{cast.SLUG}/endorsements/", {"name": "x" * 5 * 1024**2}, 413)
        step.note = "200, 413"
    with steps.step("the keep-warm rule fires") as step:
        wait_until(lambda: _fired(world, platform.function) > 0, "The keep-warm rule", _RULE_SECONDS)
        step.note = str(_answer_to_keep_warm(platform.function))
    return token


def _fired(world: World, function: str) -> int:
    """How often a rule has called a function, by the emulator's log. Each of ours has one rule."""
    return world.emulator.log.read_text(errors="replace").count(f"Lambda {function}: dispatched")


def _answer_to_keep_warm(function: str) -> object:
    """What the rule's own event is answered with, since a rule throws the answer away."""
    events = boto3.client("events")
    function_arn = functions.client().get_function_configuration(FunctionName=function)["FunctionArn"]
    # Zappa shortens the names of rules to a hash, so they are found by what they call.
    names = events.list_rule_names_by_target(TargetArn=function_arn)["RuleNames"]
    keep_warm = [name for name in names if name.endswith("handler.keep_warm_callback")]
    if len(keep_warm) != 1:
        raise UnexpectedAnswerError(f"{function} has the rules {names}, expected one to keep it warm.")
    arn = events.describe_rule(Name=keep_warm[0])["Arn"]
    event = {"detail-type": "Scheduled Event", "source": "aws.events", "resources": [arn], "detail": {}}
    answer: object = functions.call(function, event)
    if answer != {"status": "warm"}:
        raise UnexpectedAnswerError(f"The keep-warm event was answered with {answer}.")
    return answer


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


def _emergency_rollback(deployment: Deployment, folder: Path, expected: Built) -> None:
    """`zappa rollback prod -n 1` with the committed settings, as an operator has them without any platform."""
    platform, url = deployment.platform, deployment.public_url()
    plain = Zappa(folder / "plain-zappa")
    plain.folder.mkdir()
    shutil.copy(zappa_settings.COMMITTED, plain.folder)
    with deployment.steps.step("zappa rollback prod -n 1, by the committed settings") as step:
        plain.run("rollback", platform.stage, "-n", "1")
        functions.wait_until_settled(platform.function)
        smoke.check_release(smoke.through(url), expected.release)
        step.note = f"serves {expected.release}"


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
