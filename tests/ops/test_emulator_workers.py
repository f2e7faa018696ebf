"""A function that is updated while it answers finishes what it has, as on AWS; and the repair for it is still needed."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ops import emulator
from ops.processes import wait_until
from tests.ops import probes
from tests.ops.emulated import client

# It says that its start has begun, and goes on when it may.
SLOW = """
import pathlib, time
pathlib.Path({begun!r}).write_text("begun")
while not pathlib.Path({go_on!r}).exists():
    time.sleep(0.05)
def handler(event, context):
    return {version!r}
"""


def updated_while_it_starts(running: emulator.Emulator, folder: Path) -> tuple[Any, Any]:
    """The answers to a call during which the code is updated, and to one after it."""
    begun, go_on = folder / "begun", folder / "go-on"

    def zipped(version: str) -> bytes:
        return probes.zipped(SLOW.format(version=version, begun=str(begun), go_on=str(go_on)))

    functions = client(running, "lambda")
    functions.create_function(
        FunctionName="slow",
        Runtime="python3.13",
        Role=probes.ROLE,
        Handler=probes.HANDLER,
        Timeout=probes.TIMEOUT_SECONDS,
        Code={"ZipFile": zipped("old")},
    )

    def call() -> Any:
        return json.loads(functions.invoke(FunctionName="slow")["Payload"].read())

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(call)
        wait_until(begun.exists, "The function", 60)
        functions.update_function_code(FunctionName="slow", ZipFile=zipped("new"))
        go_on.touch()
        during = answer.result()
    return during, call()


def test_a_call_is_answered_by_the_code_that_it_came_to(tmp_path: Path) -> None:
    with emulator.provide(tmp_path) as running:
        assert updated_while_it_starts(running, tmp_path) == ("old", "new")


def test_the_repair_of_busy_workers_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="busy_workers") as running:
        during, _ = updated_while_it_starts(running, tmp_path)
    assert during["errorMessage"] == "Worker process exited immediately. stderr: "
