"""The command around the import: its report, its progress bar, its failure."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from app.regions.census import file_names
from app.regions.models import ImportRun, Region, RegionKind, RegionOutline
from tests.layers import Row, county, degree_square, pack, state, write_layer

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
        "county 2016:",
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


def test_a_layer_may_come_in_several_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_layer(
        tmp_path / "tl_2024_24_sldu", [(county("24046", "46"), degree_square())], stem="tl_2024_24_sldu"
    )
    write_layer(
        tmp_path / "tl_2024_51_sldu",
        [(county("51001", "1"), degree_square(-80)), (county("24046", "46"), degree_square())],
        stem="tl_2024_51_sldu",
    )
    call_command("import_tiger", *map(str, sorted(tmp_path.iterdir())), kind="state_senate", vintage=2024)
    assert capsys.readouterr().out.splitlines()[:3] == [
        "state_senate 2024:",
        "Rejected: tl_2024_51_sldu, record 2 (GEOID 24046): this GEOID comes before, in tl_2024_24_sldu, record 1",
        "3 records: 2 inserted, 0 updated, 0 unchanged, 0 skipped, 1 rejected.",
    ]


def test_a_file_that_is_broken_leaves_those_before_it_out_too(tmp_path: Path) -> None:
    good = write_layer(tmp_path / "good", [(county("24046", "46"), degree_square())])
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"no zip")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("import_tiger", str(good), str(broken), kind="state_senate", vintage=2024)
    assert not Region.objects.exists()


def write_country(root: Path, vintage: int = 2024) -> Path:
    """Every file of the Bureau's for Maryland and Virginia, zipped under its own name."""
    root.mkdir()
    codes = {"24": (-77, "Maryland", "MD"), "51": (-80, "Virginia", "VA")}
    for kind in RegionKind.values:
        for name in file_names(kind, vintage, list(codes)):
            stem = Path(name).stem
            rows: list[Row] = []
            for code, (west, state_name, usps) in codes.items():
                if stem.split("_")[2] not in ("us", code):
                    continue
                geoid = (
                    code
                    if kind == "state"
                    else f"{code}001"
                    if kind in ("county", "zip_area")
                    else f"{code}01"
                )
                geoid = f"{code}001" if kind in ("state_senate", "state_house") else geoid
                attributes = (
                    state(code, state_name, usps) if kind == "state" else county(geoid, f"{kind} of {usps}")
                )
                rows.append((attributes, degree_square(west)))
            pack(write_layer(root / stem, rows, stem=stem), root / f"{stem}.zip")
            shutil.rmtree(root / stem)
    return root


def test_all_kinds_come_from_a_folder_of_the_bureaus_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_country(tmp_path / "census")
    call_command("import_tiger", all=True, vintage=2024, root=str(root), states="MD,VA")
    # ZIP areas belong to no state.
    assert dict(Region.objects.values_list("kind").annotate(Count("pk"))) == {
        kind: 2 for kind in RegionKind.values if kind != "zip_area"
    }
    assert not Region.objects.exclude(kind="state").filter(parent=None).exists()
    call_command("import_tiger", kind="zip_area", vintage=2024, root=str(root))
    assert Region.objects.of("zip_area").count() == 2
    assert [run.status for run in ImportRun.objects.all()] == ["succeeded"] * 6


def test_of_a_national_file_only_the_states_asked_for_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_country(tmp_path / "census")
    call_command("import_tiger", kind="county", vintage=2024, root=str(root), states="MD")
    assert list(Region.objects.values_list("geoid", flat=True)) == ["24001"]
    assert "Skipped: 1 (of a state that was not asked for)" in capsys.readouterr().out


def test_a_file_that_is_missing_is_named_and_what_came_before_stays(tmp_path: Path) -> None:
    root = write_country(tmp_path / "census")
    (root / "tl_2024_51_sldu.zip").unlink()
    with pytest.raises(
        CommandError, match=r"tl_2024_51_sldu\.zip does not exist.*up to congressional_district, is imported"
    ):
        call_command("import_tiger", all=True, vintage=2024, root=str(root), states="MD,VA", verbosity=0)
    assert set(Region.objects.values_list("kind", flat=True)) == {"state", "county", "congressional_district"}
    assert ImportRun.objects.latest("pk").status == "failed"


def test_island_areas_without_a_file_are_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_country(tmp_path / "census")
    call_command("import_tiger", kind="congressional_district", vintage=2024, root=str(root), states="MD,GU")
    assert "Note: Left out: " in capsys.readouterr().out
    assert Region.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (["x.zip"], {"all": True}, "Files by name are the layer of one --kind"),
        ([], {"kind": "zip_area", "states": "MD"}, "ZIP areas belong to no state"),
        ([], {"kind": "county", "states": "Mars"}, "MARS is no state"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], options: dict[str, Any], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("import_tiger", *arguments, vintage=2024, **options)


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], maryland: Region
) -> None:
    before = list(Region.objects.order_by("pk").values())
    write_layer(
        folder,
        [(county("24510", "Charm City"), degree_square()), (county("24999", "New"), degree_square(-76))],
    )
    call_command("import_tiger", str(folder), kind="county", vintage=2016, dry_run=True)
    assert capsys.readouterr().out.splitlines() == [
        "county 2016:",
        "Would be changed: 24510 Charm City city: updated",
        "Would be changed: 24999 New city: inserted",
        "Not in the source, stays: 24005 Baltimore County",
        "Not in the source, stays: 24025 Harford County",
        "2 records: 1 inserted, 1 updated, 0 unchanged, 0 skipped, 0 rejected.",
        "0 shapes repaired, 1 regions linked to their state.",
        "0 stakeholders located in this layer, 0 of them newly or in another region than before.",
        "Dry run: nothing was changed.",
    ]
    assert list(Region.objects.order_by("pk").values()) == before
    assert not ImportRun.objects.exists()


def test_regions_whose_ground_went_to_others_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], maryland: Region
) -> None:
    write_layer(folder, [(county("24110", "West", "PL"), degree_square())])
    call_command("import_tiger", str(folder), kind="county", vintage=2022)
    out = capsys.readouterr().out
    for line in ("24005 Baltimore County (2016)", "24510 Baltimore city (2016)"):
        assert f"Vanished, its ground is in other regions now: {line}" in out
    assert "1 regions of older layers are outside of this one and stay current." in out


def test_maps_are_left_as_they_are_if_they_are_not_asked_for(folder: Path) -> None:
    write_layer(folder, [(county(), degree_square())])
    call_command("import_tiger", str(folder), kind="county", vintage=2024, verbosity=0, no_maps=True)
    assert Region.objects.exists()
    assert not RegionOutline.objects.exists()
    call_command("import_tiger", str(folder), kind="county", vintage=2024, verbosity=0)
    assert RegionOutline.objects.exists()
