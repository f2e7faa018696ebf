"""A LibreOffice is found, or what to install is said."""

from pathlib import Path

import pytest

from ops import libreoffice


@pytest.fixture
def binaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_one_that_is_installed_is_taken(binaries: Path) -> None:
    program(binaries / "soffice", "exit 0")

    assert libreoffice.provide() == str(binaries / "soffice")


def test_none_and_no_apt_says_what_to_install(binaries: Path) -> None:
    with pytest.raises(libreoffice.UnavailableError, match="package `libreoffice-calc-nogui`"):
        libreoffice.provide()


def test_one_that_apt_installs_is_found(binaries: Path) -> None:
    program(binaries / "sudo", 'test "$2" = true && exit 0; shift; exec "$@"')
    program(
        binaries / "apt-get",
        f'case "$*" in *{libreoffice.PACKAGE}*) printf "#!/bin/sh\\n" > {binaries}/soffice;'
        f" /bin/chmod 755 {binaries}/soffice;; esac",
    )

    assert libreoffice.provide() == str(binaries / "soffice")
