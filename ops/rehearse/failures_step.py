"""`make rehearse STEP=failures`: releases that should never have come this far, and what visitors see meanwhile."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from ops import deploy, functions, smoke
from ops.deployment import Deployment
from ops.rehearse import variants
from ops.rehearse.variants import Built
from ops.rehearse.visitor import UnexpectedAnswerError
from ops.rehearse.world import World
from ops.steps import StepFailedError, Steps, explain

_RAISES = 'raise RuntimeError("a release that raises at import")\n'
_MIGRATIONS = "app/campaigns/migrations"
_BROKEN_MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("campaigns", "{newest}")]
    operations = [
        migrations.RunSQL("CREATE TABLE half_done (id int)"),
        migrations.RunSQL("SELECT * FROM no_such_table"),
    ]
"""
# Its health checks answer.
_NO_PAGES = """
app_name = "site"
urlpatterns = []
"""

# What only the serving function runs into, so that the -ops companion can't warn of it: a variable that came with it.
_FAILS_WHERE_VISITORS_ARE = """
import os
from django.http import HttpRequest, HttpResponse
from django.urls import path

def home(request: HttpRequest) -> HttpResponse:
    if "REHEARSED_FAULT" in os.environ and not os.environ["AWS_LAMBDA_FUNCTION_NAME"].endswith("-ops"):
        raise RuntimeError("a page that fails")
    from django.templatetags.static import static
    return HttpResponse(f'<link href="{static("site/site.css")}">')

app_name = "site"
urlpatterns = [path("", home, name="home")]
"""


@dataclass(frozen=True)
class Bad:
    """A release that has to be stopped.

    Attributes:
        stopped_by: the step that does.
        because: what the operator then reads.
        files: from the good package its new files, as texts by path.
        variables: what it brings for both functions.
    """

    stopped_by: str
    because: str
    files: Callable[[Path], Mapping[str, str]]
    variables: Mapping[str, str] = field(default_factory=dict)


def _with_broken_migration(good: Path) -> Mapping[str, str]:
    with zipfile.ZipFile(good) as package:
        names = [PurePosixPath(name) for name in package.namelist()]
    newest = max(name.stem for name in names if name.match(f"{_MIGRATIONS}/0*.py"))
    return {f"{_MIGRATIONS}/9999_broken.py": _BROKEN_MIGRATION.format(newest=newest)}


BAD = {
    "broken-migration": Bad("migrate", "no_such_table", _with_broken_migration),
    "raises-at-import": Bad(
        deploy.ASK_ENDPOINTS, "raises at import", lambda _: {"app/config/urls.py": _RAISES}
    ),
    "has-no-pages": Bad(deploy.ASK_BEFORE, "/ answered 500", lambda _: {"app/site/urls.py": _NO_PAGES}),
    "fails-its-smoke": Bad(
        deploy.ASK_IN_PUBLIC,
        "answered 500",
        lambda _: {"app/site/urls.py": _FAILS_WHERE_VISITORS_ARE},
        {"REHEARSED_FAULT": "1"},
    ),
}


def run(world: World, folder: Path, steps: Steps) -> None:
    """Deploy a good release, then each bad one.

    Raises:
        ops.steps.StepFailedError: a bad one was not stopped, or visitors were served anything but the good one.
    """
    deployment = Deployment(world.platform, folder / "zappa", steps)
    with steps.step("package this tree"):
        good = variants.build()
    deploy.deploy(deployment, good.release, good.package, good.static_files)
    refuse_bad(deployment, good, folder)


def refuse_bad(deployment: Deployment, good: Built, folder: Path) -> None:
    """Deploy each bad release where a good one serves.

    Raises:
        ops.steps.StepFailedError: it was not stopped, or visitors were served anything but the good one.
    """
    for name, bad in BAD.items():
        built = variants.changed(good, name, bad.files(good.package), folder)
        _deploy_bad(deployment, built, bad, good)


def _deploy_bad(deployment: Deployment, built: Built, bad: Bad, good: Built) -> None:
    steps = deployment.steps
    print(f"  — a release that should be stopped: {built.release} —")
    first, read = len(steps.done), ""
    variables = deploy.variables_of(deployment.platform)
    try:
        deploy.deploy(
            _with_variables(deployment, bad.variables), built.release, built.package, built.static_files
        )
    except StepFailedError as error:
        read = explain(error)
    failed = [step for step in steps.done[first:] if not step.ok]
    for step in failed:
        step.ok, step.note = True, "refused, as it has to be"
    with steps.step(f"{built.release} was stopped, {good.release} serves"):
        if [step.what for step in failed] != [bad.stopped_by] or bad.because not in read:
            raise UnexpectedAnswerError(
                f"It was to be stopped by {bad.stopped_by} because of {bad.because}."
                f" It was by {[step.what for step in failed]}: {read}"
            )
        _check_both_serve(deployment, good.release)
        if (left := deploy.variables_of(deployment.platform)) != variables:
            raise UnexpectedAnswerError(f"The variables were {variables}, and are {left}.")


def _with_variables(deployment: Deployment, variables: Mapping[str, str]) -> Deployment:
    values = deployment.platform.values
    values = replace(values, environment={**values.environment, **variables})
    return replace(deployment, platform=replace(deployment.platform, values=values))


def _check_both_serve(deployment: Deployment, release: str) -> None:
    platform, url = deployment.platform, deployment.public_url()
    smoke.check_release(smoke.through(url), release)
    smoke.check_release(lambda path: functions.get(platform.ops_function, path, url), release)
    if deployment.releases.current(platform.stage) != release:
        raise UnexpectedAnswerError("The history says otherwise.")
