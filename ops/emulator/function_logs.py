"""What a function prints comes back with its answer, as AWS has it, however busy the machine is; launcher.py is beside this file."""

import functools
import os
import select
import threading
from typing import Any

_CHUNK_BYTES = 65536


class _Log:
    """A worker's stderr: a thread reads it as it comes, so that the pipe never fills, and who gives an answer the rest."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._unread = b""

    def follow(self) -> None:
        is_open = True
        while is_open:
            self._has_more(None)
            is_open = self._read_on()

    def take(self) -> str:
        """All that was printed since, without the last line's end."""
        self._read_on()
        with self._lock:
            said, self._unread = self._unread, b""
        return said.decode(errors="replace").rstrip("\n")

    def _has_more(self, timeout_seconds: float | None) -> bool:
        return select.select([self._pipe], [], [], timeout_seconds)[0] != []

    def _read_on(self) -> bool:
        """Keep what stands in the pipe now; False at its end."""
        with self._lock:
            while self._has_more(0):
                chunk = os.read(self._pipe.fileno(), _CHUNK_BYTES)
                if not chunk:
                    return False
                self._unread += chunk
            return True


def repair_function_logs(lambda_runtime: Any) -> None:
    """MiniStack gives a thread 50 ms to read the first line, and leaves out what it has not read by then.

    What a function prints stands in its pipe before its answer does.
    """
    worker, provided = lambda_runtime.Worker, lambda_runtime.ProvidedWorker
    # They have pipes and threads of their own.
    for name in ("_drain_stderr", "_drain_stderr_bounded"):
        setattr(provided, name, getattr(provided, name))

    def reader(self: Any) -> Any:
        """Asked for where its thread is made, when the process is there."""
        self.function_log = _Log(self._proc.stderr)
        return self.function_log.follow

    def drain(self: Any, *_: Any, **__: Any) -> str:
        log: _Log = self.function_log
        return log.take()

    worker._read_stderr = property(reader)
    for name in ("_drain_stderr", "_drain_stderr_bounded"):
        setattr(worker, name, functools.wraps(getattr(worker, name))(drain))
