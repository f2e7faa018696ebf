"""Plans for the tests of this folder."""

import pytest

from tests.terraform import bootstrap_plan
from tests.terraform.bootstrap_plan import BootstrapPlan, Statements
from tests.terraform.plans import Plan, plan_of, skipped_without_terraform

__all__ = ["Plan", "plan_of"]


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> BootstrapPlan:
    with skipped_without_terraform():
        return bootstrap_plan.make(tmp_path_factory.mktemp("bootstrap"))


@pytest.fixture(scope="session")
def roles(bootstrap: BootstrapPlan) -> dict[str, Statements]:
    """The statements of each workflow's role."""
    return bootstrap.roles
