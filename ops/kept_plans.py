"""A plan that another machine applies, perhaps tomorrow: kept beside the state, under its own digest.

    python -m ops.kept_plans save ENVIRONMENT                     (`make plan-save ENV=prod`)
    python -m ops.kept_plans fetch ENVIRONMENT --sha256 DIGEST    (`make plan-fetch ENV=prod SHA256=…`)

Why there, and not as an artifact of a workflow: docs/decisions/0051-plans-beside-the-state.md.
"""

import argparse
import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from ops import infrastructure, plans, terraform, zappa_settings
from ops.infrastructure import ENVIRONMENTS, REGION, InfrastructureError

_DIGEST = re.compile("[0-9a-f]{64}")


class KeptPlanError(Exception):
    """A plan can't be kept or had; the message says what to do."""


def save(environment: str) -> str:
    """Keep the plan beside the state, under its own digest, so that a reviewer may sleep before somebody applies it.

    Returns:
        The digest; empty if the plan changes nothing, and is not kept.

    Raises:
        KeptPlanError, ops.infrastructure.InfrastructureError, ops.plans.PlanError, ops.terraform.TerraformError: say what to do.
    """
    file = infrastructure.plan_file(environment)
    if not file.exists():
        raise KeptPlanError(f"There is no plan: run `make plan ENV={environment}`.")
    made = plans.show(terraform.TERRAFORM, file, infrastructure.prepare(environment))
    return upload(environment) if made.get("applyable", True) else ""


def upload(environment: str) -> str:
    """Keep the plan as it is.

    Returns:
        Its digest.

    Raises:
        KeptPlanError, ops.infrastructure.InfrastructureError: S3 refuses.
    """
    file = infrastructure.plan_file(environment)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    with _explained("The plan can't be kept"):
        boto3.client("s3", region_name=REGION).upload_file(
            str(file), infrastructure.state_bucket(), _kept_plan(environment, digest)
        )
    return digest


def fetch(environment: str, digest: str) -> None:
    """Get a kept plan back.

    Raises:
        KeptPlanError, ops.infrastructure.InfrastructureError: it is not there, or is another one.
    """
    if not _DIGEST.fullmatch(digest):
        raise KeptPlanError(f"{digest!r} is no digest: give the one that `make plan-save` printed.")
    file = infrastructure.plan_file(environment)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    try:
        with _explained("The plan can't be had"):
            boto3.client("s3", region_name=REGION).download_file(
                infrastructure.state_bucket(), _kept_plan(environment, digest), str(partial)
            )
        if hashlib.sha256(partial.read_bytes()).hexdigest() != digest:
            raise KeptPlanError("This is not the plan that was kept: somebody changed it. It is not applied.")
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _kept_plan(environment: str, digest: str) -> str:
    return f"plans/{environment}/{digest}.tfplan"


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise KeptPlanError(f"{what}: {error}") from None


def _tell_workflow(environment: str, digest: str) -> None:
    """Pass the digest on to the job that applies: https://docs.github.com/actions/reference/workflow-commands."""
    if file := os.environ.get("GITHUB_OUTPUT"):
        with Path(file).open("a", encoding="utf-8") as outputs:
            outputs.write(f"{environment}={digest}\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.kept_plans", description=__doc__)
    parser.add_argument("verb", choices=("save", "fetch"))
    parser.add_argument("environment", choices=ENVIRONMENTS)
    parser.add_argument("--sha256", default="", help="of the plan to fetch")
    arguments = parser.parse_args()
    try:
        if arguments.verb == "fetch":
            fetch(arguments.environment, arguments.sha256)
            return 0
        digest = save(arguments.environment)
    except (
        KeptPlanError,
        InfrastructureError,
        plans.PlanError,
        terraform.TerraformError,
        zappa_settings.SettingsError,
    ) as error:
        print(error, file=sys.stderr)
        return 1
    _tell_workflow(arguments.environment, digest)
    print(digest or f"The plan of {arguments.environment} changes nothing: there is nothing to apply.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
