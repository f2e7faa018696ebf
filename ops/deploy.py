"""Deploys a release to a stage and puts an earlier one back.

The order, and why: the -ops companion gets the new code first, says which endpoints it reaches, makes what the database
lacks, migrates and answers a request, while the stage still serves the old code on the new schema (migrations are expand/contract, so
that works, and so does a later rollback).
Then the stage's configuration gains what is new, then its code changes, then the public address is asked. If any of that
fails, the release that served before is put back. What stands in front of the API comes after it: when that fails, the
API serves the release, and the CDN what it did before.
"""

import mimetypes
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import boto3
from botocore.exceptions import WaiterError

from ops import administration, doctor, edge, functions, gateway_stage, smoke
from ops.deployment import Deployment
from ops.platform import UNKNOWN_URL, StagePlatform
from ops.smoke import SmokeError
from ops.steps import StepFailedError, explain

ASK_ENDPOINTS = "reach every endpoint from inside the VPC"
ASK_BEFORE = "ask the new code, before any visitor does"
ASK_IN_PUBLIC = "ask through the public address"
_WRITE_DOWN = "write down what serves"
# What terraform/stages.tf and cdn.tf tell or leave out as their variables say; its absence is a decision of today.
_TODAYS_SAY = frozenset({"ALLOWED_HOSTS", "CDN_SECRET", "CORS_ORIGINS", "OFFICE_NETWORKS", "STATIC_URL"})
_YEAR = "public, max-age=31536000, immutable"


class DeployError(Exception):
    """A deployment can't begin or go on; the message says why, and what to do."""


def deploy(deployment: Deployment, release: str, package: Path, static_files: Path) -> None:
    """Bring a new release to a stage.

    Args:
        deployment: the stage.
        release: the id that /healthz has to say.
        package: its zip.
        static_files: the folder of its static files, named by their content.

    Raises:
        ops.steps.StepFailedError: says what state the stage is in and what to run next.
        ops.releases.LockedError: somebody else deploys it.
    """
    steps, platform, releases = deployment.steps, deployment.platform, deployment.releases
    stage = platform.stage
    with releases.lock(stage):
        before = served_before(deployment)
        untouched = f"{stage} serves {before or 'nothing'} as before. Mend it, and run `make deploy STAGE={stage}` again."
        with steps.step("check what is deployed", f"Nothing was changed. {untouched}"):
            refuse_halves(deployment)
            deployment.render()
        with steps.step("keep the release", untouched) as step:
            zip_url = releases.add(release, package)
            step.note = zip_url
        with steps.step("upload the static files", untouched) as step:
            step.note = f"{upload_static(platform.static_bucket, static_files)} new"
        variables = variables_of(platform)
        with putting_back(deployment, before, variables, platform.functions[1:]):
            _prepare(deployment, release, zip_url, untouched)
        with putting_back(deployment, before, variables, platform.functions):
            edge_failed = _switch(deployment, release, zip_url, before)
    if edge_failed:
        raise edge_failed


def _prepare(deployment: Deployment, release: str, zip_url: str, untouched: str) -> None:
    """Let the -ops companion migrate, and answer as the stage will, before any visitor asks."""
    steps, platform = deployment.steps, deployment.platform
    with steps.step(f"bring it to {platform.ops_stage}", untouched):
        put_ops(deployment, zip_url)
    with steps.step(ASK_ENDPOINTS, untouched) as step:
        step.note = doctor.endpoints(platform).splitlines()[-1]
    # Each time, as a release may need an extension that its role can't make: what is there stays.
    with steps.step(
        "make the database, its role and extensions", f"What was made stays. {untouched}"
    ) as step:
        step.note = administration.bootstrap_database(platform)
    with steps.step("migrate", untouched):
        functions.migrate(platform.ops_function, platform.stage)
    with steps.step(ASK_BEFORE, f"The database is migrated. {untouched}"):
        url = deployment.public_url()
        get = partial(functions.get, platform.ops_function, public_url=url)
        smoke.check_release(get, release)
        smoke.check_pages(get)


def _switch(deployment: Deployment, release: str, zip_url: str, before: str | None) -> StepFailedError | None:
    """Let visitors have the release.

    Returns:
        What failed in front of the API, which is no reason to take the release back.
    """
    stage, steps = deployment.platform.stage, deployment.steps
    way_back = f"{stage} is being given {before} back." if before else f"{stage} had no release before."
    mend = f"{way_back} Mend it, and run `make deploy STAGE={stage}` again."
    with steps.step(f"bring it to {stage}", mend):
        put_serving(deployment, zip_url)
    with steps.step("throttle the API and log its answers", mend) as step:
        step.note = configure_gateway(deployment)
    # A new API has a new address, by which the CDN has to know it before anybody is asked through it.
    edge_failed = _bring_up_edge(deployment, release) if deployment.platform.has_edge else None
    with steps.step(ASK_IN_PUBLIC, mend) as step:
        step.note = smoke_public(deployment, release)
    # Still inside the way back: a release that nobody wrote down would be passed over by the next rollback.
    with steps.step(_WRITE_DOWN, mend):
        deployment.releases.record(stage, release, deployment.environment(stage))
    return edge_failed


