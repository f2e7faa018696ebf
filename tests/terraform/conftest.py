"""Plans for the tests of this folder."""

from tests.terraform.plans import Plan, plan_of

__all__ = ["Plan", "plan_of"]
