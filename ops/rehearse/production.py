"""Production's life: deployed to, used, updated, rolled back, attacked by bad releases, watched, taken down."""

import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from ops import functions, import_task, platform, smoke
from ops.deployment import Deployment
from ops.processes import wait_until
from ops.rehearse import (
    canaries,
    checkout,
    emergency,
    endorsement,
    failures_step,
    front,
    import_step,
    inventory,
    mailbox,
    rds,
    walk,
)
from ops.rehearse.account import Rehearsal, plan_again
from ops.rehearse.variants import Built
from ops.rehearse.visitor import UnexpectedAnswerError, Visitor
from ops.rehearse.world import World

_KEEP_WARM_SECONDS = 300
_LOCK_SECONDS = 120
_LOG_SECONDS = 180
_MAIL_SECONDS = 180
_NEXT_MODEL = """

# Added by the rehearsal's next release.
Endorsement.add_to_class("rehearsal_note", models.TextField(db_default=""))
"""


def live(rehearsal: Rehearsal, pool: ThreadPoolExecutor, empty: frozenset[str]) -> set[str]:
    """Deploys, people, a rollback, releases that should not come, and the end.

    Returns:
        What may stand nowhere: all secrets that were there, and the token of a link.
    """
    steps, operator = rehearsal.steps, rehearsal.operator
    stage = _world(rehearsal)
    first = _release(rehearsal.root)
    with steps.step("make doctor STAGE=prod") as step:
        step.note = operator.make("doctor", "STAGE=prod").splitlines()[-1]
    with steps.step("make deploy STAGE=prod") as step:
        front.require_told(operator.make("deploy", "STAGE=prod", "CONFIRM=1"), is_changed=True)
        step.note = f"{first}, and the CDN in front of it"
    deployment = Deployment(stage.platform, rehearsal.folder / "zappa", steps)
    good = Built(first, _package(rehearsal.root, first), rehearsal.root / "build" / "static" / first)
    with steps.step("take an inventory, and the secrets") as step:
        there, values = inventory.take(), canaries.values_in_secrets_manager()
        inventory.require_seen(empty, there)
        step.note = f"{len(there - empty)} things of {len(inventory.KINDS)} kinds"
    planned = pool.submit(_plan_all_again, rehearsal)
    values.add(walk.rehearse(stage, deployment, rehearsal.folder))
    front.visit(rehearsal, deployment, first)
    planned.result()
    second = _update(rehearsal, deployment, pool)
    _go_back(rehearsal, deployment, first, second)
    _tell(rehearsal, first)
    # None of them is bad in front of the API, and to look there takes Terraform a quarter of a minute each time.
    bare = replace(deployment.platform, cdn=None, upload_handler="")
    failures_step.refuse_bad(replace(deployment, platform=bare), good, rehearsal.folder)
    gone = pool.submit(front.take_away, rehearsal, rehearsal.beside)
    outputs = json.loads(rehearsal.terraform("prod", "output", "-json"))
    import_step.rehearse(
        import_task.from_outputs(outputs, "prod").family, rehearsal.folder / "import", steps, {}
    )
    walk.await_keep_warm(stage, deployment, _KEEP_WARM_SECONDS)
    gone.result()
    with steps.step("make undeploy STAGE=prod"):
        operator.make("undeploy", "STAGE=prod", "CONFIRM=1")
    return values


def _plan_all_again(rehearsal: Rehearsal) -> None:
    """The platform and what is in front of it are as the code says."""
    plan_again(rehearsal, rehearsal.beside, "prod")
    front.look_again(rehearsal, rehearsal.beside)


def _world(rehearsal: Rehearsal) -> World:
    """What Terraform made for production, with a database where it says that one is."""
    with rehearsal.steps.step("let PostGIS be the database that Terraform made") as step:
        outputs = json.loads(rehearsal.terraform("prod", "output", "-json"))
        found = platform.on_emulator(platform.from_outputs(outputs, "prod"), rehearsal.running.url)
        endpoint = (found.database_host, int(found.database_port))
        if endpoint[1] != urlsplit(rehearsal.server_url).port:
            raise UnexpectedAnswerError(f"RDS promises {endpoint}, PostGIS is at {rehearsal.server_url}.")
        master = _credentials(found.master_secret)
        rds.furnish(rehearsal.server_url, endpoint[0], master["username"], master["password"])
        step.note = f"{endpoint[0]}:{endpoint[1]}, TLS and passwords demanded"
    role = _credentials(found.values.environment["DATABASE_SECRET"])
    place = f"{endpoint[0]}:{endpoint[1]}/{found.values.environment['DATABASE_NAME']}"
    database_url = f"postgres://{role['username']}:{role['password']}@{place}?sslmode=require"
    return World(rehearsal.running, database_url, mailbox.in_ses(rehearsal.running.url), found)


