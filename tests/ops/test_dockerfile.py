"""The image of the import task, as far as it can be proved without a container engine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ops import environments
from ops.rehearse.import_step import entry_point_of_image, make_image

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(name: str) -> list[str]:
    """What follows an instruction, each on one line."""
    joined = re.sub(r"\s*\\\n\s*", " ", DOCKERFILE)
    return re.findall(rf"^{name} (.*)$", joined, re.MULTILINE)


def test_a_linter_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([hadolint, ROOT / "Dockerfile"], check=False, capture_output=True, text=True)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_it_runs_as_nobody_in_particular_who_owns_scratch_alone() -> None:
    assert instructions("USER") == ["10001:10001"]
    assert instructions("VOLUME") == ["/scratch"]
    owned = [line for line in instructions("RUN") if "-o 10001" in line]
    assert [line.split(" && ")[-1] for line in owned] == ["install -d -o 10001 -g 10001 /scratch"]


def test_both_stages_have_one_base_of_the_version_that_lambda_runs() -> None:
    version = ".".join(map(str, environments.LAMBDA_PYTHON_VERSION))
    assert {base.split()[0] for base in instructions("FROM")} == {f"python:{version}-slim-bookworm"}


def test_only_what_the_task_needs_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    sources = {line.split()[0] for line in instructions("COPY") if not line.startswith("--from")}
    assert {rule[1:] for rule in rules if rule.startswith("!")} == sources


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The virtual environment that the Dockerfile's own line makes, elsewhere; its folder of programs."""
    folder = tmp_path_factory.mktemp("image") / "app"
    (line,) = [line for line in instructions("RUN") if "pip install" in line]
    command = line.replace("/opt/app", str(folder)).replace("/build/", f"{ROOT}/requirements/")
    command = command.replace("python -m venv", f"{environments.lambda_interpreter()} -m venv")
    made = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)  # noqa: S602 - the Dockerfile's own words
    assert made.returncode == 0, made.stderr
    return folder / "bin"


def run_in_image(
    installed: Path, image: Path, *words: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": f"{installed}:/usr/bin:/bin",
        "HOME": str(image),
        "RELEASE_ID": "abc",
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }
    return subprocess.run(words, cwd=image, env=environment, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Path:
    made = make_image(tmp_path_factory.mktemp("files"))
    (line,) = [line for line in instructions("RUN") if "/scratch" in line]
    run_in_image(installed, made, *line.split(" && ")[0].split()).check_returncode()
    return made


STAGE = {
    "STAGE": "prod",
    "SECRET_KEY": "a" * 60,
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "PUBLIC_URL": "https://example.org",
    "UPLOADS": "s3://none/",
    "RATE_LIMIT_TABLE": "none",
    "EMAIL_URL": "smtp://127.0.0.1",
    "DEFAULT_FROM_EMAIL": "a@example.org",
}


def test_the_entry_point_finds_the_tasks_commands(installed: Path, image: Path) -> None:
    for command in ("import_tiger", "geocode_pending", "draw_maps"):
        said = run_in_image(installed, image, *entry_point_of_image(), command, "--help", **STAGE)
        assert said.returncode == 0, said.stderr
        assert f"manage.py {command}" in said.stdout


def test_a_task_that_starts_compiles_nothing_of_ours_or_of_what_is_installed(
    installed: Path, image: Path
) -> None:
    told = STAGE | {"PYTHONVERBOSE": "1"}
    said = run_in_image(installed, image, *entry_point_of_image(), "import_tiger", "--help", **told)
    read = [
        place
        for place in re.findall(r"^# code object from '?(.*?)'?$", said.stderr, re.MULTILINE)
        if place.startswith((str(image), str(installed.parent)))
    ]
    assert any("/django/" in place for place in read)
    assert any("/app/regions/" in place for place in read)
    assert [place for place in read if not place.endswith(".pyc")] == []


def test_it_holds_boto3_and_no_tool_of_a_developer(installed: Path, image: Path) -> None:
    code = "import importlib.util as u; print([n for n in ('boto3', 'django', 'shapely', 'pytest', 'zappa') if u.find_spec(n)])"
    assert run_in_image(installed, image, "python", "-c", code).stdout == "['boto3', 'django']\n"


def test_a_task_that_is_told_nothing_says_what_it_lacks(installed: Path, image: Path) -> None:
    said = run_in_image(installed, image, *entry_point_of_image(), "check", STAGE="prod")
    assert said.returncode != 0
    assert "DATABASE_SECRET" in said.stderr


def test_the_demos_shapes_stay_out(image: Path) -> None:
    assert not [name for _, _, names in os.walk(image) for name in names if name.endswith(".zip")]