def _bring_up_edge(deployment: Deployment, release: str) -> StepFailedError | None:
    stage = deployment.platform.stage
    otherwise = f"The API of {stage} serves {release}, and what is in front of it is as before, or half new."
    try:
        with deployment.steps.step(
            "bring what is in front of it up to date",
            f"{otherwise} Mend it, and run `make edge STAGE={stage}`.",
        ) as step:
            made = edge.bring_up_to_date(deployment.platform, deployment.api_url())
            step.note = made.summary(stage)
    except StepFailedError as error:
        return error
    return None


def served_before(deployment: Deployment) -> str | None:
    """The release to go back to: none if nothing was deployed, or the function that served it is gone."""
    platform = deployment.platform
    return deployment.releases.current(platform.stage) if functions.exists(platform.function) else None


def variables_of(platform: StagePlatform) -> dict[str, dict[str, str]]:
    """What each of the stage's functions that exist has for variables, by the function's name."""
    return {
        function: functions.environment(function)
        for _, function in platform.functions
        if functions.exists(function)
    }


@contextmanager
def putting_back(
    deployment: Deployment,
    before: str | None,
    variables: Mapping[str, Mapping[str, str]],
    pairs: tuple[tuple[str, str], ...],
) -> Iterator[None]:
    """If the block fails or is interrupted, its functions get the code and the variables back that they had.

    Args:
        deployment: the stage.
        before: the release that served; None if there is nothing to go back to.
        variables: those that each function had, by its name. A function that was not there is left as it is.
        pairs: Zappa's stage and the name of each function that the block changes.

    Raises:
        ops.steps.StepFailedError: the block's own or, with that one printed, that of the way back.
    """
    try:
        yield
    except (StepFailedError, KeyboardInterrupt, SystemExit) as error:
        there = tuple(pair for pair in pairs if pair[1] in variables)
        if before and there:
            try:
                _put_back(deployment, before, variables, there)
            except StepFailedError:
                if isinstance(error, StepFailedError):
                    print(explain(error), file=sys.stderr)
                raise
        raise


def _put_back(
    deployment: Deployment,
    before: str,
    variables: Mapping[str, Mapping[str, str]],
    pairs: tuple[tuple[str, str], ...],
) -> None:
    platform = deployment.platform
    stages = " and ".join(stage for stage, _ in pairs)
    way_on = f"Run `make rollback STAGE={platform.stage} TO={before}`."
    try:
        with deployment.steps.step(f"put {before} back on {stages}", way_on) as step:
            _wait_until_mendable(pairs)
            put_release(deployment, before, pairs)
            # Zappa has just set the variables that failed, so these come after it.
            for _, function in pairs:
                functions.set_environment(function, variables[function], keep_others=False)
            if (platform.stage, platform.function) in pairs:
                step.note = smoke_public(deployment, before)
                if deployment.releases.current(platform.stage) != before:
                    deployment.releases.record(platform.stage, before, variables[platform.function])
    except (KeyboardInterrupt, SystemExit):
        print(f"\n{before} was not put back on {stages}, or half. {way_on}", file=sys.stderr)
        raise


def _wait_until_mendable(pairs: tuple[tuple[str, str], ...]) -> None:
    """What was interrupted may still be carried out, and refuses the next update until it is."""
    for _, function in pairs:
        # One that failed is what this is the way back from.
        with suppress(WaiterError):
            functions.wait_until_settled(function)


def rollback(deployment: Deployment, release: str | None = None) -> str:
    """Serve an earlier release again. The database stays: earlier code runs on a newer schema.

    Its functions are told what the platform says today, which names what is there now, and besides that what only the
    earlier code was told; not what the platform has taken away since, as a CDN's secret.

    Args:
        deployment: the stage.
        release: which; the one that served before the current one if not given.

    Returns:
        The release that serves now.

    Raises:
        DeployError: there is none before.
        ops.releases.UnknownReleaseError: it is not kept.
        ops.steps.StepFailedError: says what to run next.
        ops.releases.LockedError: somebody else deploys the stage.
    """
    stage, releases, steps = deployment.platform.stage, deployment.releases, deployment.steps
    with releases.lock(stage):
        target = release or releases.previous(stage)
        if target is None:
            raise DeployError(f"No release served {stage} before the current one; name one with TO=.")
        releases.require(target)
        deployment.render()
        again = f"Run `make rollback STAGE={stage} TO={target}` again."
        with steps.step(f"put {target} back", f"{stage} may serve either release. {again}"):
            then = releases.variables(stage, target)
            told_then = {name: value for name, value in then.items() if name not in _TODAYS_SAY}
            for name, function in deployment.platform.functions:
                told = {**told_then, **deployment.environment(name)}
                functions.set_environment(function, told, keep_others=False)
            put_release(deployment, target, deployment.platform.functions)
        mend = f"See `make logs STAGE={stage}`, or go on to another: `make releases STAGE={stage}`, then TO=."
        with steps.step(
            ASK_IN_PUBLIC, f"{target} was put back and does not answer as it should. {mend}"
        ) as step:
            step.note = smoke_public(deployment, target)
        with steps.step(_WRITE_DOWN, f"{target} serves {stage}. {again}"):
            releases.record(stage, target, {**told_then, **deployment.environment(stage)})
    return target


