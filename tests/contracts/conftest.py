"""Plans for the tests of this folder."""

from tests.terraform.plans import plan_of

__all__ = ["plan_of"]
