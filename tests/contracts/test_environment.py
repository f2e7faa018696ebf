"""Every variable that the application reads is supplied or explained, and none is supplied that nobody reads."""

import ast
import os
import re
import subprocess
import sys

import pytest

from app.config import settings
from ops import platform, zappa_settings
from tests.contracts.environment_reads import reads_of
from tests.contracts.source_files import ROOT, application
from tests.stage import PRODUCTION, run
from tests.terraform import hcl_blocks
from tests.terraform.plans import EVERYTHING_ON, STAGES, PlanOf, outputs

# Lambda sets them: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
SET_BY_LAMBDA = {"AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "LD_LIBRARY_PATH"}

# Read past the settings, and no stage is told of them.
NOT_FOR_STAGES = {
    "AWS_ENDPOINT_URL": "where the emulator of a rehearsal is",
    "DJANGO_SETTINGS_MODULE": "which settings a tool takes; the code sets its own",
}


def read_by_settings() -> set[str]:
    """What the settings ask for, on a developer's machine or deployed."""
    code = "from app.config.settings import env; print(' '.join(env.names))"
    deployed = run("-c", code, environment=PRODUCTION)
    assert deployed.returncode == 0, deployed.stderr
    return settings.env.names | set(deployed.stdout.split())


def read_past_settings() -> set[str]:
    return {name for tree in application().values() for name in reads_of(tree).names}


def needed_by_settings(stage: str) -> set[str]:
    """What a stage that is told nothing but its name complains of; of a value or the secret's name, the secret's name."""
    result = subprocess.run(
        [sys.executable, "-c", "import app.config.settings"],
        env={"STAGE": stage, "PATH": os.environ["PATH"]},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^  - (?:neither \w+ nor )?(\w+) is (?:not )?set$", result.stderr, re.MULTILINE)
    assert found, result.stderr
    return set(found)


def explained() -> dict[str, str]:
    """What a stage can be told, with what holds if it is not: the table of docs/operating.md."""
    table = (ROOT / "docs" / "operating.md").read_text()
    return dict(re.findall(r"^\| `([A-Z_]+)` \|.*\| (.*?) ?\|$", table, re.MULTILINE))


def supplied(plan_of: PlanOf, environment: str, stage: str) -> dict[str, set[str]]:
    """By Zappa's stage, the names that a deploy gives the function."""
    ours = platform.from_outputs(outputs(plan_of(environment, *EVERYTHING_ON)), stage)
    rendered = ours.rendered_settings("https://coalition.example.org")
    return {name: set(one["aws_environment_variables"]) for name, one in rendered.items()}


def too_few_and_too_many(given: set[str], needed: set[str], read: set[str]) -> tuple[set[str], set[str]]:
    """Names that are needed and not given, and names that are given and nobody reads."""
    return needed - given, given - read


@pytest.mark.parametrize(("environment", "stage"), STAGES)
def test_both_functions_are_told_what_they_need_and_nothing_that_nobody_reads(
    plan_of: PlanOf, environment: str, stage: str
) -> None:
    # The package brings its release.json.
    needed = needed_by_settings(stage) - {"RELEASE_ID"} | {"STAGE"}
    read = read_by_settings() | read_past_settings()
    told = supplied(plan_of, environment, stage)
    assert set(told) == {stage, f"{stage}-ops"}
    found = {name: too_few_and_too_many(given, needed, read) for name, given in told.items()}
    assert found == dict.fromkeys(told, (set(), set()))


def test_whatever_is_read_is_supplied_or_explained_with_what_holds_without_it(plan_of: PlanOf) -> None:
    always = set.intersection(
        *(given for which in STAGES for given in supplied(plan_of, *which).values()),
    )
    optional = {name for name, default in explained().items() if not default.startswith("required")}
    known = always | optional | SET_BY_LAMBDA | set(NOT_FOR_STAGES)
    assert (read_by_settings() | read_past_settings()) - known == set()


def test_what_is_explained_as_required_is_supplied(plan_of: PlanOf) -> None:
    required = {name for name, default in explained().items() if default.startswith("required")}
    assert {"PUBLIC_URL", "DATABASE_SECRET"} <= required
    missing = {
        (name, lacking)
        for which in STAGES
        for name, given in supplied(plan_of, *which).items()
        for lacking in required - given
    }
    assert missing == set()


def test_a_variable_too_many_and_one_too_few_are_found() -> None:
    read = read_by_settings()
    assert too_few_and_too_many({"STAGE", "DATABASE_HOTS"}, {"STAGE", "PUBLIC_URL"}, read) == (
        {"PUBLIC_URL"},
        {"DATABASE_HOTS"},
    )


def names_in_terraform() -> set[str]:
    """Every variable that some stage may be given, on whatever condition."""
    texts = [
        str(value)
        for block in hcl_blocks.blocks(hcl_blocks.TERRAFORM, "locals")
        for name, value in block.items()
        if name.endswith("_environments")
    ]
    return {name for text in texts for name in re.findall(r"\b([A-Z][A-Z0-9_]+) *=(?!=)", text)}


def test_terraform_names_no_variable_that_nobody_reads() -> None:
    """Needs no Terraform, and sees what is behind a condition."""
    names = names_in_terraform()
    assert {"DATABASE_SECRET", "STATIC_URL", "CORS_ORIGINS"} <= names
    assert names - read_by_settings() == set()


def test_the_committed_settings_and_the_deploy_name_no_variable_that_nobody_reads() -> None:
    committed = {
        name for one in zappa_settings.committed().values() for name in one["aws_environment_variables"]
    }
    assert committed == {"STAGE"}
    assert set(platform.OPS_ENVIRONMENT) - read_by_settings() == set()


def test_every_reading_past_the_settings_can_be_told_from_the_source() -> None:
    unclear = {path: reads_of(tree).unclear for path, tree in application().items()}
    assert {path: found for path, found in unclear.items() if found} == {}


def test_nothing_is_listed_that_is_not_read() -> None:
    assert (SET_BY_LAMBDA | set(NOT_FOR_STAGES)) - read_past_settings() == set()


@pytest.mark.parametrize(
    ("source", "names", "unclear"),
    [
        ('import os\nos.environ["A"]', {"A"}, 0),
        ('import os\nos.environ.get("A", "")', {"A"}, 0),
        ('import os\nos.getenv("A")', {"A"}, 0),
        ('import os\nx = "A" not in os.environ', {"A"}, 0),
        ('from os import environ as e, getenv\ne.get("A"), getenv("B")', {"A", "B"}, 0),
        ('import os\nos.environ["A"] = "1"', set(), 0),
        ("import os\nos.environ[name]", set(), 1),
        ("import os\nos.getenv(name)", set(), 1),
        ("import os\nrun(env=os.environ)", set(), 1),
    ],
)
def test_a_reading_is_found_however_it_is_written(source: str, names: set[str], unclear: int) -> None:
    found = reads_of(ast.parse(source))
    assert (found.names, len(found.unclear)) == (names, unclear)
