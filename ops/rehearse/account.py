"""An account under rehearsal, and what is typed to make an environment in it, look at it again and destroy it."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ops import terraform
from ops.emulator import Emulator
from ops.rehearse import drift
from ops.rehearse.operator import Operator
from ops.rehearse.visitor import UnexpectedAnswerError
from ops.steps import Steps

# One domain belongs to one environment: SES knows it once in an account.
MAIL_DOMAINS = {"prod": "rehearsal.test", "nonprod": "dev.rehearsal.test"}
# What an environment of a rehearsal holds may go.
_UNPROTECTED = "-var=protected=false"


@dataclass(frozen=True)
class Rehearsal:
    """What all parts of it need.

    Attributes:
        folder: for everything that is written, the operator's checkout too.
        operator: who types.
        running: the emulated AWS.
        server_url: the private PostGIS, on the port that the database is to have.
        ports: of each environment's database.
        steps: of production, and of what is typed for the account.
        beside: of what goes on at the same time: nonprod, a second plan.
    """

    folder: Path
    operator: Operator
    running: Emulator
    server_url: str
    ports: dict[str, int]
    steps: Steps
    beside: Steps

    @property
    def root(self) -> Path:
        return self.operator.checkout

    @property
    def plans(self) -> Path:
        return self.folder / "plans"

    def variables(self, environment: str) -> dict[str, str]:
        return {
            "TF_VAR_database_port": str(self.ports[environment]),
            "TF_VAR_mail_domain": MAIL_DOMAINS[environment],
        }

    def terraform(self, environment: str, *arguments: str) -> str:
        """What Terraform says in the operator's checkout."""
        data = {"TF_DATA_DIR": str(self.root / "var" / "terraform" / environment)}
        result = terraform.run(self.root / "terraform", *arguments, extra=data)
        if result.returncode:
            raise UnexpectedAnswerError(f"`terraform {arguments[0]}` failed: {result.stderr}")
        return result.stdout


def plan_and_apply(rehearsal: Rehearsal, steps: Steps, environment: str) -> None:
    with steps.step(f"make plan ENV={environment}") as step:
        step.note = _plan(rehearsal, environment, "first")
    _apply(rehearsal, steps, environment)


def plan_again(rehearsal: Rehearsal, steps: Steps, environment: str) -> None:
    with steps.step(f"make plan ENV={environment}, again") as step:
        _plan(rehearsal, environment, "second")
        planned = json.loads((rehearsal.plans / f"{environment}-second.json").read_text())
        drift.require_known(drift.of(planned), drift.known(environment))
        step.note = f"nothing but {drift.KNOWN.name}"


def destroy(rehearsal: Rehearsal, steps: Steps, environment: str) -> None:
    with steps.step(f"make plan ENV={environment} ARGS=-destroy") as step:
        step.note = _plan(rehearsal, environment, "destroy", "-destroy")
    _apply(rehearsal, steps, environment)


def _plan(rehearsal: Rehearsal, environment: str, name: str, *arguments: str) -> str:
    """Plan, and keep the plan for the search for secrets.

    Returns:
        Its last line.
    """
    words = " ".join([_UNPROTECTED, *arguments])
    variables = rehearsal.variables(environment)
    said = rehearsal.operator.make("plan", f"ENV={environment}", f"ARGS={words}", **variables)
    file = rehearsal.root / "var" / "terraform" / f"{environment}.tfplan"
    shutil.copy(file, rehearsal.plans / f"{environment}-{name}.tfplan")
    shown = rehearsal.terraform(environment, "show", "-json", str(file))
    (rehearsal.plans / f"{environment}-{name}.json").write_text(shown)
    found = re.search(r"^Plan: .*", said, re.MULTILINE)
    return found[0] if found else "No changes."


def _apply(rehearsal: Rehearsal, steps: Steps, environment: str) -> None:
    with steps.step(f"make apply ENV={environment}") as step:
        said = rehearsal.operator.make(
            "apply", f"ENV={environment}", "CONFIRM=1", **rehearsal.variables(environment)
        )
        found = re.search(r"^Apply complete! (.*)", said, re.MULTILINE)
        step.note = found[1] if found else ""
