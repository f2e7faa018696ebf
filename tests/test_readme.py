"""The README's map is the tree."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
MAP = README.split("## To change …")[1]


def tracked(*patterns: str) -> set[str]:
    listing = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(listing.stdout.split())


def test_every_place_on_the_map_exists() -> None:
    places = re.findall(r"`([\w./*-]+/[\w./*-]*)`", MAP)
    assert places
    assert [place for place in places if not list(ROOT.glob(place.rstrip("/")))] == []


def test_every_application_is_on_the_map() -> None:
    applications = {"/".join(path.split("/")[:2]) + "/" for path in tracked("app/*/__init__.py")}
    assert {place for place in applications if f"`{place}`" not in MAP} == set()


def test_every_file_beside_the_applications_is_on_the_map() -> None:
    files = tracked(":(glob)app/*.py") - {"app/__init__.py"}
    assert files
    assert {file for file in files if f"`{file}`" not in MAP} == set()


def test_every_top_level_folder_is_on_the_map() -> None:
    folders = {path.split("/")[0] for path in tracked() if "/" in path}
    assert {folder for folder in folders if f"`{folder}/" not in MAP} == set()


def test_it_fits_a_screen_or_two() -> None:
    assert len(README.splitlines()) <= 70
