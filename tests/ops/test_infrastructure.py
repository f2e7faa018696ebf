"""Plan, keep, apply, drift: the real Terraform on a root of one resource, its state on an emulated S3."""

import hashlib
import json
import subprocess
from pathlib import Path

import boto3
import pytest

from ops import infrastructure, kept_plans, plan_summary, terraform, zappa_settings
from ops.consent import RefusedError
from ops.emulator import Emulator
from ops.infrastructure import InfrastructureError
from ops.processes import INTERRUPTED
from tests.ops import lost_states
from tests.terraform.plans import skipped_without_terraform

ROOT_MODULE = """
terraform {{
  backend "s3" {{}}
}}
variable "environment" {{}}
resource "terraform_data" "one" {{
  input = "{word}"
}}
"""
BACKEND = 'key = "platform/prod.tfstate"\nregion = "us-east-1"\nuse_lockfile = true\nuse_path_style = true\n'
LOCK_KEY = "platform/prod.tfstate.tflock"


class Desk:
    """A checkout whose Terraform makes one thing."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "terraform"
        (self.root / "environments").mkdir(parents=True)
        (self.root / "environments" / "prod.tfvars").write_text('environment = "prod"\n')
        (self.root / "environments" / "prod.s3.tfbackend").write_text(BACKEND)
        self.write("first")

    def write(self, word: str) -> None:
        (self.root / "main.tf").write_text(ROOT_MODULE.format(word=word))


@pytest.fixture
def desk(aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    with skipped_without_terraform():
        terraform.binary()
    made = Desk(tmp_path)
    monkeypatch.setattr(infrastructure, "ROOT", tmp_path)
    monkeypatch.setattr(terraform, "TERRAFORM", made.root)
    monkeypatch.setenv("CONFIRM", "1")
    # The state of another test would be this one's.
    project = f"desk-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:8]}"
    monkeypatch.setattr(zappa_settings, "project_name", lambda: project)
    boto3.client("s3").create_bucket(Bucket=infrastructure.state_bucket())
    return made


def make(desk: Desk, word: str) -> None:
    desk.write(word)
    infrastructure.plan("prod", [])
    infrastructure.apply("prod")


def test_after_an_apply_nothing_differs_and_after_a_change_of_the_code_something_does(desk: Desk) -> None:
    make(desk, "first")
    assert infrastructure.drift("prod") is False
    assert infrastructure.drift_file("prod").read_text().startswith("<!-- prod is the code -->")
    desk.write("second")
    assert infrastructure.drift("prod") is True
    found = infrastructure.drift_file("prod").read_text()
    assert found.startswith("<!-- prod differs from the code -->")
    assert '+     input: "second"' in found


def test_drift_that_could_not_look_leaves_no_old_answer(desk: Desk) -> None:
    make(desk, "first")
    infrastructure.drift("prod")
    (desk.root / "main.tf").write_text("no terraform")
    with pytest.raises(terraform.TerraformError, match="no terraform"):
        infrastructure.drift("prod")
    assert not infrastructure.drift_file("prod").exists()


def test_a_plan_leaves_a_summary_and_a_plan_that_fails_leaves_none(desk: Desk) -> None:
    infrastructure.plan("prod", [])
    assert infrastructure.summary_file("prod").read_text().startswith(plan_summary.marker("prod"))
    with pytest.raises(InfrastructureError, match="There is no plan"):
        infrastructure.plan("prod", ["-var=nobody=knows"])
    assert not infrastructure.summary_file("prod").exists()
    assert not infrastructure.plan_file("prod").exists()


WHO = "ada@example.org of 123456789012"
REFUSING = f"""
variable "refused" {{
  default = ""
  validation {{
    condition = var.refused != ""
    error_message = "Not {WHO}, HostID: {"s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BfWtd" * 2}=, denied."
  }}
}}
"""


def test_in_short_nobody_is_told_more_than_the_summary_has(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    make(desk, "first")
    desk.write(WHO)
    capfd.readouterr()
    infrastructure.plan("prod", [], short=True)
    assert infrastructure.drift("prod", short=True)
    shown = capfd.readouterr().out
    assert shown.count('+     input: "(e-mail) of (account)"') == 2
    assert "Terraform will perform" not in shown
    (desk.root / "main.tf").write_text(ROOT_MODULE.format(word="first") + REFUSING)
    with pytest.raises(InfrastructureError, match="There is no plan"):
        infrastructure.plan("prod", [], short=True)
    told = capfd.readouterr()
    assert "Not (e-mail) of (account), HostID: (not shown) denied." in " ".join(told.err.split())
    assert "ada@" not in shown + told.out + told.err


def test_an_operator_sees_all_of_a_plan(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    desk.write(WHO)
    infrastructure.plan("prod", [])
    assert WHO in capfd.readouterr().out


def test_a_plan_that_can_not_begin_leaves_no_old_one_to_apply_or_to_show(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    infrastructure.plan("prod", [])
    # Nothing listens there: the line to AWS is cut.
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(InfrastructureError, match="can't be looked at: Could not connect"):
        infrastructure.plan("prod", [])
    assert not infrastructure.plan_file("prod").exists()
    assert not infrastructure.summary_file("prod").exists()


def put_edge(stage: str, *modes: str) -> None:
    """A state of what is in front of a stage, with a resource of each mode."""
    state = json.dumps({"resources": [{"mode": mode} for mode in modes]})
    boto3.client("s3").put_object(
        Bucket=infrastructure.state_bucket(), Key=f"edge/{stage}.tfstate", Body=state.encode()
    )


def test_a_platform_with_something_in_front_of_it_is_not_destroyed(desk: Desk) -> None:
    make(desk, "first")
    put_edge("prod", "data", "managed")
    with pytest.raises(InfrastructureError, match=r"first: make edge STAGE=prod ARGS=-destroy$"):
        infrastructure.plan("prod", ["-destroy"])
    assert not infrastructure.plan_file("prod").exists()
    infrastructure.plan("prod", [])


def test_what_can_not_be_asked_for_may_be_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(InfrastructureError, match=r"what is in front of prod.*Could not connect"):
        infrastructure._refuse_below_an_edge("prod")
    del desk


@pytest.mark.parametrize("spelling", ["-destroy", "--destroy", "-destroy=true"])
def test_a_destroy_is_known_however_it_is_spelt(spelling: str) -> None:
    assert infrastructure.destroys(["-target=module.database", spelling])
    assert not infrastructure.destroys(["-target=module.destroy", "-var=destroy=true"])


def test_what_is_in_front_of_another_environment_or_gone_is_in_nobodys_way(desk: Desk) -> None:
    make(desk, "first")
    put_edge("staging", "managed")
    put_edge("prod", "data")
    infrastructure.plan("prod", ["-destroy"])
    assert infrastructure.plan_file("prod").exists()


def apply_without_its_states(desk: Desk) -> str:
    """The bucket is gone when the apply has made something, and is there again, empty, when it has failed.

    Returns:
        The name of the file that was left.
    """
    bucket = infrastructure.state_bucket()
    kept = f'input = "first"\n {lost_states.provisioner(desk.root, bucket)}'
    (desk.root / "main.tf").write_text(ROOT_MODULE.format(word="first").replace('input = "first"', kept))
    infrastructure.plan("prod", [])
    with pytest.raises(InfrastructureError, match="make plan ENV=prod"):
        infrastructure.apply("prod")
    boto3.client("s3").create_bucket(Bucket=bucket)
    return f"prod.{bucket}.errored.tfstate"


def states() -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=infrastructure.state_bucket())
    return [item["Key"] for item in found.get("Contents", [])]


def test_a_state_that_an_apply_could_not_write_is_written_by_the_next_plan(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    name = apply_without_its_states(desk)
    assert f"{name}. Keep that file: the next plan writes it" in capsys.readouterr().err
    infrastructure.plan("prod", [])
    assert infrastructure.drift("prod") is False
    # What was written once is not written over what came after it.
    make(desk, "second")
    infrastructure.plan("prod", [])
    assert infrastructure.drift("prod") is False


def test_a_kept_state_is_not_written_into_another_accounts_bucket(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = apply_without_its_states(desk)
    other = f"{zappa_settings.project_name()}-other"
    monkeypatch.setattr(zappa_settings, "project_name", lambda: other)
    boto3.client("s3").create_bucket(Bucket=infrastructure.state_bucket())
    infrastructure.plan("prod", [])
    assert states() == []
    assert (desk.root / name).exists()


def test_a_plan_of_another_machine_does_not_go_before_a_kept_state(desk: Desk, tmp_path: Path) -> None:
    name = apply_without_its_states(desk)
    (desk.root / name).rename(tmp_path / name)
    desk.write("first")
    infrastructure.plan("prod", [])
    (tmp_path / name).rename(desk.root / name)
    with pytest.raises(InfrastructureError, match="make plan ENV=prod"):
        infrastructure.apply("prod")
    assert infrastructure.drift("prod") is False


def state() -> bytes:
    found = boto3.client("s3").get_object(Bucket=infrastructure.state_bucket(), Key="platform/prod.tfstate")
    body: bytes = found["Body"].read()
    return body


def test_a_kept_state_that_is_out_of_date_is_said_to_be_so(desk: Desk) -> None:
    make(desk, "first")
    before = state()
    make(desk, "second")
    kept = desk.root / f"prod.{infrastructure.state_bucket()}.errored.tfstate"
    kept.write_bytes(before)
    with pytest.raises(terraform.TerraformError, match=r"newer state(?s:.*)import what only this file has"):
        infrastructure.plan("prod", [])
    assert kept.read_bytes() == before


def test_a_state_that_may_be_another_ones_is_in_the_way_until_somebody_looked(desk: Desk) -> None:
    make(desk, "first")
    infrastructure.plan("prod", [])
    left = desk.root / "errored.tfstate"
    left.write_bytes(state())
    with pytest.raises(terraform.TerraformError, match=str(left)):
        infrastructure.apply("prod")
    with pytest.raises(terraform.TerraformError) as refused:
        infrastructure.plan("prod", [])
    command = str(refused.value).splitlines()[1]
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - as an operator types it
    make(desk, "second")


def test_an_interrupted_apply_says_where_its_state_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    infrastructure.plan("prod", [])

    def interrupt(folder: Path, *_: str, **__: object) -> int:
        (folder / "errored.tfstate").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(terraform, "show", interrupt)
    monkeypatch.setattr("sys.argv", ["ops.infrastructure", "apply", "prod"])
    assert infrastructure.main() == INTERRUPTED
    said = capsys.readouterr().err
    kept = desk.root / f"prod.{infrastructure.state_bucket()}.errored.tfstate"
    assert kept.exists()
    assert f"is in {kept}" in said
    assert "in its state" not in said


def test_a_kept_state_is_never_replaced(desk: Desk) -> None:
    extra = infrastructure.prepare("prod")
    kept = desk.root / f"prod.{infrastructure.state_bucket()}.errored.tfstate"
    kept.write_text("the first")
    left = desk.root / "errored.tfstate"
    left.write_text("the second")
    terraform.keep_unsaved_state(desk.root, extra)
    assert (kept.read_text(), left.read_text()) == ("the first", "the second")


def test_without_a_bucket_a_state_stays_where_terraform_left_it(desk: Desk, tmp_path: Path) -> None:
    left = desk.root / "errored.tfstate"
    left.touch()
    terraform.keep_unsaved_state(desk.root, {"TF_DATA_DIR": str(tmp_path / "bootstrap")})
    assert left.exists()


def test_a_lock_whose_owner_died_is_taken_away_as_the_failed_plan_says(desk: Desk) -> None:
    make(desk, "first")
    lock = {"ID": "7e0a4d5c-1111-2222-3333-444455556666", "Operation": "OperationTypeApply", "Who": "ada"}
    boto3.client("s3").put_object(
        Bucket=infrastructure.state_bucket(), Key=LOCK_KEY, Body=json.dumps(lock).encode()
    )
    with pytest.raises(InfrastructureError) as refused:
        infrastructure.plan("prod", [])
    command = str(refused.value).rpartition("now: ")[2].replace(" ID", f" -force {lock['ID']}")
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - as an operator types it
    infrastructure.plan("prod", [])


def test_a_bootstrap_that_changes_nothing_asks_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = desk.root / "bootstrap"
    folder.mkdir()
    root = 'resource "terraform_data" "one" {{\n  input = "{word}"\n}}\noutput "roles" {{\n  value = "of workflows"\n}}\n'
    (folder / "main.tf").write_text(root.format(word="first"))
    monkeypatch.setattr(infrastructure, "_BOOTSTRAP", folder)
    infrastructure.bootstrap()
    # Without a terminal, whoever asks is refused.
    monkeypatch.delenv("CONFIRM")
    capfd.readouterr()
    infrastructure.bootstrap()
    said = capfd.readouterr().out
    assert "No changes." in said
    assert 'roles = "of workflows"' in said
    assert not infrastructure.plan_file("bootstrap").exists()
    (folder / "main.tf").write_text(root.format(word="second"))
    with pytest.raises(RefusedError):
        infrastructure.bootstrap()


def test_a_kept_plan_is_applied_elsewhere_and_only_once(desk: Desk) -> None:
    infrastructure.plan("prod", [])
    digest = kept_plans.save("prod")
    for _ in range(2):
        infrastructure.plan_file("prod").unlink(missing_ok=True)
        kept_plans.fetch("prod", digest)
        if infrastructure.drift("prod"):
            infrastructure.apply("prod")
    # The state has changed since: Terraform refuses what it was made for.
    with pytest.raises(InfrastructureError, match="make plan"):
        infrastructure.apply("prod")


def test_a_plan_that_changes_nothing_is_not_kept(desk: Desk) -> None:
    make(desk, "first")
    infrastructure.plan("prod", [])
    assert kept_plans.save("prod") == ""
