"""`make rehearse STEP=failures`: releases that should never have come this far, and what visitors see meanwhile."""

from collections.abc import Mapping
from pathlib import Path

from ops import deploy, functions, smoke
from ops.deploy import Deployment
from ops.rehearse import variants
from ops.rehearse.variants import Built
from ops.rehearse.visitor import UnexpectedAnswerError
from ops.rehearse.world import World
from ops.steps import StepFailedError, Steps

_RAISES = 'raise RuntimeError("a release that raises at import")\n'
_BROKEN_MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]
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

# What only the serving function runs into, so that the -ops companion can't warn of it.
_FAILS_WHERE_VISITORS_ARE = """
import os
from django.http import HttpRequest, HttpResponse
from django.urls import path

def home(request: HttpRequest) -> HttpResponse:
    if not os.environ["AWS_LAMBDA_FUNCTION_NAME"].endswith("-ops"):
        raise RuntimeError("a page that fails")
    from django.templatetags.static import static
    return HttpResponse(f'<link href="{static("site/site.css")}">')

app_name = "site"
urlpatterns = [path("", home, name="home")]
"""

# The step that has to stop each.
BAD: dict[str, tuple[str, Mapping[str, str]]] = {
    "broken-migration": ("migrate", {"app/campaigns/migrations/0999_broken.py": _BROKEN_MIGRATION}),
    "raises-at-import": ("migrate", {"app/config/urls.py": _RAISES}),
    "has-no-pages": (deploy.ASK_BEFORE, {"app/site/urls.py": _NO_PAGES}),
    "fails-its-smoke": (deploy.ASK_IN_PUBLIC, {"app/site/urls.py": _FAILS_WHERE_VISITORS_ARE}),
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
    for name, (stopped_by, files) in BAD.items():
        _deploy_bad(deployment, variants.changed(good, name, files, folder), stopped_by, good)


def _deploy_bad(deployment: Deployment, bad: Built, stopped_by: str, good: Built) -> None:
    steps = deployment.steps
    print(f"  — a release that should be stopped: {bad.release} —")
    first = len(steps.done)
    try:
        deploy.deploy(deployment, bad.release, bad.package, bad.static_files)
    except StepFailedError:
        failed = [step for step in steps.done[first:] if not step.ok]
        for step in failed:
            step.ok, step.note = True, "refused, as it has to be"
    else:
        failed = []
    with steps.step(f"{bad.release} was stopped, {good.release} serves"):
        if [step.what for step in failed] != [stopped_by]:
            raise UnexpectedAnswerError(
                f"It was stopped by {[step.what for step in failed]}, not by {stopped_by}."
            )
        _check_both_serve(deployment, good.release)


def _check_both_serve(deployment: Deployment, release: str) -> None:
    platform, url = deployment.platform, deployment.public_url()
    smoke.check_release(smoke.through(url), release)
    smoke.check_release(lambda path: functions.get(platform.ops_function, path, url), release)
    if deployment.releases.current(platform.stage) != release:
        raise UnexpectedAnswerError("The history says otherwise.")
