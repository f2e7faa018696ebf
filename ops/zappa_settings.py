"""The Zappa settings of a deployment: the committed file plus what only the platform knows.

`zappa_settings.json` names no account, so that it can be public and a fork can use it as it is; it is enough for
`zappa rollback`, `tail`, `invoke` and `manage`. `zappa deploy` and `update` need addresses and names as well: this
module adds them, for a stage and its -ops companion.
"""

import ast
import importlib.util
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = ROOT / "zappa_settings.json"
STAGES = ("dev", "staging", "prod")
OPS_SUFFIX = "-ops"

Settings = dict[str, Any]

# `…_SECRET` names a secret and `…_ARN` addresses one; these would be one.
_SECRET_VARIABLE = re.compile(r"PASSW|TOKEN|CREDENTIAL|(SECRET|PRIVATE|API|ACCESS)_?KEY|^ORIGIN_SECRET$")
_URL_WITH_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


# Bucket names end at 63 characters: "-nonprod-zappa-deployments-" and an account number take 39. X-Ray's rules end at 32, with "-prod".
_LONGEST_PROJECT_NAME = 24
_PROJECT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class SettingsError(Exception):
    """The settings can't be used; the message says what to mend."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What Terraform made for one stage.

    Attributes:
        project: names the functions: `<project>-<stage>`.
        region: where all of it is.
        deployments_bucket: where CloudFormation's template of the API is put.
        role_name: the role of the function, which exists already.
        subnet_ids, security_group_ids: where the function can reach the database.
        environment: native variables of the function. Secrets are named there, never held.
        tags: of the function and the API.
        api_policy_file: a resource policy that limits the API to a list of addresses; none if not given.
    """

    project: str
    region: str
    deployments_bucket: str
    role_name: str
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    api_policy_file: str = ""

    def settings(self) -> Settings:
        """The values under Zappa's names."""
        named: Settings = {
            "project_name": self.project,
            "aws_region": self.region,
            "s3_bucket": self.deployments_bucket,
            "role_name": self.role_name,
            "tags": dict(self.tags),
        }
        if self.subnet_ids:
            named["vpc_config"] = {
                "SubnetIds": list(self.subnet_ids),
                "SecurityGroupIds": list(self.security_group_ids),
                # The subnets have no way out over IPv4.
                "Ipv6AllowedForDualStack": True,
            }
        if self.api_policy_file:
            named["apigateway_policy"] = self.api_policy_file
        return named


def committed(path: Path = COMMITTED) -> dict[str, Settings]:
    """The committed file's stages, each with what it extends merged in as Zappa does it.

    Raises:
        SettingsError: the pinned Zappa does not know a key.
    """
    raw: dict[str, Settings] = json.loads(path.read_text())
    for stage, settings in raw.items():
        _refuse_unknown(settings, f"{path.name}, stage {stage}")
    return {stage: _extended(raw, stage) for stage in raw}


def _extended(raw: Mapping[str, Settings], stage: str) -> Settings:
    own = dict(raw[stage])
    parent = own.pop("extends", None)
    return {**_extended(raw, parent), **own} if parent else own


def project_name(path: Path = COMMITTED) -> str:
    """What begins every name, for Zappa, Terraform and us: a fork changes it in the committed file alone.

    Raises:
        SettingsError: it can't begin every name.
    """
    name: str = committed(path)["prod"]["project_name"]
    if not _PROJECT_NAME.fullmatch(name) or len(name) > _LONGEST_PROJECT_NAME:
        raise SettingsError(
            f"project_name is {name!r} in {path.name}, expected lower-case words joined by single hyphens,"
            f" at most {_LONGEST_PROJECT_NAME} characters."
        )
    return name


def render(stage: str, platform: Platform) -> dict[str, Settings]:
    """The settings of a stage and its -ops companion.

    Raises:
        SettingsError: a value is a secret, or Zappa would not know a key.
    """
    _refuse_secrets(platform.environment)
    stages = committed()
    rendered = {name: _merged(stages[name], platform) for name in (stage, stage + OPS_SUFFIX)}
    for name, settings in rendered.items():
        _refuse_unknown(settings, f"stage {name}")
    # The companion has no API.
    rendered[stage + OPS_SUFFIX].pop("apigateway_policy", None)
    return rendered


def _merged(settings: Settings, platform: Platform) -> Settings:
    # What the committed file says of a stage (STAGE itself) is not for the platform to change.
    environment = {**platform.environment, **settings["aws_environment_variables"]}
    return {**settings, **platform.settings(), "aws_environment_variables": environment}


def _refuse_secrets(environment: Mapping[str, str]) -> None:
    found = [
        name
        for name, value in environment.items()
        if _SECRET_VARIABLE.search(name) or _URL_WITH_PASSWORD.search(value)
    ]
    if found:
        raise SettingsError(
            f"{', '.join(found)} would stand readable in the function's configuration and in build/."
            " Put it into Secrets Manager and give the secret's name."
        )


def _refuse_unknown(settings: Iterable[str], where: str) -> None:
    if unknown := set(settings) - known_keys():
        raise SettingsError(f"The pinned Zappa does not know {', '.join(sorted(unknown))} in {where}.")


@cache
def known_keys() -> frozenset[str]:
    """The settings that the installed Zappa reads, by its own source: it has no list, and ignores a misspelt key."""
    spec = importlib.util.find_spec("zappa.cli")
    if spec is None or spec.origin is None:
        raise SettingsError("Zappa is not installed here: `make .venv/dev`.")
    tree = ast.parse(Path(spec.origin).read_text())
    return frozenset(_keys_read(tree))


def _keys_read(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=source, attr="get"), args=[ast.Constant(value=str(key)), *_]
            ):
                if _is_stage(source):
                    yield key
            case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.In()], comparators=[source]):
                if _is_stage(source):
                    yield key
            case ast.Assign(targets=[ast.Name(id="CUSTOM_SETTINGS")], value=ast.List(elts=names)):
                yield from (ast.literal_eval(name) for name in names)


def _is_stage(node: ast.expr) -> bool:
    """`self.stage_config`, or `self.zappa_settings[stage]` where `extends` is read."""
    match node:
        case ast.Attribute(attr="stage_config") | ast.Subscript(value=ast.Attribute(attr="zappa_settings")):
            return True
    return False
