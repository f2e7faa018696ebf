"""One name: it stands in zappa_settings.json, and Terraform reads it there."""

import json
from pathlib import Path

import pytest

from ops import zappa_settings
from tests.terraform import hcl_blocks


def test_the_name_stands_once_in_the_zappa_settings() -> None:
    assert zappa_settings.COMMITTED.read_text().count(zappa_settings.project_name()) == 1


def test_it_stands_in_no_terraform_code() -> None:
    files = [
        *hcl_blocks.TERRAFORM.rglob("*.tf"),
        *hcl_blocks.TERRAFORM.rglob("*.tfvars"),
        *hcl_blocks.TERRAFORM.rglob("*.tfbackend"),
    ]
    code = [path for path in files if ".terraform" not in path.parts]
    assert len(code) > 40
    assert [path for path in code if zappa_settings.project_name() in path.read_text()] == []


@pytest.mark.parametrize("name", ["Coalition", "river_alliance", "-river", "river--alliance", "a" * 25, ""])
def test_a_name_that_some_service_would_refuse_is_refused_at_once(tmp_path: Path, name: str) -> None:
    settings = tmp_path / "zappa_settings.json"
    settings.write_text(json.dumps({"prod": {"project_name": name}}))
    with pytest.raises(zappa_settings.SettingsError, match="project_name"):
        zappa_settings.project_name(settings)
