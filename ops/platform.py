"""What Terraform made for a stage, as a deployment needs it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops import terraform, zappa_settings

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = {"dev": "nonprod", "staging": "nonprod", "prod": "prod"}

# Migrations may take as long as their function lives; a lock they can't get still ends them after seconds.
OPS_ENVIRONMENT = {"DATABASE_STATEMENT_TIMEOUT_SECONDS": "840"}

# What links are made of until a first deploy has made the API that they lead to.
UNKNOWN_URL = "https://not-deployed-yet.invalid"


class PlatformError(Exception):
    """Terraform's outputs can't be read or lack something; the message names it and says what to run."""


@dataclass(frozen=True)
class StagePlatform:
    """One stage's share of what Terraform made.

    Attributes:
        stage: dev, staging or prod.
        values: what Zappa's settings are rendered from.
        ops_role_name: what the -ops function runs as.
        static_bucket: for static files.
        account_id: the AWS account of all this.
        master_secret: names the secret of the database's master user.
        database_host, database_port: the database instance itself, which the master user signs in to.
        access_log_group_arn: where the API's stage writes what it answers.
        public_url: where people come in; empty for the API's own address.
        gateway_url: the API's own address, with `{api_id}` to fill in.
        overrides: of rendered settings, in a rehearsal.
    """

    stage: str
    values: zappa_settings.Platform
    ops_role_name: str
    static_bucket: str
    account_id: str
    master_secret: str = ""
    database_host: str = ""
    database_port: str = "5432"
    access_log_group_arn: str = ""
    public_url: str = ""
    gateway_url: str = "https://{api_id}.execute-api.{region}.amazonaws.com/{stage}"
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def functions(self) -> tuple[tuple[str, str], ...]:
        """Zappa's stage and the function's name, the serving one first: it is what visitors wait for."""
        return (self.stage, self.function), (self.ops_stage, self.ops_function)

    @property
    def ops_stage(self) -> str:
        return self.stage + zappa_settings.OPS_SUFFIX

    @property
    def function(self) -> str:
        return f"{self.values.project}-{self.stage}"

    @property
    def ops_function(self) -> str:
        return f"{self.values.project}-{self.ops_stage}"

    @property
    def link_prefix(self) -> str:
        """What begins every path in a page: the API's own address has the stage there."""
        return "" if self.public_url else f"/{self.stage}"

    def api_url(self, api_id: str) -> str:
        return self.gateway_url.format(api_id=api_id, region=self.values.region, stage=self.stage)

    def rendered_settings(self, public_url: str) -> dict[str, zappa_settings.Settings]:
        """Zappa's settings for the stage and its -ops companion.

        Args:
            public_url: what the application calls its own address.

        Raises:
            ops.zappa_settings.SettingsError: a value is a secret, or Zappa would not know a key.
        """
        environment = {**self.values.environment, "PUBLIC_URL": public_url}
        rendered = zappa_settings.render(self.stage, replace(self.values, environment=environment))
        rendered[self.ops_stage]["role_name"] = self.ops_role_name
        rendered[self.ops_stage]["aws_environment_variables"] |= OPS_ENVIRONMENT
        return {stage: {**settings, **self.overrides} for stage, settings in rendered.items()}


def from_outputs(outputs: Mapping[str, Any], stage: str) -> StagePlatform:
    """A stage's platform from `terraform output -json`.

    Raises:
        PlatformError: names every output that is missing.
    """
    reader = _Reader({name: output["value"] for name, output in outputs.items()})
    prefix = f"stages.{stage}"
    platform = StagePlatform(
        stage=stage,
        values=zappa_settings.Platform(
            project=reader.text("project"),
            region=reader.text("region"),
            deployments_bucket=reader.text("deployments_bucket"),
            role_name=reader.text(f"{prefix}.role_name"),
            subnet_ids=reader.texts("private_subnet_ids"),
            security_group_ids=(reader.text("lambda_security_group_id"),),
            environment=reader.mapping(f"{prefix}.environment"),
            tags=reader.mapping("tags"),
        ),
        ops_role_name=reader.text(f"{prefix}.ops_role_name"),
        static_bucket=reader.text("static_bucket"),
        account_id=reader.text("account_id"),
        master_secret=reader.text("database_master_secret"),
        database_host=reader.text("database_endpoint.host"),
        database_port=str(reader.number("database_endpoint.port")),
        access_log_group_arn=reader.text(f"{prefix}.access_log_group_arn"),
        public_url=reader.text(f"{prefix}.public_url", may_be_empty=True).rstrip("/"),
    )
    reader.finish(stage)
    return platform


def from_terraform(stage: str) -> StagePlatform:
    """A stage's platform from the state of its Terraform environment, whatever an operator's `.terraform` points at.

    Raises:
        PlatformError: there is no state, or it lacks something.
    """
    environment = ENVIRONMENTS[stage]
    apart = {"TF_DATA_DIR": str(ROOT / "var" / "terraform" / environment)}
    backend = [
        f"-backend-config=environments/{environment}.s3.tfbackend",
        f"-backend-config=bucket={_state_bucket()}",
    ]
    try:
        terraform.init(terraform.TERRAFORM, "-reconfigure", *backend, extra=apart)
        result = terraform.run(terraform.TERRAFORM, "output", "-no-color", "-json", extra=apart)
    except terraform.UnavailableError as error:
        raise PlatformError(str(error)) from None
    if result.returncode:
        raise PlatformError(f"`terraform output` failed: {result.stderr.strip()}")
    return from_outputs(json.loads(result.stdout), stage)


def _state_bucket() -> str:
    """Where terraform/bootstrap keeps the states."""
    try:
        account_id = boto3.client("sts", region_name="us-east-1").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise PlatformError(
            f"AWS does not know who you are ({error}): sign in, or set AWS_PROFILE."
        ) from None
    project = zappa_settings.committed()["prod"]["project_name"]
    return f"{project}-terraform-state-{account_id}"


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

    def number(self, path: str) -> int:
        return int(self._read(path, int, "a number") or 0)

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
