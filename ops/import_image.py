"""Builds the image of the import task and pushes it, by whichever container engine is there."""

import base64
import re
import subprocess
from pathlib import Path

import boto3

from ops.processes import succeeds
from ops.sources import SourceError, read_sources

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("docker", "finch", "podman")
# What the task definition says of its machine.
PLATFORM = "linux/amd64"
_REPOSITORY = re.compile(
    r"(?P<registry>[0-9]{12}[.]dkr[.]ecr[.](?P<region>[a-z0-9-]+)[.][a-z.]+)/(?P<name>.+)"
)
_ANSWER_SECONDS = 20


class ImageError(Exception):
    """There is no image; the message says what to do."""


def build_and_push(repository_url: str, environment: str) -> str:
    """Build this tree's image, push it under the name of its release, and say how to have it run.

    A tag that is there already is that very image, and nothing is built.

    Raises:
        ImageError: no engine answers, or it failed.
    """
    parts = _REPOSITORY.fullmatch(repository_url)
    if parts is None:
        raise ImageError(f"{repository_url} is no address of an ECR repository.")
    try:
        tag = read_sources(ROOT).release_id
    except SourceError as error:
        raise ImageError(str(error)) from None
    if _is_pushed(parts["region"], parts["name"], tag):
        print(f"The image {tag} is in the repository already.")
    else:
        engine = find_engine()
        _sign_in(engine, parts["region"], parts["registry"])
        build(engine, f"{repository_url}:{tag}", tag)
        _run([engine, "push", f"{repository_url}:{tag}"])
    print(
        f'\nTo have it run: import_image_tag = "{tag}" in terraform/environments/{environment}.tfvars,'
        f" then make plan ENV={environment} and make apply ENV={environment}."
    )
    return tag


def find_engine() -> str:
    """The name of a container engine that answers.

    Raises:
        ImageError: there is none.
    """
    for name in ENGINES:
        if succeeds([name, "info"], _ANSWER_SECONDS):
            return name
    raise ImageError(
        f"No container engine answers ({', '.join(ENGINES)}). Install and start Docker or Finch"
        " (github.com/runfinch/finch), or have the workflow geodata-import build the image."
    )


def build(engine: str, name: str, release_id: str) -> None:
    """Build the image of this tree, on the newest base.

    Raises:
        ImageError: it failed.
    """
    _run([
        engine, "build", "--pull", "--platform", PLATFORM, "--build-arg", f"RELEASE_ID={release_id}", "--tag", name, str(ROOT),
    ])  # fmt: skip


def _is_pushed(region: str, repository: str, tag: str) -> bool:
    ecr = boto3.client("ecr", region_name=region)
    try:
        ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except ecr.exceptions.ImageNotFoundException:
        return False
    return True


def _sign_in(engine: str, region: str, registry: str) -> None:
    (given,) = boto3.client("ecr", region_name=region).get_authorization_token()["authorizationData"]
    _, password = base64.b64decode(given["authorizationToken"]).decode().split(":", 1)
    _run([engine, "login", "--username", "AWS", "--password-stdin", registry], password)


def _run(command: list[str], stdin: str = "") -> None:
    result = subprocess.run(command, input=stdin, text=True, check=False)
    if result.returncode:
        raise ImageError(f"`{' '.join(command[:2])}` failed with {result.returncode}.")
