"""Rehearse a deployment on this machine.

    python -m ops.rehearse                       (`make rehearse`)
    python -m ops.rehearse lambda|failures       (`make rehearse STEP=lambda`)
    python -m ops.rehearse --project river       (`make rehearse PROJECT=river`)

Everything that was said lies in var/rehearsal/<time>/: summary.txt, what each command printed, the emulator's log.
"""

import argparse
import contextlib
import datetime as dt
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from ops.processes import ended_by_signals
from ops.rehearse import checkout, failures_step, lambda_step, whole, world
from ops.rehearse.world import World
from ops.steps import StepFailedError, Steps, explain
from ops.zappa_settings import SettingsError

ROOT = Path(__file__).resolve().parents[2]
STEPS: dict[str, Callable[[World, Path, Steps], None]] = {
    "lambda": lambda_step.run,
    "failures": failures_step.run,
}


def rehearse(run: Callable[[Path, Steps], None], folder: Path) -> bool:
    """Run a rehearsal in a folder of its own.

    Returns:
        Whether all of it went well.
    """
    steps, began = Steps(), time.monotonic()
    try:
        run(folder, steps)
    except StepFailedError as error:
        print(explain(error), file=sys.stderr)
        return False
    except KeyboardInterrupt:
        print("\nInterrupted. Everything was stopped.", file=sys.stderr)
        return False
    finally:
        table = f"{steps.table()}\n        from beginning to end: {time.monotonic() - began:.0f} s"
        (folder / "summary.txt").write_text(table + "\n")
        print(f"\n{table}")
    return True


def run_step(name: str, folder: Path, steps: Steps) -> None:
    """Run one step alone, in a world with the least of Terraform's work.

    Raises:
        ops.steps.StepFailedError: at the first step that failed.
    """
    with contextlib.ExitStack() as stack:
        with steps.step("start the emulated AWS and PostGIS"):
            provided = stack.enter_context(world.provide(folder))
        STEPS[name](provided, folder, steps)


def rehearse_fork(project: str, folder: Path, step: str) -> NoReturn:
    """Make a fork of another name, and go on as its rehearsal."""
    fork = folder / "fork"
    checkout.clone(fork)
    checkout.rename(fork, project)
    print(f"{project}: {fork}", flush=True)
    os.chdir(fork)
    os.execv(sys.executable, [sys.executable, "-m", "ops.rehearse", *filter(None, [step])])  # noqa: S606 - no shell


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.rehearse", description=__doc__)
    parser.add_argument(
        "step", nargs="?", default="", choices=["", *STEPS], help="one step; all if not given"
    )
    parser.add_argument("--project", default="", help="rehearse a fork of this name")
    arguments = parser.parse_args()
    name = arguments.project or arguments.step or "whole"
    folder = ROOT / "var" / "rehearsal" / f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H%M%S}-{name}"
    folder.mkdir(parents=True)
    if arguments.project:
        try:
            rehearse_fork(arguments.project, folder, arguments.step)
        except SettingsError as error:
            print(error, file=sys.stderr)
            return 1
    run = partial(run_step, arguments.step) if arguments.step else whole.run
    with ended_by_signals():
        is_good = rehearse(run, folder)
    print(f"\n{'Everything' if is_good else 'It failed: everything'} that was said is in {folder}.")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
