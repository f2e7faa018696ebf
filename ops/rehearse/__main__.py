"""Rehearse a deployment on this machine.

    python -m ops.rehearse lambda      (`make rehearse STEP=lambda`)

Everything lies in var/rehearsal/<time>/: summary.txt, Zappa's words, the emulator's log, the rendered settings.
"""

import argparse
import contextlib
import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

from ops.processes import ended_by_signals
from ops.rehearse import failures_step, import_step, lambda_step, world
from ops.rehearse.world import World
from ops.steps import StepFailedError, Steps, explain

ROOT = Path(__file__).resolve().parents[2]
STEPS: dict[str, Callable[[World, Path, Steps], None]] = {
    "lambda": lambda_step.run,
    "failures": failures_step.run,
    "import": import_step.run,
}


def rehearse(name: str, folder: Path) -> bool:
    """Run one step of the rehearsal in a folder of its own.

    Returns:
        Whether all of it went well.
    """
    steps = Steps()
    try:
        with contextlib.ExitStack() as stack:
            with steps.step("start the emulated AWS and PostGIS"):
                provided = stack.enter_context(world.provide(folder))
            STEPS[name](provided, folder, steps)
    except StepFailedError as error:
        print(explain(error), file=sys.stderr)
        return False
    except KeyboardInterrupt:
        print("\nInterrupted. Everything was stopped.", file=sys.stderr)
        return False
    finally:
        table = steps.table()
        (folder / "summary.txt").write_text(table + "\n")
        print(f"\n{table}")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.rehearse", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    arguments = parser.parse_args()
    folder = ROOT / "var" / "rehearsal" / f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H%M%S}-{arguments.step}"
    folder.mkdir(parents=True)
    with ended_by_signals():
        is_good = rehearse(arguments.step, folder)
    print(
        f"\n{'Everything' if is_good else 'It failed: everything'} that was said is in {folder.relative_to(ROOT)}."
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
