"""A stage to deploy to, with what a deployment uses of it."""

from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from ops.platform import UNKNOWN_URL, StagePlatform
from ops.releases import Releases
from ops.steps import Steps
from ops.zappa import Zappa


@dataclass(frozen=True)
class Deployment:
    """A stage to deploy to.

    Attributes:
        platform: what Terraform made for it.
        folder: for the rendered settings and Zappa's log.
        steps: where progress is told.
    """

    platform: StagePlatform
    folder: Path
    steps: Steps = field(default_factory=Steps)

    @property
    def zappa(self) -> Zappa:
        return Zappa(self.folder)

    @property
    def releases(self) -> Releases:
        return Releases(self.platform.values.deployments_bucket)

    def api_id(self) -> str | None:
        """The REST API that Zappa made for the stage, if it did."""
        stacks = boto3.client("cloudformation")
        try:
            found = stacks.describe_stack_resource(StackName=self.platform.function, LogicalResourceId="Api")
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"ValidationError", "ResourceNotFoundException"}:
                raise
            return None
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def public_url(self) -> str:
        """Where people come in: the domain, or else the API's own address."""
        return self.platform.public_url or self.api_url()

    def api_url(self) -> str:
        """The API's own address."""
        api_id = self.api_id()
        return self.platform.api_url(api_id) if api_id else UNKNOWN_URL

    def render(self) -> None:
        self.zappa.render(self.platform.rendered_settings(self.public_url()), self.platform.api_policy)

    def environment(self, stage: str) -> dict[str, str]:
        """The variables of one of the two functions, as they are rendered."""
        settings = self.platform.rendered_settings(self.public_url())
        variables: dict[str, str] = settings[stage]["aws_environment_variables"]
        return variables
