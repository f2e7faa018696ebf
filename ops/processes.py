"""Other programs: whether one answers, and servers that belong to one command and are gone when it is."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

# The exit code of what a Ctrl-C ended.
INTERRUPTED = 130
_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.05


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def end_with_parent(signal_number: int) -> Callable[[], None]:
    """A `preexec_fn`: even a killed command leaves no server behind, on Linux; macOS knows no such thing."""
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal_number)


def succeeds(command: Sequence[str], timeout_seconds: float) -> bool:
    """Whether a program is there and ends well in time: a client whose engine is gone can wait for ever."""
    if not shutil.which(command[0]):
        return False
    try:
        answer = subprocess.run(command, capture_output=True, check=False, timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        return False
    return answer.returncode == 0


def wait_until(condition: Callable[[], bool], what: str, timeout_seconds: float) -> None:
    """Return as soon as the condition holds.

    Raises:
        TimeoutError: it did not within the time; `what` begins the message.
    """
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not answer within {timeout_seconds:g} s.")
        time.sleep(_POLL_SECONDS)


def stop(server: "subprocess.Popen[bytes]", signal_number: int, grace_seconds: float) -> None:
    """End a server that was started as the leader of its own session, and whatever it started in it."""
    server.send_signal(signal_number)
    try:
        server.wait(timeout=grace_seconds)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Inside the block an ended command (a closed terminal, a CI's time limit) still passes through `finally`."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda *_: sys.exit(1)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
