"""One stage, as its operator handles it.

python -m ops.stage deploy|rollback|undeploy|edge|releases|status|logs|migrate|manage|create-admin|db-bootstrap|doctor STAGE      (`make deploy STAGE=prod` and so on)
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops import (
    administration,
    consent,
    deploy,
    doctor,
    edge,
    functions,
    infrastructure,
    package,
    platform,
    smoke,
    terraform,
)
from ops.administration import AdministrationError
from ops.deploy import DeployError
from ops.deployment import Deployment
from ops.edge import EdgeError
from ops.functions import CallError
from ops.package import PackageError
from ops.platform import UNKNOWN_URL, PlatformError
from ops.processes import INTERRUPTED, ended_by_signals
from ops.releases import LockedError, UnknownReleaseError
from ops.smoke import SmokeError
from ops.sources import SourceError
from ops.steps import StepFailedError, explain
from ops.zappa import ZappaError
from ops.zappa_settings import STAGES, SettingsError

ROOT = Path(__file__).resolve().parents[1]
_REFUSALS = (
    AdministrationError,
    consent.RefusedError,
    DeployError,
    CallError,
    EdgeError,
    infrastructure.InfrastructureError,
    PackageError,
    PlatformError,
    LockedError,
    UnknownReleaseError,
    SmokeError,
    SourceError,
    ZappaError,
    SettingsError,
    terraform.TerraformError,
    BotoCoreError,
    ClientError,
)


def run_deploy(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Package this tree and deploy it."""
    del arguments
    stage = deployment.platform.stage
    _confirm(f"Deploy this tree to {stage}", deployment)
    with deployment.steps.step("look for what stands in the way", "Nothing was changed."):
        _refuse(doctor.problems(deployment.platform))
        deployment.releases.refuse_if_locked(stage)
    with deployment.steps.step("package", "Nothing was changed.") as step:
        path, gates = package.build(ROOT)
        _refuse([f"{gate.name}: {gate.found}" for gate in gates if not gate.holds])
        step.note = path.stem
    deploy.deploy(deployment, path.stem, path, ROOT / "build" / "static" / path.stem)


