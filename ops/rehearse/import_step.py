"""Rehearses the import task: what ECS would run is run as a process here, as its registered definition says.

The emulator registers a task definition and runs nothing. So its entry point, command and environment are taken from there,
and its image is made as the Dockerfile makes it: the locked set `import`, manage.py and app.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from ops import emulator, environments
from ops.rehearse.visitor import UnexpectedAnswerError
from ops.rehearse.world import World
from ops.steps import Steps

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile"
# Made from the Census' own by ops.make_demo_shapes; not in the image, as a real import's source is not.
SHAPES = ROOT / "app" / "site" / "demo"
LAYERS = {"state": "cb_2016_us_state_simplified.zip", "county": "cb_2016_us_county_simplified.zip"}
VINTAGE = "2016"
_TIMEOUT_SECONDS = 600
# An import of everything says one thing when it is repeated.
_UNCHANGED = re.compile(r"(\d+) records: 0 inserted, 0 updated, \1 unchanged, 0 skipped, 0 rejected\.")


def rehearse(family: str, folder: Path, steps: Steps, overrides: Mapping[str, str]) -> None:
    """Import two layers by a registered task definition, twice; look at what they left; and see a wrong source refused.

    The stage's database has to be migrated. Call it inside `world.provide`, or wherever boto3 talks to the emulator.

    Args:
        family: the task definition.
        folder: where the image and the words of each run are kept.
        steps: to tell of.
        overrides: of the definition's environment: what is different on this machine.

    Raises:
        StepFailedError: a step failed.
    """
    with steps.step("make the import image as the Dockerfile does"):
        image = make_image(folder / "image")
    with image_environment(family, folder, overrides) as (container, environment):

        def task(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
            return run_container(image, container, environment, words, folder)

        with steps.step("run the task as it is registered: it checks its settings"):
            _succeed(task([]))
        with steps.step("import states and counties by the task") as step:
            for kind, archive in LAYERS.items():
                _succeed(task(["import_tiger", str(SHAPES / archive), "--kind", kind, "--vintage", VINTAGE]))
            step.note = f"{_published(environment)} map files"
        with steps.step("import them again: nothing changes"):
            for kind, archive in LAYERS.items():
                said = _succeed(
                    task(["import_tiger", str(SHAPES / archive), "--kind", kind, "--vintage", VINTAGE])
                )
                if not _UNCHANGED.search(said):
                    raise UnexpectedAnswerError(f"A second import of {kind} said:\n{said}")
        with steps.step("a source that is not there fails the task"):
            refused = task(["import_tiger", "/nowhere.zip", "--kind", "state", "--vintage", VINTAGE])
            if refused.returncode == 0 or "Nothing was changed." not in refused.stderr:
                raise UnexpectedAnswerError(f"It ended with {refused.returncode}:\n{refused.stderr}")
        with steps.step("look up the addresses that wait") as step:
            step.note = _succeed(task(["geocode_pending"])).strip()


def make_image(folder: Path) -> Path:
    """The files of the image, as the Dockerfile's own lines copy them; returns its root.

    Raises:
        UnexpectedAnswerError: the Dockerfile copies something else than this does.
    """
    copied = re.findall(r"^COPY (?!--from)(\S+) (\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    if copied != [("requirements/import.txt", "/build/"), ("manage.py", "/srv/"), ("app", "/srv/app")]:
        raise UnexpectedAnswerError(f"The Dockerfile copies {copied}: make this step do the same.")
    environments.provide("import", environments.lambda_interpreter())
    srv = folder / "srv"
    srv.mkdir(parents=True)
    shutil.copy(ROOT / "manage.py", srv)
    # What .dockerignore keeps out.
    shutil.copytree(ROOT / "app", srv / "app", ignore=shutil.ignore_patterns("__pycache__", "*.zip"))
    return srv


@contextmanager
def image_environment(
    family: str, folder: Path, overrides: Mapping[str, str]
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """The container of the newest revision, and all the variables that its process has."""
    found = boto3.client("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
    (container,) = found["containerDefinitions"]
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = {variable["name"]: variable["value"] for variable in container["environment"]}
    python = environments.provide("import", environments.lambda_interpreter())
    # The image's own lines, ECS's region, and the emulator where AWS would be.
    machine = {
        "PATH": f"{python.parent}:/usr/bin:/bin",
        "RELEASE_ID": "rehearsal",
        "AWS_REGION": emulator.REGION,
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        "HOME": str(scratch),
    }
    yield container, {**machine, **environment, "TMPDIR": str(scratch), **overrides}


def run_container(
    image: Path,
    container: Mapping[str, Any],
    environment: Mapping[str, str],
    words: Sequence[str],
    folder: Path,
) -> "subprocess.CompletedProcess[str]":
    """Run the container's entry point with a command in its place, as RunTask's override does."""
    entry_point = container.get("entryPoint") or entry_point_of_image()
    result = subprocess.run(
        [*entry_point, *(words or container["command"])],
        cwd=image,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_SECONDS,
    )
    with (folder / "task.log").open("a") as log:
        log.write(f"$ {' '.join(words)}\n{result.stdout}{result.stderr}[{result.returncode}]\n")
    return result


def entry_point_of_image() -> list[str]:
    """What the Dockerfile's ENTRYPOINT says."""
    (found,) = re.findall(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    words: list[str] = json.loads(found)
    return words


def _succeed(result: "subprocess.CompletedProcess[str]") -> str:
    if result.returncode:
        raise UnexpectedAnswerError(
            f"The task ended with {result.returncode}:\n{result.stdout}{result.stderr}"
        )
    return result.stdout


def _published(environment: Mapping[str, str]) -> int:
    """How many files the manifest names; each of them is there."""
    place = urlsplit(environment["REGION_FILES"])
    s3, prefix = boto3.client("s3"), place.path.lstrip("/")
    manifest = json.loads(s3.get_object(Bucket=place.netloc, Key=f"{prefix}manifest.json")["Body"].read())
    for entry in manifest["maps"]:
        found = s3.head_object(Bucket=place.netloc, Key=prefix + entry["file"])
        if found["ContentLength"] != entry["bytes"]:
            raise UnexpectedAnswerError(
                f"{entry['file']} has {found['ContentLength']} bytes, not {entry['bytes']}."
            )
    return len(manifest["maps"])


def run(provided: World, folder: Path, steps: Steps) -> None:
    """The step alone: with a definition registered here, and a database made as a first deploy makes it."""
    environment = {
        **provided.platform.values.environment,
        "STAGE": provided.platform.stage,
        "PUBLIC_URL": "https://import.rehearsal.invalid",
        "REGION_FILES": f"s3://{provided.platform.static_bucket}/static/regions/{provided.platform.stage}/",
        # As terraform/stages.tf says for the task.
        "DATABASE_STATEMENT_TIMEOUT_SECONDS": "0",
        "DATABASE_LOCK_TIMEOUT_SECONDS": "120",
        "DATABASE_IDLE_TIMEOUT_SECONDS": "0",
        "DATABASE_NETWORK_TIMEOUT_SECONDS": "120",
    }
    family = f"{provided.platform.values.project}-geodata-import-{provided.platform.stage}"
    with steps.step("register a task definition"):
        _register(family, environment)
    with steps.step("make the database and migrate it"):
        _prepare_database(provided, family, folder)
    rehearse(family, folder, steps, {})


def _register(family: str, environment: Mapping[str, str]) -> None:
    variables = [{"name": name, "value": value} for name, value in environment.items()]
    boto3.client("ecs").register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="2048",
        memory="4096",
        containerDefinitions=[
            {"name": "app", "image": "none", "command": ["check", "--deploy"], "environment": variables}
        ],
    )


def _prepare_database(provided: World, family: str, folder: Path) -> None:
    platform = provided.platform
    image = make_image(folder / "preparing")
    master = ["--master-secret", platform.master_secret, "--host", platform.database_host]
    with image_environment(family, folder, {}) as (container, environment):
        for words in (
            ["db_bootstrap", *master, "--port", platform.database_port],
            ["migrate", "--verbosity", "0"],
        ):
            _succeed(run_container(image, container, environment, words, folder))
