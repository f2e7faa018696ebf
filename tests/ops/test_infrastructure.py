"""What is applied is the plan that was read, once; what Terraform itself does of it the rehearsal shows."""

import os
from pathlib import Path

import pytest

from ops import infrastructure

TERRAFORM = """#!/bin/sh
# In place of Terraform: writes the plan that it is told to, says what it was asked, and ends as it is told to.
for argument in "$@"; do case "$argument" in -out=*) echo planned > "${argument#-out=}";; esac; done
echo "$@" >> "$(dirname "$0")/asked"
case " $* " in
  *" init "*) exit 0;;
  *" show "*) echo '{"format_version": "1.2", "resource_changes": [], "planned_values": {}, "configuration": {}}'; exit 0;;
esac
exit ${TERRAFORM_ENDS_WITH:-0}
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with what a Terraform on PATH was asked; the account is known and plans are kept below tmp_path."""
    binary = tmp_path / "bin" / "terraform"
    binary.parent.mkdir()
    binary.write_text(TERRAFORM)
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", f"{binary.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("CONFIRM", "1")
    monkeypatch.setattr(infrastructure, "ROOT", tmp_path)
    monkeypatch.setattr(infrastructure, "account_id", lambda: "123456789012")
    return binary.parent / "asked"


def test_apply_takes_the_file_that_plan_wrote_and_takes_it_once(asked: Path) -> None:
    infrastructure.plan("prod", ["-target=module.database"])
    infrastructure.apply("prod")
    planned, applied = (
        line for line in asked.read_text().splitlines() if " -out=" in line or " apply " in line
    )
    file = infrastructure.plan_file("prod")
    assert planned.endswith(
        f"plan -no-color -out={file} -var-file=environments/prod.tfvars -target=module.database"
    )
    assert applied.endswith(f"apply -no-color {file}")
    with pytest.raises(infrastructure.InfrastructureError, match="run `make plan ENV=prod`"):
        infrastructure.apply("prod")


def test_a_plan_that_fails_leaves_none_to_apply(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    infrastructure.plan("prod", [])
    monkeypatch.setenv("TERRAFORM_ENDS_WITH", "1")
    with pytest.raises(infrastructure.InfrastructureError, match="There is no plan"):
        infrastructure.plan("prod", [])
    assert not infrastructure.plan_file("prod").exists()
    assert asked.exists()


def test_an_apply_that_fails_asks_for_another_plan(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    infrastructure.plan("nonprod", [])
    monkeypatch.setenv("TERRAFORM_ENDS_WITH", "1")
    with pytest.raises(infrastructure.InfrastructureError, match="`make plan ENV=nonprod` again"):
        infrastructure.apply("nonprod")
    assert not infrastructure.plan_file("nonprod").exists()
    assert asked.exists()
