"""An operator who types `make` in a checkout, has all that it says written down, and leaves nothing running."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.processes import end_with_parent, wait_until

_TAIL_LINES = 30
_GRACE_SECONDS = 10
# What an outer make and Terraform would hand down.
_INHERITED = re.compile(
    r"MAKE.*|MFLAGS|VENV|STEP|PROJECT|ARGS|ENV|STAGE|TO|OPS|SINCE|TF_(VAR|CLI_ARGS|DATA|WORKSPACE).*"
)


class CommandError(Exception):
    """A command ended otherwise than it should; the message has its last words."""


@dataclass
class Operator:
    """Somebody in a checkout.

    Attributes:
        checkout: the folder.
        logs: where what each command says is kept.
        variables: of the environment, beside this process's.
    """

    checkout: Path
    logs: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    _running: "set[subprocess.Popen[bytes]]" = field(default_factory=set)
    _count: int = 0
    _is_leaving: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, *arguments: str, **variables: str) -> str:
        """Type a command that has to succeed.

        Args:
            arguments: of make, e.g. `deploy`, `STAGE=prod`.
            variables: more of the environment.

        Returns:
            What it said.

        Raises:
            CommandError: it failed.
        """
        code, said = self._run(arguments, variables)
        if code:
            raise CommandError(f"`make {' '.join(arguments)}` ended with {code}:\n{_end_of(said)}")
        return said

    def refused(self, *arguments: str) -> str:
        """Type a command that has to be refused.

        Returns:
            What it said.

        Raises:
            CommandError: it was not.
        """
        code, said = self._run(arguments, {})
        if not code:
            raise CommandError(f"`make {' '.join(arguments)}` was not refused:\n{_end_of(said)}")
        return said

    def watch(self, *arguments: str, until: str, timeout_seconds: float) -> str:
        """Type a command that goes on for ever, and end it as soon as it says a word.

        Returns:
            The line that has it.

        Raises:
            TimeoutError: it did not say so in time.
        """
        with self._started(arguments, {}) as (_, log):
            wait_until(
                lambda: _lines_with(until, log) != [], f"`make {' '.join(arguments)}`", timeout_seconds
            )
            return _lines_with(until, log)[0]

    def leave(self) -> None:
        """End everything that runs; what is typed from now on is not begun."""
        with self._lock:
            self._is_leaving = True
            running = list(self._running)
        for process in running:
            _end(process)

    def _run(self, arguments: tuple[str, ...], variables: Mapping[str, str]) -> tuple[int, str]:
        with self._started(arguments, variables) as (process, log):
            code = process.wait()
            return code, log.read_text(errors="replace")

    @contextlib.contextmanager
    def _started(
        self, arguments: tuple[str, ...], variables: Mapping[str, str]
    ) -> "Iterator[tuple[subprocess.Popen[bytes], Path]]":
        environment = {name: value for name, value in os.environ.items() if not _INHERITED.fullmatch(name)}
        # The environment is made of the same locks, so it is not made again.
        command = ["make", "--no-print-directory", f"VENV={Path(sys.prefix)}", *arguments]
        with self._lock:
            if self._is_leaving:
                raise CommandError("Everything is being stopped.")
            self._count += 1
            log = self.logs / f"{self._count:02}-{_file_name(arguments)}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    command,
                    cwd=self.checkout,
                    env={**environment, **self.variables, **variables},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl call
                )
            self._running.add(process)
        try:
            yield process, log
        finally:
            _end(process)
            self._running.discard(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a command and all that it started: make, Python, Terraform, its provider."""
    for number, seconds in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, _GRACE_SECONDS)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)


def _file_name(arguments: tuple[str, ...]) -> str:
    return re.sub(r"[^\w-]+", "-", "-".join(arguments))[:60].strip("-")


def _lines_with(word: str, log: Path) -> list[str]:
    return [line for line in log.read_text(errors="replace").splitlines() if word in line]


def _end_of(said: str) -> str:
    return "\n".join(said.rstrip().splitlines()[-_TAIL_LINES:])
