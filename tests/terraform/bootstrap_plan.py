"""What a plan of bootstrap for a repository makes, decoded: what each workflow's role may, and each environment's boundary."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import offline_aws, terraform, zappa_settings

Statements = list[dict[str, Any]]

# Three stages with a CDN each, whose names stand in one zone.
ZONE = "Z0123456789ABC"
_DOMAINS = {"dev": "dev.example.org", "staging": "staging.example.org", "prod": "example.org"}
MAIL_DOMAINS = {"nonprod": "dev.example.org", "prod": "example.org"}
_NUMBERED = ("cache-policy", "key-value-store", "origin-access-control", "response-headers-policy")
EDGES: dict[str, dict[str, Any]] = {
    stage: {
        "domain": domain,
        "zone_id": ZONE,
        "arns": [f"arn:aws:cloudfront::{offline_aws.ACCOUNT_ID}:{kind}/of-{stage}" for kind in _NUMBERED],
    }
    for stage, domain in _DOMAINS.items()
}

_ATTACHMENT = re.compile(r'aws_iam_role_policy_attachment\.workflow\["(\S+) (\S+)"\]')
_WORKFLOWS_POLICY = 'module.github_oidc[0].aws_iam_policy.workflow["{}"]'
_BOUNDARY = 'module.environments.aws_iam_policy.boundary["{}"]'


@dataclass(frozen=True)
class BootstrapPlan:
    """A plan of a new account.

    Attributes:
        roles: by role of a workflow (apply-nonprod), the statements of all its policies.
        policies_of: by role, how many policies it has.
        boundaries: by environment, the boundary's statements.
        boundary_names: by environment.
        documents: by address, every policy's text.
    """

    roles: dict[str, Statements]
    policies_of: dict[str, int]
    boundaries: dict[str, Statements]
    boundary_names: dict[str, str]
    documents: dict[str, str]


def make(folder: Path) -> BootstrapPlan:
    """Plan it offline, by the real Terraform and the real provider.

    Args:
        folder: a new one, for a copy of the code.

    Raises:
        ops.terraform.UnavailableError: there is no Terraform, or no provider.
    """
    unwanted = shutil.ignore_patterns(".terraform", "*.tfstate*", "tests", "backend_override.tf")
    shutil.copytree(terraform.TERRAFORM, folder / "terraform", ignore=unwanted)
    # Terraform reads the project's name there.
    shutil.copy(zappa_settings.COMMITTED, folder)
    root = folder / "terraform" / "bootstrap"
    terraform.init(root, "-backend=false")
    with offline_aws.serve() as aws:
        given = ["-var=emulated=true", "-var=github_repository=river-alliance/coalition"]
        given.append(f"-var=github_edges={json.dumps(EDGES)}")
        given.append(f"-var=mail_domains={json.dumps(MAIL_DOMAINS)}")
        made = terraform.run(root, "plan", "-no-color", *given, f"-out={root}/plan", extra=aws.environment())
        assert made.returncode == 0, made.stderr
        shown = terraform.run(root, "show", "-json", f"{root}/plan", extra=aws.environment())
    changes = json.loads(shown.stdout)["resource_changes"]
    return _read({one["address"]: one["change"]["after"] for one in changes})


def _read(made: dict[str, Any]) -> BootstrapPlan:
    documents = {
        address: values["policy"] for address, values in made.items() if ".aws_iam_policy." in address
    }
    attached: dict[str, list[str]] = {}
    for address in made:
        if pair := _ATTACHMENT.search(address):
            attached.setdefault(pair[1], []).append(pair[2])
    environments = ("nonprod", "prod")

    def statements(address: str) -> Statements:
        return list(json.loads(documents[address])["Statement"])

    def of_kind(role: str, kind: str) -> Statements:
        whole = _WORKFLOWS_POLICY.format(kind)
        of_many = _WORKFLOWS_POLICY.format(f"{kind}-{role.rpartition('-')[2]}")
        return statements(whole if whole in documents else of_many)

    return BootstrapPlan(
        roles={
            role: [one for kind in kinds for one in of_kind(role, kind)] for role, kinds in attached.items()
        },
        policies_of={role: len(kinds) for role, kinds in attached.items()},
        boundaries={environment: statements(_BOUNDARY.format(environment)) for environment in environments},
        boundary_names={
            environment: made[_BOUNDARY.format(environment)]["name"] for environment in environments
        },
        documents=documents,
    )
