"""The workflows do what a person could do, with no more rights than they need, and nothing that somebody sends is run."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import infrastructure, terraform, zappa_settings
from tests.terraform import hcl_blocks

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted(GITHUB.glob("actions/*/action.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*)(?: [a-z-]+)*:(?!=)", MAKEFILE, re.MULTILINE)) | set(
    re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split()
)
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
OURS = re.compile(r"uses: \$/\.github/actions/(\w+)$")

# What may be written, by which job, and why it has to.
MAY_WRITE = {
    ("dependencies", "propose"): {"contents", "pull-requests"},
    ("deploy-lambda", "deploy"): {"id-token"},
    ("drift", "drift"): {"id-token", "issues"},
    ("geodata-import", "import"): {"id-token"},
    ("rollback", "rollback"): {"id-token"},
    ("terraform", "plan"): {"id-token", "pull-requests"},
    ("terraform", "apply-nonprod"): {"id-token"},
    ("terraform", "apply-prod"): {"id-token"},
}
# What changes something in AWS, and the environment whose reviewers are asked.
NEED_APPROVAL = {
    ("deploy-lambda", "deploy"): "${{ inputs.stage || 'staging' }}",
    ("geodata-import", "import"): "${{ inputs.stage }}",
    ("rollback", "rollback"): "${{ inputs.stage }}",
    ("terraform", "apply-nonprod"): "nonprod",
    ("terraform", "apply-prod"): "prod",
}


@dataclass(frozen=True)
class Job:
    """One job of a workflow, or the steps of a composite action."""

    workflow: str
    name: str
    body: dict[str, Any]
    environment: dict[str, str]

    @property
    def key(self) -> tuple[str, str]:
        return self.workflow, self.name

    @property
    def steps(self) -> list[dict[str, Any]]:
        return list(self.body["steps"])

    @property
    def runs(self) -> list[tuple[str, dict[str, str]]]:
        """(line of a run step, what is in its environment)."""
        return [
            (line, self.environment | step.get("env", {}))
            for step in self.steps
            for line in step.get("run", "").splitlines()
        ]


def load(path: Path) -> dict[str, Any]:
    # YAML 1.1 takes `on` for a truth value.
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text())
    if True in loaded:
        loaded["on"] = loaded.pop(True)
    return loaded


def jobs() -> Iterator[Job]:
    for path in WORKFLOWS:
        for name, body in load(path)["jobs"].items():
            yield Job(path.stem, name, body, body.get("env", {}))
    for path in ACTIONS:
        yield Job(path.parent.name, "composite", load(path)["runs"], {})


JOBS = list(jobs())
OF_WORKFLOWS = [job for job in JOBS if job.name != "composite"]
RUNS = [
    pytest.param(job, line, given, id=f"{job.workflow}-{line}") for job in JOBS for line, given in job.runs
]


def test_all_workflows_are_there() -> None:
    assert {path.stem for path in WORKFLOWS} >= {
        "audit",
        "ci",
        "dependencies",
        "deploy-lambda",
        "drift",
        "geodata-import",
        "rollback",
        "terraform",
    }


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines() if "uses:" in line]
    assert [line for line in used if not PINNED.match(line) and not OURS.match(line)] == []
    assert all((GITHUB / "actions" / found[1]).is_dir() for line in used if (found := OURS.match(line)))


def test_every_root_with_locked_providers_is_brought_up_to_date() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "*/.terraform.lock.hcl"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    locked = {f"/{Path(name).parent}" for name in listing.stdout.split()}
    updates = {one["package-ecosystem"]: one for one in load(GITHUB / "dependabot.yml")["updates"]}
    assert set(updates["terraform"]["directories"]) == locked


def test_one_version_of_each_action_is_used() -> None:
    used = {
        line.strip().removeprefix("- ")
        for path in [*WORKFLOWS, *ACTIONS]
        for line in path.read_text().splitlines()
        if "@" in line and "uses:" in line
    }
    assert len({line.split("@")[0] for line in used}) == len(used)


@pytest.mark.parametrize(("job", "line", "given"), RUNS)
def test_nothing_is_put_into_the_text_that_a_shell_runs(job: Job, line: str, given: dict[str, str]) -> None:
    assert "${{" not in line


@pytest.mark.parametrize(("job", "line", "given"), RUNS)
def test_every_step_is_a_make_target_that_a_person_can_run(
    job: Job, line: str, given: dict[str, str]
) -> None:
    if line == 'cat "var/terraform/$ENV.md" >> "$GITHUB_STEP_SUMMARY"':
        assert str(infrastructure.summary_file("prod").relative_to(ROOT)) == "var/terraform/prod.md"
        return
    command, target, *rest = shlex.split(line)
    assert (command, target in TARGETS or target == ".venv/dev") == ("make", True)
    for variable in [*(one.split("=")[0] for one in rest), *(given.keys() - {"CONFIRM", "GH_TOKEN"})]:
        assert re.search(rf"\$\(?(value )?{variable}\b|\$\${{?{variable}\b|\({variable}\)", MAKEFILE), (
            variable
        )


def test_a_log_that_everybody_may_read_tells_no_more_of_a_plan_than_its_summary() -> None:
    plans = [line.split() for job in JOBS for line, _ in job.runs if line.split()[1] in {"plan", "drift"}]
    assert len(plans) == 2
    assert all("SHORT=1" in words for words in plans)
    takes = [
        step for job in JOBS for step in job.steps if "configure-aws-credentials" in step.get("uses", "")
    ]
    assert [step["with"]["mask-aws-account-id"] for step in takes] == ["true"]


def sample(value: str) -> str:
    """What an expression stands for, for make's sake."""
    return {
        "${{ matrix.environment }}": "prod",
        "${{ matrix.step }}": "lambda",
        "${{ inputs.stage }}": "prod",
        "${{ inputs.stage || 'staging' }}": "staging",
        "${{ inputs.stage == 'prod' && 'prod' || 'nonprod' }}": "prod",
        "${{ inputs.to }}": "",
        "--all --vintage ${{ inputs.vintage }}": "--all --vintage 2024",
        "${{ github.event.pull_request.number }}": "12",
        "${{ github.token }}": "token",
        "${{ needs.plan.outputs.nonprod }}": "0" * 64,
        "${{ needs.plan.outputs.prod }}": "0" * 64,
    }.get(value, value)


