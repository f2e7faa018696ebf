"""What Terraform makes: the state bucket of an account, and one environment with its plan and its apply.

    python -m ops.infrastructure bootstrap                            (`make bootstrap`)
    python -m ops.infrastructure plan|apply ENVIRONMENT [ARGUMENT …]  (`make plan ENV=prod ARGS=-destroy`)
    python -m ops.infrastructure drift ENVIRONMENT                    (`make drift ENV=prod`)

What is applied is the plan that was read: `apply` takes the file that `plan` wrote, and Terraform refuses it if the
state has changed since.
Beside the file is a summary without secrets, for a pull request. With --short it is all that is shown: the log of a workflow
may be everybody's.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops import consent, plan_summary, plan_values, plans, terraform, zappa_settings
from ops.processes import INTERRUPTED, ended_by_signals

ROOT = Path(__file__).resolve().parents[1]
STAGES = {"nonprod": ("dev", "staging"), "prod": ("prod",)}
ENVIRONMENTS = tuple(STAGES)
_BOOTSTRAP = terraform.TERRAFORM / "bootstrap"
REGION = "us-east-1"
_MISSING = {"404", "NoSuchBucket", "NoSuchKey"}
_S3_BACKEND = 'terraform {\n  backend "s3" {}\n}\n'


class InfrastructureError(Exception):
    """It can't be planned or applied as things are; the message says what to do."""


