"""What Terraform made, as a deployment needs it, and its rendering into Zappa's settings."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COMMITTED_SETTINGS = ROOT / "zappa_settings.json"
TERRAFORM = ROOT / "terraform"
ENVIRONMENTS = {"dev": "nonprod", "staging": "nonprod", "prod": "prod"}

# Migrations may take as long as their function lives; a lock they can't get still ends them after seconds.
OPS_ENVIRONMENT = {"DATABASE_STATEMENT_TIMEOUT_SECONDS": "840"}

# What links are made of until a first deploy has made the API that they lead to.
UNKNOWN_URL = "https://not-deployed-yet.invalid"


class PlatformError(Exception):
    """Terraform's outputs can't be read or lack something; the message names it and says what to run."""


@dataclass(frozen=True)
class Platform:
    """One stage's share of what Terraform made.

    Attributes:
        stage: dev, staging or prod.
        project: what every name begins with.
        deployments_bucket: for releases.
        static_bucket: for static files.
        role_arn: what the functions run as.
        subnet_ids: private ones; none of them and no group outside a VPC.
        environment: of the functions, beside what zappa_settings.json gives them.
        public_url: where people come in; empty for the API's own address.
        gateway_url: the API's own address, with `{api_id}` and `{stage}` to fill in.
        overrides: of Zappa settings, for the serving stage.
    """

    stage: str
    project: str
    region: str
    deployments_bucket: str
    static_bucket: str
    role_arn: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    environment: Mapping[str, str]
    public_url: str = ""
    gateway_url: str = "https://{api_id}.execute-api.{region}.amazonaws.com/{stage}"
    tags: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ops_stage(self) -> str:
        return f"{self.stage}-ops"

    @property
    def function(self) -> str:
        return f"{self.project}-{self.stage}"

    @property
    def ops_function(self) -> str:
        return f"{self.project}-{self.ops_stage}"

    def api_url(self, api_id: str) -> str:
        return self.gateway_url.format(api_id=api_id, region=self.region, stage=self.stage)


def from_outputs(outputs: Mapping[str, Any], stage: str) -> Platform:
    """A stage's platform from `terraform output -json`.

    Raises:
        PlatformError: names every output that is missing.
    """
    reader = _Reader({name: output["value"] for name, output in outputs.items()})
    prefix = f"stages.{stage}"
    platform = Platform(
        stage=stage,
        project=reader.text("project"),
        region=reader.text("region"),
        deployments_bucket=reader.text("deployments_bucket"),
        static_bucket=reader.text("static_bucket"),
        role_arn=reader.text(f"{prefix}.role_arn"),
        subnet_ids=reader.texts("private_subnet_ids"),
        security_group_ids=(reader.text("lambda_security_group_id"),),
        environment=reader.mapping(f"{prefix}.environment"),
        public_url=reader.text(f"{prefix}.public_url", may_be_empty=True).rstrip("/"),
        tags=reader.mapping("tags"),
    )
    reader.finish(stage)
    return platform


def from_terraform(stage: str) -> Platform:
    """A stage's platform from the state of its Terraform environment.

    Raises:
        PlatformError: there is none, or it lacks something.
    """
    command = ["terraform", f"-chdir={TERRAFORM}", "output", "-json"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise PlatformError("`terraform` is not on PATH.") from None
    if result.returncode:
        raise PlatformError(
            f"`{' '.join(command)}` failed: {result.stderr.strip()}\n"
            f"Run `make plan ENV={ENVIRONMENTS[stage]}` first: it selects the environment's state."
        )
    return from_outputs(json.loads(result.stdout), stage)


class _Reader:
    """Typed reading that remembers all that is missing."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._problems: list[str] = []

    def text(self, path: str, *, may_be_empty: bool = False) -> str:
        value = self._read(path, str, "a string")
        if value == "" and not may_be_empty:
            self._problems.append(f"{path} is empty")
        return value or ""

    def texts(self, path: str) -> tuple[str, ...]:
        return tuple(map(str, self._read(path, list, "a list") or ()))

    def mapping(self, path: str) -> dict[str, str]:
        return {name: str(value) for name, value in (self._read(path, dict, "a map") or {}).items()}

    def _read(self, path: str, kind: type, expected: str) -> Any:
        value: Any = self._values
        for part in path.split("."):
            if not isinstance(value, Mapping) or part not in value:
                self._problems.append(f"{path} is missing")
                return None
            value = value[part]
        if not isinstance(value, kind):
            self._problems.append(f"{path} is no {expected.removeprefix('a ')}")
            return None
        return value

    def finish(self, stage: str) -> None:
        if self._problems:
            environment = ENVIRONMENTS[stage]
            raise PlatformError(
                "Terraform's outputs are not what a deploy needs:\n  - "
                + "\n  - ".join(self._problems)
                + f"\nRun `make apply ENV={environment}`: its state is older than this code, or never was."
            )


def rendered_settings(platform: Platform, public_url: str) -> dict[str, Any]:
    """Zappa's settings for a stage and its -ops companion, complete in themselves.

    Args:
        platform: what Terraform made.
        public_url: what the application calls its own address.
    """
    committed = json.loads(COMMITTED_SETTINGS.read_text())
    return {
        name: _rendered(_flat(committed, name), platform, public_url, extra)
        for name, extra in ((platform.stage, {}), (platform.ops_stage, OPS_ENVIRONMENT))
    }


def _flat(committed: Mapping[str, Any], stage: str) -> dict[str, Any]:
    own = dict(committed[stage])
    parent = own.pop("extends", None)
    return {**_flat(committed, parent), **own} if parent else own


def _rendered(
    settings: dict[str, Any], platform: Platform, public_url: str, extra: Mapping[str, str]
) -> dict[str, Any]:
    # `role_name` is the fallback of the committed file, for a plain `zappa rollback`.
    settings.pop("role_name", None)
    rendered = {
        **settings,
        "project_name": platform.project,
        "aws_region": platform.region,
        "s3_bucket": platform.deployments_bucket,
        "role_arn": platform.role_arn,
        "tags": dict(platform.tags),
        "aws_environment_variables": {
            **settings["aws_environment_variables"],
            **platform.environment,
            "PUBLIC_URL": public_url,
            **extra,
        },
        **platform.overrides,
    }
    if platform.subnet_ids:
        rendered["vpc_config"] = {
            "SubnetIds": list(platform.subnet_ids),
            "SecurityGroupIds": list(platform.security_group_ids),
            # Without it a function in a private subnet without NAT reaches no IPv6 host.
            "Ipv6AllowedForDualStack": True,
        }
    return rendered
