"""One name: what zappa_settings.json says is what Terraform takes where nobody tells it."""

from pathlib import Path

import pytest

from ops import zappa_settings
from tests.terraform import hcl_blocks


@pytest.mark.parametrize("folder", hcl_blocks.ROOTS, ids=lambda path: path.name)
def test_every_root_takes_the_name_of_the_zappa_settings(folder: Path) -> None:
    defaults = {one.name: one.default for one in hcl_blocks.variables(folder)}
    assert defaults["project"] == f"`{zappa_settings.project_name()}`"


def test_the_name_stands_once_in_the_zappa_settings() -> None:
    assert zappa_settings.COMMITTED.read_text().count(zappa_settings.project_name()) == 1
