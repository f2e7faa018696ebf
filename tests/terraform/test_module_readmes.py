"""A module's README says what its code says."""

import re
from pathlib import Path

import pytest

from tests.terraform import hcl_blocks

LINES_OF_ONE_SCREEN = 60
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \|(?: (.*?) \|)?$", re.MULTILINE)


def rows(readme: str, heading: str) -> list[tuple[str, ...]]:
    table = readme.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [tuple(cell.strip() for cell in row) for row in ROW.findall(table)]


@pytest.mark.parametrize("module", hcl_blocks.MODULES, ids=lambda path: path.name)
def test_the_readme_lists_inputs_and_outputs_as_the_code_has_them(module: Path) -> None:
    readme = (module / "README.md").read_text()
    assert rows(readme, "input") == [
        (one.name, one.description, one.default) for one in hcl_blocks.variables(module)
    ]
    assert rows(readme, "output") == [(one.name, one.description, "") for one in hcl_blocks.outputs(module)]


@pytest.mark.parametrize("module", hcl_blocks.MODULES, ids=lambda path: path.name)
def test_the_readme_fits_on_one_screen(module: Path) -> None:
    lines = (module / "README.md").read_text().splitlines()
    assert lines[0] == f"# {module.name}"
    assert len(lines) <= LINES_OF_ONE_SCREEN


@pytest.mark.parametrize("folder", [*hcl_blocks.ROOTS, *hcl_blocks.MODULES], ids=lambda path: path.name)
def test_every_variable_and_output_is_described_and_every_variable_is_typed(folder: Path) -> None:
    variables = hcl_blocks.variables(folder)
    undescribed = [one.name for one in [*variables, *hcl_blocks.outputs(folder)] if not one.description]
    untyped = [one.name for one in variables if "type" not in one.body]
    assert (undescribed, untyped) == ([], [])


@pytest.mark.parametrize("folder", [*hcl_blocks.ROOTS, *hcl_blocks.MODULES], ids=lambda path: path.name)
def test_every_folder_has_tests_of_its_own(folder: Path) -> None:
    assert list((folder / "tests").glob("*.tftest.hcl"))


def test_no_code_makes_a_nat_gateway() -> None:
    made = {
        kind
        for folder in [*hcl_blocks.ROOTS, *hcl_blocks.MODULES]
        for kind, _, _ in hcl_blocks.resources(folder)
    }
    assert "aws_vpc" in made
    assert not made & {"aws_nat_gateway", "aws_eip", "aws_instance"}


def test_a_star_of_actions_stands_only_in_what_is_denied() -> None:
    # The gates on plans see the platform's; this sees bootstrap's and the edge's too.
    starred = re.compile(r'"[a-z0-9-]+:[A-Za-z]*\*"|Action += +\[?"\*"|NotAction|NotResource|NotPrincipal')
    places: dict[bool, list[str]] = {True: [], False: []}  # by whether it is denied
    for path in sorted(hcl_blocks.TERRAFORM.rglob("*.tf")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if starred.search(line):
                statement = "".join(lines[max(0, number - 3) : number + 1]).rpartition("Effect")[2]
                places[bool(re.match(r' += "Deny"', statement))].append(f"{path}:{number + 1}")
    assert places[True]
    assert places[False] == []


def test_every_alarm_names_its_owner_and_a_runbook_that_exists() -> None:
    alarms = [
        hcl_blocks.bare(body["alarm_description"])
        for folder in [*hcl_blocks.ROOTS, *hcl_blocks.MODULES]
        for kind, _, body in hcl_blocks.resources(folder)
        if kind == "aws_cloudwatch_metric_alarm"
    ]
    runbooks = [hcl_blocks.ALARM.search(description) for description in alarms]
    assert alarms
    missing = [
        description
        for description, found in zip(alarms, runbooks, strict=True)
        if not found or not (hcl_blocks.ROOT / found[1]).is_file()
    ]
    assert missing == []


def test_every_check_that_is_skipped_says_why() -> None:
    skips = [
        line.strip()
        for path in hcl_blocks.TERRAFORM.rglob("*.tf")
        for line in path.read_text().splitlines()
        if "checkov:skip" in line
    ]
    assert skips
    assert [line for line in skips if not re.fullmatch(r"# checkov:skip=CKV2?_AWS_\d+: .{15,}", line)] == []
