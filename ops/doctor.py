"""What has to hold before a deploy begins, checked from the operator's machine."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops import functions, sources, terraform
from ops.environments import LAMBDA_PYTHON_VERSION
from ops.functions import CallError
from ops.platform import StagePlatform
from ops.sources import SourceError

ROOT = Path(__file__).resolve().parents[1]
SHORTEST_KEY = 50
_SHORTEST_CDN_SECRET = 32
_LONGEST_STORED_BYTES = 1024  # in CloudFront's key-value store
_WRITE_CREDENTIALS = "write a version that has both, then run `make db-bootstrap`."
_PLACEHOLDER = re.compile(r"\bexample\.(org|com|net)\b|change-?me", re.IGNORECASE)


def problems(platform: StagePlatform) -> list[str]:
    """Everything that stands in a deploy's way, each with what to do about it. No secret's value is in it."""
    return tools() + tree(platform) + platform_problems(platform)


def tools() -> list[str]:
    """Whether what packages and plans is of a version that can."""
    found = []
    if sys.version_info[:2] != LAMBDA_PYTHON_VERSION:
        wanted = ".".join(map(str, LAMBDA_PYTHON_VERSION))
        found.append(
            f"This is Python {sys.version.split()[0]}, and Lambda's is {wanted}: install it and remove .venv."
        )
    try:
        said = json.loads(terraform.run(ROOT, "version", "-json").stdout)["terraform_version"]
    except terraform.UnavailableError as error:
        return [*found, str(error)]
    if tuple(map(int, said.split("-")[0].split(".")[:2])) < terraform.MINIMUM_VERSION[:2]:
        wanted = ".".join(map(str, terraform.MINIMUM_VERSION))
        found.append(f"This is Terraform {said}: install version {wanted} or newer.")
    return found


def platform_problems(platform: StagePlatform) -> list[str]:
    """The part of it that asks AWS."""
    checks: tuple[Callable[[StagePlatform], list[str]], ...] = (identity, placeholders, secrets)
    return [problem for check in checks for problem in check(platform)]


def identity(platform: StagePlatform) -> list[str]:
    """Whether we are somebody, in the account that Terraform made the platform in."""
    try:
        account = boto3.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        return [f"AWS does not know who you are ({error}): sign in, or set AWS_PROFILE."]
    if account != platform.account_id:
        return [
            f"You are in account {account}, and {platform.stage} is in {platform.account_id}: set AWS_PROFILE."
        ]
    return []


def tree(platform: StagePlatform) -> list[str]:
    """Whether what is deployed can be found again; dev may try what is not committed."""
    if platform.stage == "dev":
        return []
    try:
        changed = sources.changes(ROOT)
    except SourceError as error:
        return [str(error)]
    return [f"{len(changed)} files differ from the commit: commit or stash them."] if changed else []


def placeholders(platform: StagePlatform) -> list[str]:
    """Values that nobody has filled in."""
    values = {**platform.values.environment, "public_url": platform.public_url}
    return [
        f"{name} is still a placeholder ({value}): set it in terraform/environments."
        for name, value in values.items()
        if _PLACEHOLDER.search(value)
    ]


def endpoints(platform: StagePlatform) -> str:
    """Which endpoints the -ops function reaches from inside the VPC, a line each and one that sums up.

    Raises:
        ops.functions.CallError: one is not reached that the stage can't do without, or the function does not start.
    """
    if not functions.exists(platform.ops_function):
        return f"There is no function {platform.ops_function} yet: a deploy asks it what it reaches."
    try:
        return functions.manage_and_read(platform.ops_function, "probe_endpoints").strip()
    except CallError as error:
        if "Unknown command" not in str(error):
            raise
        return (
            f"The release that {platform.ops_function} has can't say what it reaches: the next deploy asks."
        )


def secrets(platform: StagePlatform) -> list[str]:
    """Whether every secret that the functions are told of is there and has its form."""
    forms = {"DATABASE_SECRET": _credentials_problem, "DJANGO_SECRET": _key_problem}
    found = []
    for variable, form in forms.items():
        name = platform.values.environment.get(variable)
        if name is None:
            found.append(f"{variable} is not in the stage's environment: see terraform/stages.tf.")
        elif problem := _secret_problem(name, form):
            found.append(f"The secret {name} {problem}")
    if platform.cdn_secret and (problem := _secret_problem(platform.cdn_secret, _cdn_secret_problem)):
        found.append(f"The secret {platform.cdn_secret} {problem}")
    return found


def _secret_problem(name: str, form: Callable[[str], str]) -> str:
    try:
        return form(boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return f"can't be read ({code}): run `make apply`, or ask for leave to read it."


def _credentials_problem(text: str) -> str:
    try:
        fields = json.loads(text)
        empty = [field for field in ("username", "password") if not fields[field]]
    except (ValueError, KeyError, TypeError):
        return f"is no JSON object with username and password: {_WRITE_CREDENTIALS}"
    return f"has no {empty[0]}: {_WRITE_CREDENTIALS}" if empty else ""


def _cdn_secret_problem(text: str) -> str:
    # Who guesses it says to the application who they are.
    is_good = len(text) >= _SHORTEST_CDN_SECRET and len(text.encode()) <= _LONGEST_STORED_BYTES
    return (
        ""
        if is_good
        else f"is not {_SHORTEST_CDN_SECRET} to {_LONGEST_STORED_BYTES} bytes: write another one."
    )


def _key_problem(text: str) -> str:
    return (
        "" if len(text) >= SHORTEST_KEY else f"is shorter than {SHORTEST_KEY} characters: write a longer one."
    )
