"""One plan of each environment for all tests, made offline by the real Terraform and the real provider, and what it says."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ops import offline_aws, plans, terraform, zappa_settings
from tests.terraform.iam import allowed_actions

# All that is optional and has a policy or a price.
EVERYTHING_ON = (
    "-var=mail_domain=example.org",
    "-var=database_proxy=true",
    "-var=database_read_replica=true",
    "-var=database_backup_region=us-west-2",
    "-var=alarm_email=team@example.org",
    '-var=interface_endpoints=["lambda"]',
    "-var=account_alarms=true",
    "-var=monthly_budget_usd=40",
)
STAGES = [("nonprod", "dev"), ("nonprod", "staging"), ("prod", "prod")]


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


PlanOf = Callable[..., Plan]


@contextmanager
def skipped_without_terraform() -> Iterator[None]:
    """A test that needs Terraform and its provider is left out where they are not to be had, and says why.

    `.ci/run` fails there: so does `make terraform-check` in a CI.
    """
    try:
        yield
    except terraform.UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def plan_of(tmp_path_factory: pytest.TempPathFactory) -> PlanOf:
    """`plan_of("prod")`, or of a fork: `plan_of("prod", project="river-alliance")`."""
    with skipped_without_terraform():
        return _planner(tmp_path_factory.getbasetemp() / "platform")


# Each folder of tests that asks for plans has a fixture of its own, and all of them these plans.
@cache
def _planner(place: Path) -> PlanOf:
    folder, settings = plans.copy_root(place), place / zappa_settings.COMMITTED.name
    name, committed = zappa_settings.project_name(), settings.read_text()
    terraform.init(folder)

    @cache
    def plan(environment: str, *variables: str, project: str = name) -> Plan:
        settings.write_text(committed.replace(f'"{name}"', f'"{project}"'))
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


def documents(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """(address, document) of every policy, of identities, resources and who may assume."""
    for address, values in plan.resources.items():
        for name in ("policy", "assume_role_policy"):
            # ECR calls its rules for old images a policy too.
            if values.get(name) and ".aws_ecr_lifecycle_policy." not in address:
                yield address, json.loads(values[name])


def allowed(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for address, document in documents(plan):
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                yield address, statement


def actions_of(plan: Plan, function: str) -> set[str]:
    """What the role of a function (`prod`, `prod-ops`) may do."""
    names = [f'aws_iam_role_policy.runtime["{function}"]', f'aws_iam_role_policy.given["{function}/']
    return allowed_actions(
        statement for address, statement in allowed(plan) if any(name in address for name in names)
    )


def outputs(plan: Plan) -> dict[str, Any]:
    """As `terraform output -json`; what only an apply knows stands in as a word, of the kind that the output has."""
    return {
        name: {"value": _filled(plan.outputs.get(name), unknown)}
        for name, unknown in plan.unknown_outputs.items()
    }


def _filled(known: Any, unknown: Any) -> Any:
    if unknown is True:
        return "known-after-apply"
    if isinstance(unknown, dict):
        return {
            **(known or {}),
            **{name: _filled((known or {}).get(name), it) for name, it in unknown.items() if it},
        }
    if isinstance(unknown, list):
        return [_filled(one, it) for one, it in zip(known or [None] * len(unknown), unknown, strict=False)]
    return known
