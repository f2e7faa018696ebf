"""A Chromium is one that answers, and none is a message that says what to install."""

from pathlib import Path

import pytest

from ops import chromium


@pytest.fixture
def binaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, exit_code: int) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


def test_one_that_runs_is_found(binaries: Path) -> None:
    path = program(binaries, "chromium", 0)
    assert chromium.provide() == str(path)


def test_one_that_only_prints_advice_is_passed_over(binaries: Path) -> None:
    program(binaries, "chromium-browser", 1)
    path = program(binaries, "google-chrome", 0)
    assert chromium.provide() == str(path)


def test_none_and_no_apt_says_what_to_install(binaries: Path) -> None:
    with pytest.raises(chromium.UnavailableError, match="package `chromium`"):
        chromium.provide()


def test_one_that_apt_installs_is_found(binaries: Path) -> None:
    """An apt-get that writes down what it is asked and installs a program."""
    apt = program(binaries, "apt-get", 0)
    path = binaries / "chromium"
    apt.write_text(
        f'#!/bin/sh\necho "$*" >> {binaries}/asked\n'
        f'[ "$1" = install ] && printf "#!/bin/sh\\nexit 0\\n" > {path} && /bin/chmod 755 {path}\nexit 0\n'
    )
    program(binaries, "sudo", 0).write_text('#!/bin/sh\nshift\nexec "$@"\n')
    assert chromium.provide() == str(path)
    patience = "-o DPkg::Lock::Timeout=600 -o Acquire::Retries=5"
    assert (binaries / "asked").read_text().splitlines() == [
        f"update {patience} -qq",
        f"install {patience} -y -qq --no-install-recommends chromium",
    ]


def test_an_apt_that_fails_at_first_is_asked_again(binaries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one whose lists somebody else is just fetching."""
    monkeypatch.setattr("ops.system_packages._PAUSE_SECONDS", 0)
    path = binaries / "chromium"
    program(binaries, "apt-get", 0).write_text(
        f'#!/bin/sh\n[ "$1" = update ] && exit 100\n[ -e {binaries}/asked ] || {{ : > {binaries}/asked; exit 100; }}\n'
        f'printf "#!/bin/sh\\nexit 0\\n" > {path} && /bin/chmod 755 {path}\n'
    )
    program(binaries, "sudo", 0).write_text('#!/bin/sh\nshift\nexec "$@"\n')
    assert chromium.provide() == str(path)
