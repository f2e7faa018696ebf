"""What people do on a deployed stage: endorse, confirm, moderate, administer."""

from pathlib import Path

import boto3

from ops import functions
from ops.deployment import Deployment
from ops.processes import wait_until
from ops.rehearse import administrator, cast, consent, endorsement
from ops.rehearse.visitor import UnexpectedAnswerError, Visitor
from ops.rehearse.world import World


def rehearse(world: World, deployment: Deployment, folder: Path) -> str:
    """Walk all ways once, on a stage that was never used.

    Returns:
        The token of a link that may stand nowhere.
    """
    steps, platform = deployment.steps, deployment.platform
    url = deployment.public_url()
    with steps.step("load two regions, a campaign and a moderator"):
        cast.load_regions(world.database_url)
        password = cast.load_campaign_and_moderator(platform.ops_function, folder)
    with steps.step("endorse the campaign") as step:
        endorsement.submit(Visitor(url))
        step.note = "202"
    with steps.step("the schedule's job sends the mail") as step:
        path = endorsement.await_link(world.mailbox, url)
        step.note = f"{_fired(world, platform.ops_function)} runs of the rule"
    with steps.step("confirm by the link in it"):
        endorsement.confirm(url, path)
    with steps.step("approve in the staff area"):
        endorsement.approve(url, password)
    with steps.step("read it in the public list") as step:
        step.note = endorsement.check_public(url)
    with steps.step("make a first administrator, who signs in by a link") as step:
        token, staff = administrator.sign_in_by_link(platform, url)
        step.note = "302, 200, 302, 410"
    with steps.step("send a consent form to the bucket, look at it, give it out, delete it") as step:
        step.note = consent.send_and_delete(staff, is_told=bool(platform.upload_handler))
    with steps.step("/readyz, and a request that is too large") as step:
        Visitor(url).get("/readyz")
        Visitor(url).post_json(f"/api/campaigns/{cast.SLUG}/endorsements/", {"name": "x" * 5 * 1024**2}, 413)
        step.note = "200, 413"
    return token


def await_keep_warm(world: World, deployment: Deployment, timeout_seconds: float) -> None:
    """See that the rule has called the function, and how it is answered.

    Raises:
        ops.steps.StepFailedError: it has not in time, or is answered otherwise than it should be.
    """
    function = deployment.platform.function
    with deployment.steps.step("the keep-warm rule fires") as step:
        wait_until(lambda: _fired(world, function) > 0, "The keep-warm rule", timeout_seconds)
        step.note = str(_answer_to_keep_warm(function))


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
