"""`zappa rollback prod -n 1`, for when nothing but Zappa is at hand."""

import shutil
from pathlib import Path

from ops import functions, smoke
from ops.deployment import Deployment
from ops.zappa import Zappa


def roll_back(deployment: Deployment, committed: Path, folder: Path, expected: str) -> None:
    """Go one version back with the committed settings, as an operator has them without any platform.

    Args:
        deployment: the stage.
        committed: the settings.
        folder: to run Zappa in; not there yet.
        expected: the release that serves then.

    Raises:
        ops.steps.StepFailedError: it does not.
    """
    platform, url = deployment.platform, deployment.public_url()
    folder.mkdir()
    shutil.copy(committed, folder)
    with deployment.steps.step("zappa rollback prod -n 1, by the committed settings") as step:
        Zappa(folder).rollback(platform.stage, 1)
        functions.wait_until_settled(platform.function)
        smoke.check_release(smoke.through(url), expected)
        step.note = f"serves {expected}"