def account_id() -> str:
    """The AWS account that we are in.

    Raises:
        InfrastructureError: AWS does not know us.
    """
    try:
        return str(boto3.client("sts", region_name=REGION).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise InfrastructureError(
            f"AWS does not know who you are ({error}): sign in, or set AWS_PROFILE. In a workflow, set"
            " the variable with its role (docs/operating.md)."
        ) from None


def state_bucket() -> str:
    """Where terraform/bootstrap keeps the states.

    Raises:
        InfrastructureError, ops.zappa_settings.SettingsError: say what to do.
    """
    return f"{zappa_settings.project_name()}-terraform-state-{account_id()}"


def prepare(environment: str) -> dict[str, str]:
    """Make Terraform's root ready for an environment, whatever an operator's own `.terraform` points at.

    Returns:
        The variables to run Terraform with.

    Raises:
        InfrastructureError, ops.terraform.TerraformError: say what to do.
    """
    extra, bucket = _variables(environment), state_bucket()
    if not _exists(bucket):
        raise InfrastructureError(
            f"There is no {bucket}, where the states are kept: `make bootstrap`, or set AWS_PROFILE if it is not"
            f" account {account_id()} that you mean."
        )
    backend = [
        f"-backend-config=environments/{environment}.s3.tfbackend",
        f"-backend-config=bucket={bucket}",
    ]
    terraform.init(terraform.TERRAFORM, "-reconfigure", *backend, extra=extra)
    return extra


def plan_file(environment: str) -> Path:
    return ROOT / "var" / "terraform" / f"{environment}.tfplan"


def summary_file(environment: str) -> Path:
    """Where `plan` says in short what it found; none if there is no plan."""
    return plan_file(environment).with_suffix(".md")


def drift_file(environment: str) -> Path:
    """Where `drift` says what it found; none if it could not look."""
    return plan_file(environment).with_suffix(".drift.md")


def destroys(arguments: Iterable[str]) -> bool:
    """Whether Terraform takes them for a destroy: it knows the option with one dash or two, and with a value."""
    return any(given.lstrip("-").removesuffix("=true") == "destroy" for given in arguments)


def plan(environment: str, arguments: list[str], *, short: bool = False) -> None:
    """Show what an apply would change, and keep the plan for it.

    Args:
        environment: nonprod or prod.
        arguments: more for `terraform plan`.
        short: show the summary in the place of Terraform's own words.

    Raises:
        InfrastructureError, ops.plans.PlanError, ops.terraform.TerraformError: there is no plan; say what to do.
    """
    summary = summary_file(environment)
    for old in (summary, plan_file(environment)):
        old.unlink(missing_ok=True)
    extra = prepare(environment)
    if destroys(arguments):
        _refuse_below_an_edge(environment)
    variables = f"-var-file=environments/{environment}.tfvars"
    _plan(terraform.TERRAFORM, plan_file(environment), extra, [variables, *arguments], short=short)
    made = plans.show(terraform.TERRAFORM, plan_file(environment), extra)
    text = plan_summary.markdown(environment, made)
    summary.write_text(text, encoding="utf-8")
    if short:
        print(text)
    print(f"\nIn short, and fit for a pull request: {summary.relative_to(ROOT)}")
    print(f"To do this: make apply ENV={environment}")


def _refuse_below_an_edge(environment: str) -> None:
    """What is in front of a stage has a state of its own, and it can be taken away only while the platform's outputs are there."""
    s3 = boto3.client("s3", region_name=REGION)
    for stage in STAGES[environment]:
        try:
            state = s3.get_object(Bucket=state_bucket(), Key=f"edge/{stage}.tfstate")["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if _is_missing(error):
                continue
            raise InfrastructureError(
                f"Nobody knows what is in front of {stage}, its state can't be read: {error}"
            ) from None
        if any(resource["mode"] == "managed" for resource in json.loads(state)["resources"]):
            raise InfrastructureError(
                f"What is in front of {stage} would be left behind, and nothing could take it away any more."
                f" It goes first: make edge STAGE={stage} ARGS=-destroy"
            )


def drift(environment: str, *, short: bool = False) -> bool:
    """Compare what is there with the code, without a lock, so that it is in nobody's way.

    Args:
        environment: nonprod or prod.
        short: show the summary alone.

    Returns:
        Whether they differ.

    Raises:
        InfrastructureError, ops.plans.PlanError, ops.terraform.TerraformError: they can't be compared; say what to do.
    """
    found = drift_file(environment)
    found.unlink(missing_ok=True)
    extra = prepare(environment)
    variables = f"-var-file=environments/{environment}.tfvars"
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "plan"
        arguments = ["-detailed-exitcode", "-lock=false", f"-out={file}", variables]
        code = _show_plan(terraform.TERRAFORM, arguments, extra, short=short)
        if code not in {terraform.NO_CHANGES, terraform.CHANGES}:
            raise InfrastructureError(
                f"Nobody knows whether {environment} drifted: mend what Terraform says."
            )
        made = plans.show(terraform.TERRAFORM, file, extra)
    differs, text = code == terraform.CHANGES, plan_summary.markdown(environment, made)
    found.write_text(f"{drift_marker(environment, differs=differs)}\n{text}", encoding="utf-8")
    print(f"\n{text}" if differs else f"\n{environment} is what the code says.")
    return differs


def drift_marker(environment: str, *, differs: bool) -> str:
    """The first line of what `drift` writes."""
    return f"<!-- {environment} {'differs from' if differs else 'is'} the code -->"


def apply(environment: str) -> None:
    """Carry out the plan that was kept, once.

    Raises:
        InfrastructureError, ops.consent.RefusedError, ops.terraform.TerraformError: say what to do.
    """
    file = plan_file(environment)
    if not file.exists():
        raise InfrastructureError(f"There is no plan: run `make plan ENV={environment}`, and read it.")
    extra = prepare(environment)
    consent.ask(f"Apply the plan of {environment} in account {account_id()}?")
    summary_file(environment).unlink(missing_ok=True)
    _apply(terraform.TERRAFORM, file, extra, f"make plan ENV={environment}")


def bootstrap() -> None:
    """Make the state bucket and what else an account needs once, its own state inside that bucket. Can be repeated.

    Nobody is asked if it changes nothing.

    Raises:
        InfrastructureError, ops.consent.RefusedError, ops.terraform.TerraformError: say what to do.
    """
    bucket, extra = state_bucket(), _variables("bootstrap")
    override, local_state = _BOOTSTRAP / "backend_override.tf", _BOOTSTRAP / "terraform.tfstate"
    is_begun_here = local_state.exists() and local_state.stat().st_size > 0
    is_new = is_begun_here or not _exists(bucket)
    if is_new:
        # The state can't be in a bucket that is not there: it begins here.
        override.unlink(missing_ok=True)
        # Terraform remembers here that another account's state was in a bucket, -reconfigure or not.
        (Path(extra["TF_DATA_DIR"]) / "terraform.tfstate").unlink(missing_ok=True)
        terraform.init(_BOOTSTRAP, "-reconfigure", extra=extra)
        _plan_and_apply_bootstrap(extra)
    override.write_text(_S3_BACKEND)
    settings = {"bucket": bucket, "key": "bootstrap.tfstate", "region": REGION, "use_lockfile": "true"}
    backend = [f"-backend-config={name}={value}" for name, value in settings.items()]
    # Of a bucket that was there before nothing is copied: what Terraform remembers here may be another account's.
    state = ["-migrate-state", "-force-copy"] if is_new else ["-reconfigure"]
    terraform.init(_BOOTSTRAP, *state, *backend, extra=extra)
    local_state.unlink(missing_ok=True)
    if not is_new:
        _plan_and_apply_bootstrap(extra)
    print(f"\nThe states are kept in {bucket}. Next: make plan ENV=nonprod, or ENV=prod")


def _plan_and_apply_bootstrap(extra: dict[str, str]) -> None:
    file = plan_file("bootstrap")
    if not _plan(_BOOTSTRAP, file, extra, []):
        file.unlink()
        # As after an apply: the workflows' roles are read here.
        terraform.show(_BOOTSTRAP, "output", extra=extra)
        return
    consent.ask(f"Apply this in account {account_id()}?")
    _apply(_BOOTSTRAP, file, extra, "make bootstrap")


def _variables(name: str) -> dict[str, str]:
    return {"TF_DATA_DIR": str(ROOT / "var" / "terraform" / name)}


def _plan(
    folder: Path, file: Path, extra: dict[str, str], arguments: list[str], *, short: bool = False
) -> bool:
    """Plan into a file.

    Returns:
        Whether it changes anything.
    """
    file.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    terraform.write_kept_state(folder, extra)
    code = _show_plan(folder, ["-detailed-exitcode", f"-out={file}", *arguments], extra, short=short)
    if code not in {terraform.NO_CHANGES, terraform.CHANGES}:
        # Terraform keeps what it had planned until the error, to be looked at.
        file.unlink(missing_ok=True)
        raise InfrastructureError(
            "There is no plan: mend what Terraform says, and plan again."
            f"\n{terraform.on_a_lock(folder, extra)}"
        )
    return code == terraform.CHANGES


def _show_plan(folder: Path, arguments: list[str], extra: dict[str, str], *, short: bool) -> int:
    """Plan; in short Terraform is not heard unless it complains, and then without what a summary leaves out."""
    if not short:
        return terraform.show(folder, "plan", *arguments, extra=extra)
    planned = terraform.run(folder, "plan", "-no-color", *arguments, extra=extra)
    # Word by word: in an error of S3 an id that looks like a key stands beside what is wrong.
    told = re.sub(r"\S+", lambda word: plan_values.without_secrets(word[0]), planned.stderr)
    print(told, end="", file=sys.stderr)
    return planned.returncode


def _apply(folder: Path, file: Path, extra: dict[str, str], again: str) -> None:
    terraform.write_kept_state(folder, extra)
    try:
        failed = terraform.show(folder, "apply", str(file), extra=extra)
    finally:
        # Done or half done: Terraform would refuse it a second time.
        file.unlink(missing_ok=True)
        terraform.keep_unsaved_state(folder, extra)
    if failed:
        raise InfrastructureError(f"What was done stays. Mend it, and run `{again}` again.")


def _exists(bucket: str) -> bool:
    try:
        boto3.client("s3", region_name=REGION).head_bucket(Bucket=bucket)
    except (BotoCoreError, ClientError) as error:
        if _is_missing(error):
            return False
        raise InfrastructureError(f"The bucket {bucket} can't be looked at: {error}") from None
    return True


def _is_missing(error: BotoCoreError | ClientError) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in _MISSING


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.infrastructure", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("bootstrap")
    for verb in ("plan", "apply", "drift"):
        verbs.add_parser(verb).add_argument("environment", choices=ENVIRONMENTS)
    for verb in ("plan", "drift"):
        verbs.choices[verb].add_argument("--short", action="store_true", help="the summary alone")
    arguments, others = parser.parse_known_args()
    try:
        with ended_by_signals():
            return _perform(arguments, others)
    except (
        InfrastructureError,
        consent.RefusedError,
        plans.PlanError,
        terraform.TerraformError,
        zappa_settings.SettingsError,
    ) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What Terraform had done until then stays.", file=sys.stderr)
        return INTERRUPTED


def _perform(arguments: argparse.Namespace, others: list[str]) -> int:
    environment = getattr(arguments, "environment", "")
    match arguments.verb:
        case "bootstrap":
            bootstrap()
        case "plan":
            plan(environment, others, short=arguments.short)
        case "apply":
            apply(environment)
        case "drift":
            return terraform.CHANGES if drift(environment, short=arguments.short) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
