"""A plan that another machine applies is the plan that was kept."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import moto
import pytest

from ops import infrastructure, kept_plans, zappa_settings
from ops.kept_plans import KeptPlanError


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A plan on this machine, and a bucket for states."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody")
    monkeypatch.setattr(infrastructure, "ROOT", tmp_path)
    file = infrastructure.plan_file("prod")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"the plan that was read")
    with moto.mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=infrastructure.state_bucket())
        yield file


def test_it_comes_back_as_it_was(plan: Path) -> None:
    digest = kept_plans.upload("prod")
    plan.unlink()
    kept_plans.fetch("prod", digest)
    assert plan.read_bytes() == b"the plan that was read"


def test_one_that_somebody_exchanged_is_refused_and_leaves_nothing_to_apply(plan: Path) -> None:
    digest = kept_plans.upload("prod")
    plan.unlink()
    boto3.client("s3", region_name="us-east-1").put_object(
        Bucket=infrastructure.state_bucket(), Key=f"plans/prod/{digest}.tfplan", Body=b"another plan"
    )
    with pytest.raises(KeptPlanError, match="somebody changed it"):
        kept_plans.fetch("prod", digest)
    assert list(plan.parent.iterdir()) == []


def test_one_of_another_environment_is_not_found(plan: Path) -> None:
    digest = kept_plans.upload("prod")
    with pytest.raises(KeptPlanError, match="can't be had"):
        kept_plans.fetch("nonprod", digest)


def test_a_name_that_can_not_begin_every_name_is_said_without_a_traceback(
    plan: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> str:
        raise zappa_settings.SettingsError("project_name is 'My Fork'")

    monkeypatch.setattr(zappa_settings, "project_name", refuse)
    monkeypatch.setattr("sys.argv", ["ops.kept_plans", "fetch", "prod", "--sha256", "0" * 64])
    assert kept_plans.main() == 1
    assert capsys.readouterr().err == "project_name is 'My Fork'\n"


@pytest.mark.parametrize("digest", ["", "latest", "../../x", "A" * 64])
def test_what_is_no_digest_is_refused(plan: Path, digest: str) -> None:
    with pytest.raises(KeptPlanError, match="no digest"):
        kept_plans.fetch("prod", digest)
    assert plan.exists()
