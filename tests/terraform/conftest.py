"""Plans for the tests of this folder."""

import pytest

from ops import terraform
from tests.terraform import bootstrap_plan
from tests.terraform.bootstrap_plan import BootstrapPlan, Statements
from tests.terraform.plans import Plan, plan_of

__all__ = ["Plan", "plan_of"]


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> BootstrapPlan:
    try:
        return bootstrap_plan.make(tmp_path_factory.mktemp("bootstrap"))
    except terraform.UnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def roles(bootstrap: BootstrapPlan) -> dict[str, Statements]:
    """The statements of each workflow's role."""
    return bootstrap.roles
