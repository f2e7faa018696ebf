"""A state that an apply of the edge could not write: the real Terraform on a root of one resource, an emulated S3."""

import hashlib
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from ops import edge, emulator, infrastructure, terraform, zappa_settings
from ops.edge import EdgeError
from ops.emulator import Emulator
from ops.platform import StagePlatform
from tests.ops import lost_states
from tests.terraform.plans import skipped_without_terraform

API = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod"
PROD = StagePlatform(
    stage="prod",
    values=zappa_settings.Platform(
        project="example", region="us-east-1", deployments_bucket="none", role_name="none", tags={}
    ),
    ops_role_name="none",
    static_bucket="none",
    media_bucket="none",
    account_id=emulator.ACCOUNT_ID,
)
ROOT_MODULE = """
terraform {{
  backend "s3" {{}}
}}
resource "terraform_data" "one" {{
  {more}
}}
"""
BACKEND = 'key = "edge/{stage}.tfstate"\nregion = "us-east-1"\nuse_lockfile = true\nuse_path_style = true\n'


@pytest.fixture
def root(aws: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the place of terraform/edge."""
    with skipped_without_terraform():
        terraform.binary()
    folder = tmp_path / "terraform" / "edge"
    (folder / "stages").mkdir(parents=True)
    for stage in ("staging", "prod"):
        (folder / "stages" / f"{stage}.s3.tfbackend").write_text(BACKEND.format(stage=stage))
    (folder / "main.tf").write_text(ROOT_MODULE.format(more=""))
    for module in (edge, infrastructure):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(edge, "FOLDER", folder)
    monkeypatch.setenv("CONFIRM", "1")
    # The state of another test would be this one's.
    project = f"edge-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:8]}"
    monkeypatch.setattr(zappa_settings, "project_name", lambda: project)
    boto3.client("s3").create_bucket(Bucket=infrastructure.state_bucket())
    return folder


def kept(root: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Make the edge while its states are lost; the bucket is there again afterwards, empty."""
    bucket = infrastructure.state_bucket()
    (root / "main.tf").write_text(ROOT_MODULE.format(more=lost_states.provisioner(root, bucket)))
    with pytest.raises(EdgeError, match="was not applied"):
        edge.bring_up_to_date(PROD, API)
    file = root / f"edge-prod.{bucket}.errored.tfstate"
    assert f"{file}. Keep that file" in capsys.readouterr().err
    boto3.client("s3").create_bucket(Bucket=bucket)
    return file


def states() -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=infrastructure.state_bucket())
    return [item["Key"] for item in found.get("Contents", [])]


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_a_broken_off_apply_made_is_not_made_again(
    root: Path, capsys: pytest.CaptureFixture[str], *, by_hand: bool
) -> None:
    file = kept(root, capsys)
    assert file.exists()
    assert states() == []
    made = edge.change_by_hand(PROD, API, []) if by_hand else edge.bring_up_to_date(PROD, API)
    assert not made.is_changed
    assert states() == ["edge/prod.tfstate"]
    assert not file.exists()


def test_another_stages_edge_leaves_a_kept_state_alone(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = kept(root, capsys)
    (root / "main.tf").write_text(ROOT_MODULE.format(more=""))
    assert edge.bring_up_to_date(replace(PROD, stage="staging"), API).is_changed
    assert states() == ["edge/staging.tfstate"]
    assert file.exists()
