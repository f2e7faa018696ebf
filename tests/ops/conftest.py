"""An emulated AWS for tests of what talks to it."""

from collections.abc import Iterator

import boto3
import pytest

from ops import emulator, system_packages
from ops.emulator import Emulator


@pytest.fixture(autouse=True)
def _nothing_tried() -> Iterator[None]:
    """What a test's apt-get could not install, the machine's own may."""
    system_packages.install.cache_clear()
    yield
    system_packages.install.cache_clear()


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator.provide(tmp_path_factory.mktemp("emulator")) as found:
        yield found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One of the module's own, for tests of the emulator itself."""
    with emulator.provide(tmp_path_factory.mktemp("emulator")) as found:
        yield found


@pytest.fixture
def aws(_running: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Every boto3 client of the test talks to it. What a test makes in it stays: use names of your own."""
    for name, value in _running.client_environment().items():
        monkeypatch.setenv(name, value)
    # boto3 keeps the credentials of the first client it made.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return _running
