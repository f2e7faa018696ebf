"""`make rehearse`: an account's whole life as its operator types it, from `make bootstrap` to nothing left.

Production is deployed to and taken down before the reader's eyes; nonprod is made and destroyed beside it.
"""

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError

from ops import emulator, postgis, terraform
from ops.processes import free_port
from ops.rehearse import canaries, checkout, front, inventory, production, world
from ops.rehearse.account import MAIL_DOMAINS, Rehearsal, destroy, plan_again, plan_and_apply
from ops.rehearse.operator import Operator
from ops.rehearse.visitor import UnexpectedAnswerError
from ops.steps import Steps


def run(folder: Path, steps: Steps) -> None:
    """Rehearse.

    Args:
        folder: an empty one; everything that was said stays there.
        steps: where progress is told.

    Raises:
        ops.steps.StepFailedError: at the first step that failed.
    """
    beside = Steps()
    try:
        with _begun(folder, steps, beside) as rehearsal, ThreadPoolExecutor(2) as pool:
            try:
                _rehearse(rehearsal, pool)
            finally:
                # Before the pool is waited for.
                rehearsal.operator.leave()
                # An emulator that has died has none, and somebody has been told.
                with contextlib.suppress(BotoCoreError):
                    world.save_function_logs(folder / "functions")
    finally:
        steps.done = sorted(steps.done + beside.done, key=lambda step: step.began)
    shutil.rmtree(folder / "checkout")


@contextlib.contextmanager
def _begun(folder: Path, steps: Steps, beside: Steps) -> Iterator[Rehearsal]:
    logs = folder / "make"
    for name in (logs, folder / "plans"):
        name.mkdir()
    ports = {environment: free_port() for environment in MAIL_DOMAINS}
    with contextlib.ExitStack() as stack:
        with steps.step("start the emulated AWS and PostGIS"):
            running = stack.enter_context(emulator.provide(folder / "emulator"))
            stack.enter_context(world.process_environment(_without_database(running.client_environment())))
            server_url = stack.enter_context(postgis.provide(ports["prod"]))
        with steps.step("clone this tree") as step:
            changed = checkout.clone(folder / "checkout")
            step.note = f"and commit {changed} files that are not committed here" if changed else ""
        variables = {
            "TF_VAR_emulated": "true",
            "TF_CLI_ARGS_plan": "-parallelism=10",
            "TF_CLI_ARGS_apply": "-parallelism=10",
        }
        operator = Operator(folder / "checkout", logs, variables)
        yield Rehearsal(folder, operator, running, server_url, ports, steps, beside)


def _without_database(environment: dict[str, str]) -> dict[str, str]:
    # A server that somebody uses can't be made into what RDS is.
    return {name: value for name, value in environment.items() if name != "DATABASE_URL"}


def _rehearse(rehearsal: Rehearsal, pool: ThreadPoolExecutor) -> None:
    steps, operator = rehearsal.steps, rehearsal.operator
    with steps.step("put a domain in front of production") as step:
        front.put_domain_in_front(rehearsal.root)
        step.note = front.DOMAIN
    with steps.step("take an inventory of the empty account") as step:
        empty = inventory.take()
        step.note = f"{len(empty)} things"
    with steps.step("make bootstrap"):
        operator.make("bootstrap", "CONFIRM=1")
    with steps.step("make bootstrap, again") as step:
        said = operator.make("bootstrap")
        if "No changes." not in said:
            raise UnexpectedAnswerError(f"It changes something:\n{said}")
        step.note = "changes nothing, asks nobody"
    nonprod = pool.submit(_nonprod, rehearsal)
    plan_and_apply(rehearsal, steps, "prod")
    values = production.live(rehearsal, pool, empty)
    # Terraform's destroy takes them away.
    world.require_function_logs(rehearsal.folder / "functions")
    destroy(rehearsal, steps, "prod")
    with steps.step("wait for nonprod") as step:
        futures.wait([nonprod])
        step.note = "applied, planned again and destroyed beside all this"
    # Its failure has a step of its own.
    _search(rehearsal, values | nonprod.result())
    _unbootstrap(rehearsal)
    with steps.step("look for remains") as step:
        left = inventory.require_empty(empty, inventory.take())
        step.note = f"none of {len(inventory.KINDS)} kinds" + (f" but {', '.join(left)}" if left else "")


def _nonprod(rehearsal: Rehearsal) -> set[str]:
    """The other environment's life.

    Returns:
        All secrets that were there.
    """
    plan_and_apply(rehearsal, rehearsal.beside, "nonprod")
    plan_again(rehearsal, rehearsal.beside, "nonprod")
    values = canaries.values_in_secrets_manager()
    destroy(rehearsal, rehearsal.beside, "nonprod")
    return values


def _search(rehearsal: Rehearsal, values: set[str]) -> None:
    """Look for the secrets in all that was written, and for a decoy that has to be found there."""
    with rehearsal.steps.step("look for the secrets in all that was written") as step:
        world.save_function_logs(rehearsal.folder / "functions")
        bucket = _state_bucket()
        decoy, planted = canaries.plant(rehearsal.plans, bucket)
        written = itertools.chain(canaries.files(rehearsal.folder), canaries.objects(bucket))
        canaries.require_none(values, written, decoy, planted)
        step.note = (
            f"none of {len(values)} in states, plans, settings, zips and logs; the planted one is found"
        )


def _state_bucket() -> str:
    [bucket] = [
        entry["Name"]
        for entry in boto3.client("s3").list_buckets()["Buckets"]
        if "-terraform-state-" in entry["Name"]
    ]
    name: str = bucket
    return name


def _unbootstrap(rehearsal: Rehearsal) -> None:
    """Destroy what refuses to be destroyed, as only a rehearsal does: its state taken out of the bucket first."""
    folder = rehearsal.root / "terraform" / "bootstrap"
    data = {"TF_DATA_DIR": str(rehearsal.root / "var" / "terraform" / "bootstrap"), "TF_VAR_emulated": "true"}
    with rehearsal.steps.step("destroy what bootstrap made") as step:
        (folder / "backend_override.tf").unlink()
        (folder / "rehearsal_override.tf").write_text(
            'resource "aws_s3_bucket" "state" {\n  lifecycle {\n    prevent_destroy = false\n  }\n}\n'
        )
        terraform.init(folder, "-migrate-state", "-force-copy", extra=data)
        boto3.resource("s3").Bucket(_state_bucket()).object_versions.delete()
        result = terraform.run(folder, "destroy", "-no-color", "-auto-approve", extra=data)
        if result.returncode:
            raise UnexpectedAnswerError(f"`terraform destroy` failed:\n{result.stdout}{result.stderr}")
        step.note = "its bucket refuses to go otherwise"
