"""A secret that got out is found, wherever it lies, and a search that does not find is found out."""

import zipfile
from pathlib import Path

import pytest

from ops.rehearse import canaries

SECRET = "s3cr3t-value"


def test_a_secret_in_a_log_and_one_in_a_zip_are_found(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.log").write_text(f"connecting as app:{SECRET}")
    (tmp_path / "b.log").write_text("nothing")
    package = tmp_path / "package.tfplan"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("settings.py", f"KEY = {SECRET!r}")
        archive.writestr("other.py", "")
    assert canaries.found(["other-value", SECRET], canaries.files(tmp_path)) == [
        str(tmp_path / "deep" / "a.log"),
        f"{package}:settings.py",
    ]


def test_where_no_secret_is_none_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("nothing")
    assert canaries.found([SECRET], canaries.files(tmp_path)) == []


def test_a_file_is_searched_that_is_named_itself(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(SECRET)
    assert canaries.found([SECRET], canaries.files(tmp_path / "a.log")) == [str(tmp_path / "a.log")]


def test_a_secret_beside_the_decoy_is_a_leak() -> None:
    contents = [("log", b"decoy"), ("state", SECRET.encode())]
    with pytest.raises(canaries.LeakError, match=r"A secret stands in state\."):
        canaries.require_none([SECRET], contents, "decoy", {"log"})


def test_a_decoy_that_is_not_found_shows_a_blind_search() -> None:
    with pytest.raises(canaries.LeakError, match=r"blind: .* in plan\."):
        canaries.require_none([SECRET], [("log", b"decoy"), ("plan", b"packed")], "decoy", {"log", "plan"})


def test_only_the_decoy_is_as_it_should_be() -> None:
    canaries.require_none([SECRET], [("log", b"decoy"), ("state", b"{}")], "decoy", {"log"})
