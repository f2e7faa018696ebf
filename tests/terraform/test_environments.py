"""Each environment's two files are about that environment: a plan on another's state would destroy it."""

import re

import hcl2
import pytest

from ops.platform import ENVIRONMENTS
from tests.terraform import hcl_blocks

FILES = hcl_blocks.TERRAFORM / "environments"
NAMES = sorted(set(ENVIRONMENTS.values()))


def values(name: str) -> dict[str, str]:
    """A file's values as text."""
    with (FILES / name).open() as file:
        return {key: str(value).strip('"') for key, value in hcl2.load(file).items()}


@pytest.mark.parametrize("environment", NAMES)
def test_its_state_is_its_own_locked_and_encrypted(environment: str) -> None:
    backend = values(f"{environment}.s3.tfbackend")
    assert backend["key"] == f"platform/{environment}.tfstate"
    assert (backend["encrypt"], backend["use_lockfile"]) == ("True", "True")


@pytest.mark.parametrize("environment", NAMES)
def test_its_values_are_for_itself_and_its_stages(environment: str) -> None:
    told = values(f"{environment}.tfvars")
    assert told["environment"] == environment
    stages = set(re.findall(r"[a-z]+", (FILES / f"{environment}.tfvars").read_text().split("stages =")[1]))
    assert {stage for stage, where in ENVIRONMENTS.items() if where == environment} <= stages


def test_production_is_protected() -> None:
    assert values("prod.tfvars")["protected"] == "True"
