"""Terraform's plans as JSON: what is planned, what was there, and one made without AWS."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ops import offline_aws, terraform, zappa_settings

PlanJson = Mapping[str, Any]

_LOCAL_BACKEND = 'terraform {\n  backend "local" {}\n}\n'


class PlanError(Exception):
    """There is no plan to read; the message says what to do."""


@dataclass(frozen=True)
class Resource:
    """One managed resource with the values that are known.

    Attributes:
        address: as Terraform prints it.
        type: e.g. aws_db_instance.
        values: as the provider's schema has them; what only an apply knows is missing.
    """

    address: str
    type: str
    values: Mapping[str, Any]


def planned(plan: PlanJson) -> list[Resource]:
    """All that is there when the plan is applied."""
    return list(_resources(plan.get("planned_values", {}).get("root_module", {})))


def prior(plan: PlanJson) -> list[Resource]:
    """All that was there before."""
    values = plan.get("prior_state", {}).get("values", {})
    return list(_resources(values.get("root_module", {})))


def region(plan: PlanJson) -> str:
    """The region of everything, as the variable says; empty if there is no such variable."""
    return str(plan.get("variables", {}).get("region", {}).get("value", ""))


def _resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    for one in module.get("resources", []):
        if one["mode"] == "managed":
            yield Resource(one["address"], one["type"], one.get("values", {}))
    for child in module.get("child_modules", []):
        yield from _resources(child)


def read(text: str) -> PlanJson:
    """A plan from what `terraform show -json FILE` prints.

    Raises:
        PlanError: it is something else.
    """
    try:
        plan = json.loads(text)
    except ValueError as error:
        raise PlanError(f"This is no JSON ({error}): give what `terraform show -json FILE` prints.") from None
    if not isinstance(plan, dict) or "planned_values" not in plan:
        raise PlanError("This is no plan: give what `terraform show -json FILE` prints for a plan file.")
    return plan


def show(folder: Path, file: Path, extra: Mapping[str, str]) -> PlanJson:
    """A plan file as JSON. It holds sensitive values in the clear: write it nowhere.

    Raises:
        PlanError: Terraform can't read the file.
        ops.terraform.UnavailableError: there is no Terraform.
    """
    shown = terraform.run(folder, "show", "-json", str(file), extra=extra)
    if shown.returncode:
        raise PlanError(f"`terraform show` failed: {shown.stderr.strip()}")
    return read(shown.stdout)


def copy_root(place: Path) -> Path:
    """Copy the platform's root into a folder, to be planned there as if nothing of it were there.

    Returns:
        The copy; the settings that have the project's name, which Terraform reads, stand beside it.
    """
    folder = place / "terraform"
    unneeded = shutil.ignore_patterns(".terraform", "*.tfstate*", "tests", "edge", "bootstrap")
    shutil.copytree(terraform.TERRAFORM, folder, ignore=unneeded)
    # The committed backend is S3, where the state of the real environment is.
    (folder / "backend_override.tf").write_text(_LOCAL_BACKEND)
    shutil.copy(zappa_settings.COMMITTED, place)
    return folder


@cache
def offline(environment: str, *arguments: str) -> PlanJson:
    """A plan of the environment as if nothing of it were there, made without AWS.

    Args:
        environment: nonprod or prod.
        arguments: more for `terraform plan`, e.g. `-var=database_multi_az=true`.

    Raises:
        PlanError, ops.terraform.TerraformError: Terraform refuses.
        ops.terraform.UnavailableError: there is no Terraform or no provider.
    """
    with tempfile.TemporaryDirectory() as place, offline_aws.serve() as aws:
        folder = copy_root(Path(place))
        extra = aws.environment()
        terraform.init(folder, extra=extra)
        file = folder / "plan"
        variables = f"-var-file=environments/{environment}.tfvars"
        made = terraform.run(folder, "plan", "-no-color", f"-out={file}", variables, *arguments, extra=extra)
        if made.returncode:
            raise PlanError(f"There is no plan of {environment}:\n{made.stderr.strip()}")
        return show(folder, file, extra)
