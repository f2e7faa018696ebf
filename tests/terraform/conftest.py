"""One plan of each environment for all tests, made offline by the real Terraform and the real provider."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ops import offline_aws, terraform, zappa_settings

LOCAL_BACKEND = 'terraform {\n  backend "local" {}\n}\n'


@dataclass(frozen=True)
class Plan:
    """A plan of a new environment.

    Attributes:
        resources: by address, the values as far as they are known.
        unknown: by address, what is not.
        outputs: the values as far as they are known.
        unknown_outputs: what is not.
        everything: all that Terraform wrote: the JSON, the plan file unpacked, its printing.
        aws: what was asked of AWS.
    """

    resources: dict[str, dict[str, Any]]
    unknown: dict[str, dict[str, Any]]
    outputs: dict[str, Any]
    unknown_outputs: dict[str, Any]
    everything: str
    aws: offline_aws.OfflineAws

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        return {address: values for address, values in self.resources.items() if f".{kind}." in f".{address}"}


@pytest.fixture(scope="session")
def plan_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Plan]:
    """`plan_of("prod")`, or of a fork: `plan_of("prod", project="river-alliance")`."""
    folder = tmp_path_factory.mktemp("terraform") / "terraform"
    shutil.copytree(
        terraform.TERRAFORM, folder, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "tests")
    )
    settings = folder.parent / zappa_settings.COMMITTED.name
    committed = zappa_settings.COMMITTED.read_text()
    (folder / "backend_override.tf").write_text(LOCAL_BACKEND)
    try:
        terraform.init(folder)
    except terraform.UnavailableError as error:
        pytest.skip(str(error))

    @cache
    def plan(environment: str, *variables: str, project: str = zappa_settings.project_name()) -> Plan:
        settings.write_text(committed.replace(f'"{zappa_settings.project_name()}"', f'"{project}"'))
        file = folder / f"{environment}.tfplan"
        arguments = [f"-var-file=environments/{environment}.tfvars", "-var=emulated=true", f"-out={file}"]
        with offline_aws.serve() as aws:
            made = terraform.run(folder, "plan", "-no-color", *arguments, *variables, extra=aws.environment())
            assert made.returncode == 0, made.stderr
            shown = terraform.run(folder, "show", "-json", str(file), extra=aws.environment())
        return _read(json.loads(shown.stdout), [made.stdout, made.stderr, shown.stdout, _unpacked(file)], aws)

    return plan


def _unpacked(file: Path) -> str:
    with zipfile.ZipFile(file) as archive:
        return "".join(archive.read(name).decode("latin-1") for name in archive.namelist())


def _read(plan: dict[str, Any], texts: list[str], aws: offline_aws.OfflineAws) -> Plan:
    changes = [change for change in plan["resource_changes"] if change["mode"] == "managed"]
    outputs = plan["output_changes"]
    return Plan(
        resources={change["address"]: change["change"]["after"] for change in changes},
        unknown={change["address"]: change["change"]["after_unknown"] for change in changes},
        outputs={name: change["after"] for name, change in outputs.items() if "after" in change},
        unknown_outputs={name: change["after_unknown"] for name, change in outputs.items()},
        everything="".join(texts),
        aws=aws,
    )
