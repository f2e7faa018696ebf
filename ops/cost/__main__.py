"""What the platform costs a month: a bill of materials from the Terraform plan.

    python -m ops.cost [ENVIRONMENT] [--plan FILE] [--json]     (`make cost ENV=prod`, `make cost JSON=1`)
    python -m ops.cost --page                                   (`make cost-page`: the tables of docs/cost.md)

The plan is made here, of an environment that has nothing yet, without AWS; --plan takes what `terraform show -json FILE`
prints for a real one. Exit code 1: over the ceiling that budgets.toml sets. 2: there is no bill.
"""

import argparse
import os
import sys
from pathlib import Path

from ops import plans, terraform
from ops.cost import bill, edge, figures, page, report
from ops.cost.figures import CostError
from ops.infrastructure import ENVIRONMENTS
from ops.plans import PlanError, PlanJson


def show(environment: str, plan: PlanJson, *, as_json: bool) -> list[str]:
    """Print an environment's bills.

    Returns:
        A sentence for each ceiling that is exceeded.

    Raises:
        CostError: something has no price.
    """
    planned = edge.planned(plan)
    bills = [bill.make(environment, planned, requests) for requests in bill.REQUESTS]
    print(report.as_json(bills) if as_json else report.as_text(bills) + "\n")
    region = plans.region(plan)
    if region not in {"", figures.region()}:
        print(f"The plan is for {region}; these are prices of {figures.region()}.", file=sys.stderr)
    return bill.over_budget(environment, planned)


def _show_all(arguments: argparse.Namespace) -> int:
    environments = [arguments.environment] if arguments.environment else list(ENVIRONMENTS)
    if (arguments.json or arguments.plan) and not arguments.environment:
        environments = ["prod"]
    exceeded: list[str] = []
    for environment in environments:
        plan = (
            plans.read(arguments.plan.read_text(encoding="utf-8"))
            if arguments.plan
            else plans.offline(environment)
        )
        exceeded += show(environment, plan, as_json=arguments.json)
    for sentence in exceeded:
        print(sentence, file=sys.stderr)
    return 1 if exceeded else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.cost", description=__doc__)
    parser.add_argument("environment", nargs="?", choices=ENVIRONMENTS)
    parser.add_argument("--plan", type=Path, help="what `terraform show -json` printed")
    parser.add_argument(
        "--json", action="store_true", help="for a program; of prod, if no environment is named"
    )
    parser.add_argument("--page", action="store_true", help="write the tables of docs/cost.md anew")
    arguments = parser.parse_args()
    try:
        if arguments.page:
            page.write()
            return 0
        return _show_all(arguments)
    except terraform.UnavailableError as error:
        # A person without Terraform is told; a CI has to have it.
        print(f"NOT PRICED: {error}", file=sys.stderr)
        return 2 if os.environ.get("CI") or arguments.json else 0
    except (CostError, PlanError, terraform.TerraformError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