def _credentials(secret: str) -> dict[str, str]:
    text = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    credentials: dict[str, str] = json.loads(text)
    return credentials


def _release(root: Path) -> str:
    return checkout.git(root, "rev-parse", "HEAD").strip()[:12]


def _package(root: Path, release: str) -> Path:
    return root / "build" / "package" / f"{release}.zip"


def _update(rehearsal: Rehearsal, deployment: Deployment, pool: ThreadPoolExecutor) -> str:
    """The next release, with a migration, while somebody else tries to deploy too.

    Returns:
        Its id.
    """
    steps, operator, root = rehearsal.steps, rehearsal.operator, rehearsal.root
    with steps.step("commit a model's new field with its migration") as step:
        models = root / "app" / "endorsements" / "models.py"
        models.write_text(models.read_text() + _NEXT_MODEL)
        migration = _make_migration(root)
        checkout.commit(root, "A field for the rehearsal")
        step.note = migration
    second = _release(root)
    with steps.step("make deploy STAGE=prod, the next release") as step:
        typed: Future[str] = pool.submit(operator.make, "deploy", "STAGE=prod", "CONFIRM=1")
        wait_until(
            lambda: typed.done() or deployment.releases.holder("prod") is not None, "The lock", _LOCK_SECONDS
        )
        said = "" if typed.done() else operator.refused("deploy", "STAGE=prod", "CONFIRM=1")
        front.require_told(typed.result(), is_changed=False)
        if "is deploying prod" not in said:
            raise UnexpectedAnswerError(f"A deploy beside another one was not told so:\n{said}")
        step.note = f"{second}; the CDN as it was; another deploy beside it was refused"
    with steps.step("it serves, and its migration is done"):
        smoke.check_release(smoke.through(deployment.public_url()), second)
        listed = operator.make("manage", "STAGE=prod", "ARGS=showmigrations endorsements")
        if f"[X] {migration}" not in listed:
            raise UnexpectedAnswerError(f"It is not listed as done:\n{listed}")
    return second


def _make_migration(root: Path) -> str:
    """The migration of what changed, as Django writes it."""
    folder = root / "app" / "endorsements" / "migrations"
    before = set(folder.glob("0*.py"))
    command = ["makemigrations", "endorsements", "--name", "rehearsal", "--verbosity", "0"]
    local = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    checkout.manage(root, *command, environment=local)
    [made] = set(folder.glob("0*.py")) - before
    return made.stem


def _go_back(rehearsal: Rehearsal, deployment: Deployment, first: str, second: str) -> None:
    steps, operator, url = rehearsal.steps, rehearsal.operator, deployment.public_url()
    with steps.step("make rollback-prod") as step:
        operator.make("rollback-prod", "CONFIRM=1")
        smoke.check_release(smoke.through(url), first)
        step.note = f"serves {first} on the new schema"
    with steps.step("endorse on the new schema with the old code"):
        texts = mailbox.in_ses(rehearsal.running.url)
        before = len(texts())
        endorsement.submit(Visitor(url), "Grace Example", "grace@example.org")
    committed = rehearsal.root / "zappa_settings.json"
    emergency.roll_back(deployment, committed, rehearsal.folder / "plain-zappa", second)
    with steps.step(f"make rollback STAGE=prod TO={first}") as step:
        operator.make("rollback", "STAGE=prod", f"TO={first}", "CONFIRM=1")
        for ask in (smoke.through(url), _ops(deployment, url)):
            smoke.check_release(ask, first)
        step.note = "on both functions"
    with steps.step("the mail to who endorsed meanwhile"):
        wait_until(lambda: len(texts()) > before, "The job that sends the mail", _MAIL_SECONDS)


def _ops(deployment: Deployment, url: str) -> Any:
    return lambda path: functions.get(deployment.platform.ops_function, path, url)


def _tell(rehearsal: Rehearsal, serving: str) -> None:
    """What an operator is told about a stage."""
    steps, operator = rehearsal.steps, rehearsal.operator
    with steps.step("make status and make releases"):
        status = operator.make("status", "STAGE=prod")
        listed = operator.make("releases", "STAGE=prod")
        expected = (
            f'"release": "{serving}"',
            f"recorded release: {serving}; nobody deploys",
            f"{serving}  serves",
        )
        if missing := [word for word in expected if word not in status + listed]:
            raise UnexpectedAnswerError(f"They do not say {missing}:\n{status}\n{listed}")
    with steps.step("make logs STAGE=prod OPS=1") as step:
        word = "Running migrations"
        step.note = operator.watch(
            "logs", "STAGE=prod", "OPS=1", "SINCE=1h", until=word, timeout_seconds=_LOG_SECONDS
        )
