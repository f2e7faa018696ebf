"""A stage to deploy to, with what a deployment uses of it."""

from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from ops.platform import UNKNOWN_URL, StagePlatform
from ops.releases import Releases
from ops.steps import Steps
from ops.zappa import Zappa

_NOT_THERE = {"ValidationError", "ResourceNotFoundException"}


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

    def has_stack(self) -> bool:
        """Whether there is the stack that Zappa makes the API by, be it a failed one."""
        try:
            boto3.client("cloudformation").describe_stacks(StackName=self.platform.function)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_THERE:
                raise
            return False
        return True

    def api_id(self) -> str | None:
        """The REST API that Zappa made for the stage, if it did."""
        stacks = boto3.client("cloudformation")
        try:
            found = stacks.describe_stack_resource(StackName=self.platform.function, LogicalResourceId="Api")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_THERE:
                raise
            return None
        api = found["StackResourceDetail"]
        # One that could not be made stays listed, with or without the id it had; one that was made stays while it is
        # changed, and when a change of it fails.
        is_there = api["ResourceStatus"] == "CREATE_COMPLETE" or api["ResourceStatus"].startswith("UPDATE_")
        return api.get("PhysicalResourceId") if is_there else None

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