@pytest.mark.parametrize(("job", "line", "given"), [one for one in RUNS if "make " in str(one.values[1])])
def test_make_takes_every_step_with_what_the_workflow_gives_it(
    job: Job, line: str, given: dict[str, str]
) -> None:
    environment = {name: sample(str(value)) for name, value in given.items()}
    assert [value for value in environment.values() if "${{" in value] == []
    shown = subprocess.run(
        ["bash", "-c", line.replace("make ", "make --dry-run --no-print-directory ", 1)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (0, "")


def test_ci_runs_all_that_the_local_script_runs() -> None:
    local = set(re.findall(r"^make .*$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))
    there = {line for job in JOBS if job.workflow == "ci" for line, _ in job.runs}
    assert local
    assert local - there == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_begins_without_rights_and_says_what_may_run_at_once(path: Path) -> None:
    loaded = load(path)
    assert loaded["permissions"] == {}
    assert loaded["concurrency"]["group"]


@pytest.mark.parametrize("job", OF_WORKFLOWS, ids=lambda job: "-".join(job.key))
def test_a_job_may_write_only_what_it_has_to_and_ends(job: Job) -> None:
    writes = {name for name, level in job.body["permissions"].items() if level == "write"}
    assert writes == MAY_WRITE.get(job.key, set())
    assert set(job.body["permissions"].values()) <= {"read", "write"}
    assert 0 < job.body["timeout-minutes"] <= (180 if job.workflow == "geodata-import" else 60)


def test_what_locking_runs_can_not_push() -> None:
    pushing = [job for job in OF_WORKFLOWS if job.body["permissions"].get("contents") == "write"]
    assert [job.key for job in pushing] == [("dependencies", "propose")]
    for job in pushing:
        assert [line for line, _ in job.runs] == ["make update-pull-request"]
        assert not any(OURS.match(f"uses: {step.get('uses')}") for step in job.steps)
    needed = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "--always-make", "update-pull-request"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert needed.stdout.strip() == "ops/update-pull-request"


@pytest.mark.parametrize("job", OF_WORKFLOWS, ids=lambda job: "-".join(job.key))
def test_no_token_stays_on_disk_after_the_checkout(job: Job) -> None:
    checkouts = [step for step in job.steps if "actions/checkout@" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_what_changes_something_in_aws_waits_for_its_environment() -> None:
    assert {
        job.key: job.body["environment"] for job in OF_WORKFLOWS if "environment" in job.body
    } == NEED_APPROVAL
    changing = {"apply", "deploy", "import-image", "import-regions", "rollback"}
    assert {
        job.key for job in OF_WORKFLOWS if any(line.split()[1] in changing for line, _ in job.runs)
    } == NEED_APPROVAL.keys()


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_key_is_stored_and_no_fork_runs_with_our_rights(path: Path) -> None:
    text = path.read_text()
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert "workflow_run" not in text


def test_a_role_is_taken_only_where_a_token_may_be_had() -> None:
    for job in OF_WORKFLOWS:
        takes = any(step.get("with", {}).get("role") for step in job.steps)
        assert takes == (job.body["permissions"].get("id-token") == "write"), job.key


@pytest.mark.parametrize("name", ["deploy-lambda", "geodata-import", "rollback"])
def test_a_stage_is_chosen_from_those_there_are_and_nothing_has_to_be_said(name: str) -> None:
    inputs = load(GITHUB / "workflows" / f"{name}.yml")["on"]["workflow_dispatch"]["inputs"]
    assert tuple(inputs["stage"]["options"]) == zappa_settings.STAGES
    assert all("default" in one and not one.get("required") for one in inputs.values())


def test_without_a_word_staging_is_deployed_and_not_production() -> None:
    inputs = load(GITHUB / "workflows" / "deploy-lambda.yml")["on"]["workflow_dispatch"]["inputs"]
    assert inputs["stage"]["default"] == "staging"


def test_only_what_can_be_chosen_and_no_free_words_reach_the_import() -> None:
    # make puts ARGS into the text that its shell runs.
    inputs = load(GITHUB / "workflows" / "geodata-import.yml")["on"]["workflow_dispatch"]["inputs"]
    assert {one["type"] for one in inputs.values()} == {"choice"}


def test_an_import_is_followed_for_as_long_as_its_job_may_take_and_its_role_grants() -> None:
    # A role that ends before its job ends it with an error, while the import goes on.
    (job,) = [one for one in JOBS if one.workflow == "geodata-import"]
    (setup,) = [one for one in job.steps if "role" in one.get("with", {})]
    roles = (terraform.TERRAFORM / "modules/github-oidc/trust.tf").read_text()
    seconds = int(setup["with"]["role_seconds"])
    assert seconds == job.body["timeout-minutes"] * 60
    assert re.search(rf'max_session_duration = startswith\(each.key, "deploy-"\) \? {seconds} :', roles)


def test_both_environments_are_planned_and_looked_after() -> None:
    for workflow, name in (("terraform", "plan"), ("drift", "drift")):
        (job,) = [one for one in JOBS if one.key == (workflow, name)]
        assert tuple(job.body["strategy"]["matrix"]["environment"]) == infrastructure.ENVIRONMENTS


def test_terraform_is_new_enough() -> None:
    (version,) = re.findall(r'terraform_version: "([\d.]+)"', ACTIONS[0].read_text())
    assert tuple(map(int, version.split("."))) >= terraform.MINIMUM_VERSION


@pytest.mark.parametrize("target", ["rollback", "plan-fetch ENV=prod"])
@pytest.mark.parametrize("name", ["TO", "SHA256", "STAGE", "ENV"])
def test_what_somebody_types_into_a_form_is_never_run(tmp_path: Path, target: str, name: str) -> None:
    planted = tmp_path / "planted"
    hostile = f"$(shell touch {planted}1) $$(touch {planted}2) \"; touch {planted}3; ' `touch {planted}4`"
    given = {"STAGE": "prod", "SHA256": "0", name: hostile}
    subprocess.run(
        ["make", "--no-print-directory", *target.split(), "PYTHON=/bin/echo"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **given},
        capture_output=True,
        check=False,
    )
    assert list(tmp_path.iterdir()) == []


def test_the_page_says_all_that_bootstrap_can_be_told_of_a_repository() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()
    names = [one.name for one in hcl_blocks.variables(terraform.TERRAFORM / "bootstrap")]
    told = [name for name in names if name.startswith("github_")]
    assert "github_repository" in told
    assert [name for name in told if not re.search(rf"\b{name} +=", page)] == []


def test_the_page_says_how_each_environment_is_limited() -> None:
    text = " ".join((ROOT / "docs" / "operating.md").read_text().split())
    (limits,) = re.findall(r"\*\*Limit every environment.*?Actions has to", text)
    assert all(f"`{name}`" in limits for name in (*infrastructure.ENVIRONMENTS, *zappa_settings.STAGES))
    assert "Give `prod` and `nonprod` required reviewers" in limits
