"""What Terraform made for a stage, as a deployment needs it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from ops import infrastructure, office_networks, terraform, zappa_settings
from ops.zappa import API_POLICY_FILE

ENVIRONMENTS = {stage: name for name, stages in infrastructure.STAGES.items() for stage in stages}

# Migrations may take as long as their function lives; a lock they can't get still ends them after seconds.
OPS_ENVIRONMENT = {"DATABASE_STATEMENT_TIMEOUT_SECONDS": "840"}

# Terraform's word for no reservation, as in its aws_lambda_function: an optional number can't tell null from absent.
NO_RESERVATION = -1

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
        media_bucket: for uploads.
        cdn: what terraform/edge is to make in front of the API; None for nothing.
        cdn_secret: names the secret that the CDN proves itself with.
        upload_handler: what an upload is to call; empty for nothing.
        lambda_concurrency: reserved by the serving function; None for the committed number, NO_RESERVATION for none,
            nor for its companion.
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
    media_bucket: str = ""
    cdn: Mapping[str, Any] | None = None
    cdn_secret: str = ""
    upload_handler: str = ""
    lambda_concurrency: int | None = None
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

    @property
    def api_policy(self) -> dict[str, Any] | None:
        """What the API refuses by itself; None for nothing.

        Behind a CDN it would see the CDN's address and refuse the office: there the application's check stands alone.
        """
        networks = self.values.environment.get("OFFICE_NETWORKS", "")
        behind_cdn = "CDN_SECRET" in self.values.environment
        return (
            office_networks.policy(self.stage, networks.split(",")) if networks and not behind_cdn else None
        )

    @property
    def has_edge(self) -> bool:
        return self.cdn is not None or bool(self.upload_handler)

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
        policy_file = API_POLICY_FILE if self.api_policy else self.values.api_policy_file
        values = replace(self.values, environment=environment, api_policy_file=policy_file)
        rendered = zappa_settings.render(self.stage, values)
        rendered[self.ops_stage]["role_name"] = self.ops_role_name
        rendered[self.ops_stage]["aws_environment_variables"] |= OPS_ENVIRONMENT
        self._reserve(rendered)
        return {stage: {**settings, **self.overrides} for stage, settings in rendered.items()}

    def _reserve(self, rendered: Mapping[str, zappa_settings.Settings]) -> None:
        if self.lambda_concurrency == NO_RESERVATION:
            for settings in rendered.values():
                del settings["lambda_concurrency"]
        elif self.lambda_concurrency is not None:
            rendered[self.stage]["lambda_concurrency"] = self.lambda_concurrency


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
        media_bucket=reader.text("media_bucket"),
        cdn=reader.optional_mapping(f"{prefix}.cdn"),
        cdn_secret=reader.optional_text(f"{prefix}.cdn_secret"),
        upload_handler=reader.optional_text(f"{prefix}.upload_handler"),
        lambda_concurrency=reader.optional_integer(f"{prefix}.lambda_concurrency"),
    )
    reader.finish(stage)
    return platform


def from_terraform(stage: str) -> StagePlatform:
    """A stage's platform from the state of its Terraform environment.

    Raises:
        PlatformError: there is no state, or it lacks something.
    """
    outputs = outputs_of(ENVIRONMENTS[stage])
    return on_emulator(from_outputs(outputs, stage), os.environ.get("AWS_ENDPOINT_URL", ""))


def outputs_of(environment: str) -> dict[str, Any]:
    """What `terraform output -json` says of an environment, whatever an operator's `.terraform` points at.

    Raises:
        PlatformError: there is no state.
    """
    try:
        extra = infrastructure.prepare(environment)
        result = terraform.run(terraform.TERRAFORM, "output", "-no-color", "-json", extra=extra)
    except (
        infrastructure.InfrastructureError,
        terraform.TerraformError,
        zappa_settings.SettingsError,
    ) as error:
        raise PlatformError(str(error)) from None
    if result.returncode:
        raise PlatformError(f"`terraform output` failed: {result.stderr.strip()}")
    outputs: dict[str, Any] = json.loads(result.stdout)
    return outputs


def is_on_this_machine(url: str) -> bool:
    """Whether what AWS_ENDPOINT_URL says, or a client's address, is an emulator's."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost"}


def on_emulator(platform: StagePlatform, endpoint_url: str) -> StagePlatform:
    """The platform as it is when all of AWS is an emulator on this machine; unchanged when it is not.

    Args:
        platform: what Terraform made.
        endpoint_url: what AWS_ENDPOINT_URL says.
    """
    if not is_on_this_machine(endpoint_url):
        return platform
    # Zappa would touch the address that AWS would have given the API.
    overrides = {**platform.overrides, "touch": False}
    return replace(
        platform,
        gateway_url=f"{endpoint_url}/restapis/{{api_id}}/{{stage}}/_user_request_",
        overrides=overrides,
    )


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

    # Without a problem where the state is of before there was such an output.
    def optional_text(self, path: str) -> str:
        return "" if self._find(path) is None else self.text(path, may_be_empty=True)

    def optional_mapping(self, path: str) -> dict[str, Any] | None:
        return None if self._find(path) is None else dict(self._read(path, dict, "a map") or {})

    def optional_integer(self, path: str) -> int | None:
        """None if it is null, or the state is of before there was such an output."""
        value = self._find(path)
        if value is not None and (type(value) is not int or value == 0 or value < NO_RESERVATION):
            self._problems.append(f"{path} is {value!r}, expected a number from 1, or -1")
            return None
        return value

    def _find(self, path: str) -> Any:
        value: Any = self._values
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def _read(self, path: str, kind: type, expected: str) -> Any:
        value = self._find(path)
        if value is None:
            self._problems.append(f"{path} is missing")
            return None
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