def put_release(deployment: Deployment, release: str, pairs: tuple[tuple[str, str], ...]) -> None:
    """Functions get a kept release's code.

    Args:
        deployment: the stage.
        release: its id.
        pairs: Zappa's stage and the name of each function.
    """
    zip_url = deployment.releases.require(release)
    for stage, function in pairs:
        deployment.zappa.update(stage, zip_url)
        functions.wait_until_settled(function)


def put_ops(deployment: Deployment, zip_url: str) -> None:
    """The -ops companion gets a release's code and its configuration."""
    _put(deployment, deployment.platform.ops_stage, deployment.platform.ops_function, zip_url)


def put_serving(deployment: Deployment, zip_url: str) -> None:
    """The stage gets a release's configuration and code."""
    _put(deployment, deployment.platform.stage, deployment.platform.function, zip_url)
    # A first deploy knows the address only now.
    deployment.render()
    for stage, function in deployment.platform.functions:
        functions.set_environment(function, deployment.environment(stage), keep_others=False)


def configure_gateway(deployment: Deployment) -> str:
    """Set what Zappa does not know of on the API's stage.

    Returns:
        What was set.

    Raises:
        DeployError: there is no API.
    """
    platform, api_id = deployment.platform, deployment.api_id()
    if api_id is None:
        raise DeployError(f"{platform.stage} has no API.")
    gateway_stage.configure(api_id, platform.stage, platform.access_log_group_arn)
    rate, burst = gateway_stage.RATE_AND_BURST[platform.stage]
    return f"{rate} requests a second, {burst} at once"


def _put(deployment: Deployment, stage: str, function: str, zip_url: str) -> None:
    if functions.exists(function):
        # The new code may read what the old one does not, and the other way round.
        functions.set_environment(function, deployment.environment(stage), keep_others=True)
        deployment.zappa.update(stage, zip_url)
    else:
        deployment.zappa.deploy(stage, zip_url)
    functions.wait_until_settled(function)


def refuse_halves(deployment: Deployment) -> None:
    """A first deploy that died between function and API leaves what neither `zappa deploy` nor `update` mends.

    Raises:
        DeployError: says how to clear it.
    """
    platform = deployment.platform
    has_function, has_api = functions.exists(platform.function), deployment.api_id() is not None
    if has_function and not has_api:
        raise DeployError(
            f"The function {platform.function} is there and its API is not: a first deploy died on the way, or its stack ({platform.function}) failed."
            f" Remove what there is (`make undeploy STAGE={platform.stage}`) and deploy again."
        )
    if not has_function and deployment.has_stack():
        raise DeployError(
            f"The stack of the API of {platform.stage} is there and its function is not."
            f" Remove what there is (`make undeploy STAGE={platform.stage}`) and deploy again."
        )


def upload_static(bucket: str, folder: Path) -> int:
    """Put the files that the bucket lacks below `static/`; a name stands for a content, so none is ever replaced.

    Returns:
        How many were new.
    """
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="static/")
    present = {entry["Key"] for page in pages for entry in page.get("Contents", [])}
    files = {f"static/{path.relative_to(folder)}": path for path in folder.rglob("*") if path.is_file()}
    missing = {
        key: path for key, path in files.items() if key not in present and path.name != "staticfiles.json"
    }
    for key, path in sorted(missing.items()):
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        s3.upload_file(str(path), bucket, key, ExtraArgs={"ContentType": kind, "CacheControl": _YEAR})
    return len(missing)


def smoke_public(deployment: Deployment, release: str) -> str:
    """Ask the stage as its visitors do.

    Returns:
        What was asked.

    Raises:
        SmokeError: it does not serve the release.
    """
    url = deployment.public_url()
    if url == UNKNOWN_URL:
        raise SmokeError(f"{deployment.platform.stage} has no API.")
    smoke.check_release(smoke.through(url), release)
    asset = smoke.check_pages(smoke.through(url), deployment.platform.link_prefix, release)
    return f"{url} serves {release}, and {Path(asset).name}"


def undeploy(deployment: Deployment) -> None:
    """Take down what Zappa made for a stage; releases, data and what Terraform made stay."""
    with deployment.releases.lock(deployment.platform.stage):
        deployment.render()
        for stage, function in reversed(deployment.platform.functions):
            if functions.exists(function):
                deployment.zappa.undeploy(stage)
        # Zappa takes the API down before its function, and does neither without the function.
        _delete_stack(deployment.platform.function)
        deployment.releases.forget(deployment.platform.stage)


def _delete_stack(name: str) -> None:
    """Take down the API of a function that is gone; nothing happens if there is none."""
    stacks = boto3.client("cloudformation")
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 5})
