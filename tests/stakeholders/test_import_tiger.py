"""The command around the import: its report, its progress bar, its failure."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from app.regions.models import Region
from tests.layers import county, degree_square, pack, write_layer

pytestmark = pytest.mark.django_db

BOW_TIE = [[(-77.0, 39.0), (-76.0, 40.0), (-76.0, 39.0), (-77.0, 40.0), (-77.0, 39.0)]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "source"


def test_the_command_reports_what_it_did(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_layer(
        folder, [(county(), BOW_TIE), (county("24005"), None), (county("24025"), degree_square())], prj=None
    )
    call_command("import_tiger", str(pack(folder, tmp_path / "layer.zip")), kind="county", vintage=2016)
    assert capsys.readouterr().out.splitlines() == [
        "Note: There is no .prj: the coordinates were taken as NAD83 (EPSG:4269), which the Census uses.",
        "Rejected: record 2 (GEOID 24005): it has no shape",
        "3 records: 2 inserted, 0 updated, 0 unchanged, 0 skipped, 1 rejected.",
        "1 shapes repaired, 0 regions linked to their state.",
        "0 stakeholders located in this layer, 0 of them newly or in another region than before.",
    ]


def test_the_command_is_silent_when_told_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_layer(folder, [(county(), degree_square())])
    call_command("import_tiger", str(folder), kind="county", vintage=2016, verbosity=0)
    assert capsys.readouterr() == ("", "")


class Terminal:
    """Where a progress bar may be drawn."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.drawn = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.drawn += text
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


@pytest.mark.parametrize(("verbosity", "drawn"), [(1, True), (0, False)])
def test_the_command_draws_a_progress_bar_on_a_terminal(
    folder: Path,
    verbosity: int,
    drawn: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    write_layer(folder, [(county(), degree_square())])
    call_command("import_tiger", str(folder), kind="county", vintage=2016, verbosity=verbosity)
    assert bool(re.search(r"1/1 \[", terminal.drawn)) is drawn


def test_the_command_fails_on_a_broken_source_and_says_that_nothing_changed(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"no zip")
    with pytest.raises(CommandError, match=r"broken\.zip is no zip that can be read.* Nothing was changed\."):
        call_command("import_tiger", str(broken), kind="county", vintage=2016)
    assert not Region.objects.exists()