def run_rollback(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Serve an earlier release again."""
    stage = deployment.platform.stage
    target = arguments.to or deployment.releases.previous(stage)
    _confirm(f"Roll {stage} back to {target or 'the release before'}", deployment)
    deploy.rollback(deployment, target)


def run_undeploy(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Take the functions and the API down; the database, the buckets and the releases stay."""
    del arguments
    stage = deployment.platform.stage
    _confirm(f"Take {stage} down until the next deploy", deployment)
    again = f"What is gone stays gone. Run `make undeploy STAGE={stage}` again."
    with deployment.steps.step("take down the functions and the API", again):
        deploy.undeploy(deployment)


def run_edge(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Show what would change in front of the API, ask, and do it; say what DNS has to hold."""
    stage, api_url, given = deployment.platform.stage, deployment.api_url(), arguments.arguments.split()
    if deployment.platform.cdn is not None and api_url == UNKNOWN_URL and not infrastructure.destroys(given):
        raise DeployError(
            f"{stage} has no API that a CDN could stand in front of: deploy it, which makes both."
        )
    with deployment.releases.lock(stage):
        made = edge.change_by_hand(deployment.platform, api_url, given)
    for record in made.dns_records:
        print(f"\n{record['type']:<6} {record['name']}\n       {record['value']}\n       ({record['why']})")
    print(f"\n{made.summary(stage)}")


def run_releases(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """What served the stage, and what can be rolled back to."""
    del arguments
    kept = deployment.releases.names()
    for number, entry in enumerate(deployment.releases.history(deployment.platform.stage)):
        lost = "" if entry["release"] in kept else "  (its zip is gone)"
        print(f"{entry['at']}  {entry['release']}{'  serves' if number == 0 else ''}{lost}")
    print(f"{len(kept)} releases are kept in {deployment.platform.values.deployments_bucket}.")


def run_status(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """What is there, and what it answers."""
    del arguments
    for _, function in deployment.platform.functions:
        print(f"{function:<40} {functions.state(function)}")
    url, stage = deployment.public_url(), deployment.platform.stage
    if url == UNKNOWN_URL:
        print("There is no API: nothing was deployed yet.")
    else:
        for path in ("/healthz", "/readyz"):
            print(f"{url + path:<40} {_answer(url + path)}")
    recorded, lock = deployment.releases.current(stage), deployment.releases.holder(stage)
    print(f"recorded release: {recorded}; {f'{lock} deploys' if lock else 'nobody deploys'}")


def _answer(url: str) -> str:
    """What a stage says, or that it says nothing: whoever asks for its status wants the rest of it all the same."""
    try:
        status, body = smoke.fetch(url)
    except SmokeError as error:
        return str(error)
    return f"{status} {body.strip()[:200]}"


def run_logs(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Follow the logs of the serving function, or with OPS=1 of its companion."""
    deployment.render()
    stage = deployment.platform.ops_stage if arguments.ops else deployment.platform.stage
    os.chdir(deployment.folder)
    command = [sys.executable, "-u", "-m", "zappa.cli", "tail", stage, "--since", arguments.since]
    os.execv(sys.executable, command)  # noqa: S606 - no shell, and our own interpreter


def run_migrate(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Migrate with the code that the -ops function has."""
    del arguments
    stage = deployment.platform.stage
    again = f"Run `make migrate STAGE={stage}` again."
    with deployment.releases.lock(stage), deployment.steps.step("migrate", again):
        functions.migrate(deployment.platform.ops_function, stage)


def run_manage(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Run a management command where the database can be reached, and print the end of what it says."""
    print(functions.manage(deployment.platform.ops_function, arguments.command))


def run_create_admin(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Print a link by which an administrator chooses a password."""
    print(administration.create_administrator(deployment.platform, deployment.public_url(), arguments.email))


def run_db_bootstrap(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Make or mend the stage's database, its role and extensions."""
    del arguments
    stage = deployment.platform.stage
    again = f"What was made stays. Run `make db-bootstrap STAGE={stage}` again."
    with (
        deployment.releases.lock(stage),
        deployment.steps.step("make the database and its role", again) as step,
    ):
        step.note = administration.bootstrap_database(deployment.platform)


def run_doctor(deployment: Deployment, arguments: argparse.Namespace) -> None:
    """Say what would stop a deploy."""
    del arguments
    _refuse(doctor.problems(deployment.platform))
    deploy.refuse_halves(deployment)
    print(doctor.endpoints(deployment.platform))
    deployment.releases.refuse_if_locked(deployment.platform.stage)
    print(f"Nothing stands in the way of a deploy to {deployment.platform.stage}.")


VERBS: dict[str, Callable[[Deployment, argparse.Namespace], None]] = {
    "deploy": run_deploy,
    "rollback": run_rollback,
    "undeploy": run_undeploy,
    "edge": run_edge,
    "releases": run_releases,
    "status": run_status,
    "logs": run_logs,
    "migrate": run_migrate,
    "manage": run_manage,
    "create-admin": run_create_admin,
    "db-bootstrap": run_db_bootstrap,
    "doctor": run_doctor,
}


def _refuse(problems: list[str]) -> None:
    if problems:
        raise DeployError("\n".join(f"- {problem}" for problem in problems))


def _confirm(deed: str, deployment: Deployment) -> None:
    """Production asks. Two accounts may have one each."""
    if deployment.platform.stage == "prod":
        consent.ask(f"{deed} in account {deployment.platform.account_id}?")


def perform(verb: str, deployment: Deployment, arguments: argparse.Namespace) -> int:
    """Run a verb and say what came of it.

    Returns:
        An exit code.
    """
    try:
        VERBS[verb](deployment, arguments)
    except StepFailedError as error:
        print(explain(error), file=sys.stderr)
        return 1
    except _REFUSALS as error:
        print(error, file=sys.stderr)
        return 1
    if deployment.steps.done:
        print(f"\n{deployment.steps.table()}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.stage", description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--to", default="", help="the release to roll back to")
    parser.add_argument("--email", default="", help="the administrator's address")
    parser.add_argument("--since", default="10m", help="how far back logs begin")
    parser.add_argument("--command", default="", help="the management command, split at spaces")
    parser.add_argument("--arguments", default="", help="more for `terraform plan`, split at spaces")
    parser.add_argument("--ops", action="store_true", help="logs of the -ops function")
    arguments = parser.parse_args()
    try:
        with ended_by_signals():
            found = platform.from_terraform(arguments.stage)
            # boto3 takes the region from here, for all that follows.
            os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = found.values.region
            deployment = Deployment(found, ROOT / "var" / "deploy" / arguments.stage)
            return perform(arguments.verb, deployment, arguments)
    except PlatformError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted. See `make status STAGE={arguments.stage}`.", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
