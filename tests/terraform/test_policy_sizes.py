"""Every policy fits into what IAM takes."""

import json

import pytest

from tests.terraform.bootstrap_plan import BootstrapPlan
from tests.terraform.plans import PlanOf
from tests.terraform.reach import OTHER, whole_plan

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_POLICY = 6144
LONGEST_INLINE = 10240
MOST_POLICIES = 10


def test_every_policy_fits_into_what_iam_takes(bootstrap: BootstrapPlan) -> None:
    assert {
        address: len(text) for address, text in bootstrap.documents.items() if len(text) > LONGEST_POLICY
    } == {}
    assert max(bootstrap.policies_of.values()) <= MOST_POLICIES
    assert len(bootstrap.documents) >= len(bootstrap.roles)


@pytest.mark.parametrize("environment", OTHER)
def test_every_roles_own_policies_fit_into_what_iam_takes(plan_of: PlanOf, environment: str) -> None:
    plan = whole_plan(plan_of, environment)
    sums: dict[str, int] = {}
    for address, values in plan.of_type("aws_iam_role_policy").items():
        # The key's first part is the role's: given["prod-ops/send-mail"].
        role = address.partition('["')[2].partition('"')[0].partition("/")[0] or address
        sums[role] = sums.get(role, 0) + len("".join(json.dumps(json.loads(values["policy"])).split()))
    assert {role: size for role, size in sums.items() if size > LONGEST_INLINE} == {}
    assert sums
