"""A function that is updated while it answers finishes what it has, as on AWS; and the repair for it is still needed."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ops import emulator
from ops.processes import wait_until
from tests.ops import probes
from tests.ops.emulated import client

# It says that its start has begun, and takes its time.
SLOW = """
import pathlib, time
pathlib.Path({begun!r}).write_text("begun")
time.sleep(1.5)
def handler(event, context):
    return {version!r}
"""


def zipped(version: str, begun: Path) -> bytes:
    return probes.zipped(SLOW.format(version=version, begun=str(begun)))


def updated_while_it_starts(running: emulator.Emulator, begun: Path) -> tuple[Any, Any]:
    """The answers to a call during which the code is updated, and to one after it."""
    functions = client(running, "lambda")
    functions.create_function(
        FunctionName="slow",
        Runtime="python3.13",
        Role=probes.ROLE,
        Handler=probes.HANDLER,
        Timeout=20,
        Code={"ZipFile": zipped("old", begun)},
    )

    def call() -> Any:
        return json.loads(functions.invoke(FunctionName="slow")["Payload"].read())

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(call)
        wait_until(begun.exists, "The function", 20)
        functions.update_function_code(FunctionName="slow", ZipFile=zipped("new", begun))
        during = answer.result()
    return during, call()


def test_a_call_is_answered_by_the_code_that_it_came_to(tmp_path: Path) -> None:
    with emulator.provide(tmp_path) as running:
        assert updated_while_it_starts(running, tmp_path / "begun") == ("old", "new")


def test_the_repair_of_busy_workers_is_still_needed(tmp_path: Path) -> None:
    with emulator.provide(tmp_path, without_repair="busy_workers") as running:
        during, _ = updated_while_it_starts(running, tmp_path / "begun")
    assert during["errorMessage"] == "Worker process exited immediately. stderr: "
