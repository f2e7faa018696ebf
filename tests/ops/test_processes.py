"""Servers of one command, where the operating system can't end them with it."""

import signal
import subprocess

import pytest

from ops.processes import end_with_parent


def test_on_macos_a_server_starts_without_what_only_linux_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    subprocess.run(["true"], check=True, preexec_fn=end_with_parent(signal.SIGTERM))
