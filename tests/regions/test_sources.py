"""Where shapefiles come from. A zip is somebody else's: whatever could leave its folder or fill the disk is refused."""

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.regions.sources import SourceError, opened
from tests.layers import county, degree_square, pack, write_layer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_layer(tmp_path / "source", [(county(), degree_square())], cpg="UTF-8")


@pytest.fixture
def archive(folder: Path, tmp_path: Path) -> Path:
    return pack(folder, tmp_path / "layer.zip")


def names(source: Path | str) -> set[str]:
    with opened(str(source)) as parts:
        found = (parts.shp, parts.dbf, parts.prj, parts.cpg)
        return {path.name for path in found if path is not None and path.stat().st_size}


def refusal(source: Path | str, **options: int) -> str:
    with pytest.raises(SourceError) as refused, opened(str(source), **options):
        pytest.fail("It was opened.")
    return str(refused.value)


def add(archive: Path, name: str | zipfile.ZipInfo, content: bytes = b"x") -> Path:
    with zipfile.ZipFile(archive, "a") as opened_zip:
        opened_zip.writestr(name, content)
    return archive


ALL_PARTS = {"layer.shp", "layer.dbf", "layer.prj", "layer.cpg"}


def test_a_folder_a_shp_and_a_zip_are_read(folder: Path, archive: Path) -> None:
    assert names(folder) == names(folder / "layer.shp") == names(archive) == ALL_PARTS


def test_what_was_unpacked_is_gone_afterwards(archive: Path) -> None:
    with opened(str(archive)) as parts:
        place = parts.shp.parent
        assert place.exists()
    assert not place.exists()


def test_a_zip_may_keep_its_files_in_a_folder(folder: Path, tmp_path: Path) -> None:
    assert names(pack(folder, tmp_path / "nested.zip", prefix="tl_2016/inner/")) == ALL_PARTS


def test_suffixes_may_be_in_capitals(folder: Path, tmp_path: Path) -> None:
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(path.suffix.upper()))
    assert names(pack(folder, tmp_path / "capitals.zip")) == {
        "layer.SHP",
        "layer.DBF",
        "layer.PRJ",
        "layer.CPG",
    }


def test_only_the_parts_of_a_shapefile_are_taken_from_a_zip(archive: Path) -> None:
    for name in ("layer.shp.xml", "readme.html", "inner.zip", "__MACOSX/._layer.shp", "run.sh"):
        add(archive, name)
    with opened(str(archive)) as parts:
        assert {path.suffix for path in parts.shp.parent.iterdir()} == {
            ".shp",
            ".shx",
            ".dbf",
            ".prj",
            ".cpg",
        }


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("/etc/layer.cpg", "has an absolute path"),
        ("C:\\layer.cpg", "has an absolute path"),
        ("\\\\server\\layer.cpg", "has an absolute path"),
        ("../layer.cpg", "leads out of its folder"),
        ("a/../../layer.cpg", "leads out of its folder"),
        ("..\\layer.cpg", "leads out of its folder"),
        ("../readme.txt", "leads out of its folder"),
    ],
)
def test_an_entry_that_leaves_its_folder_is_refused(archive: Path, name: str, problem: str) -> None:
    assert refusal(add(archive, name)) == f"The zip is refused: its entry {name!r} {problem}."


def test_a_link_is_refused(archive: Path) -> None:
    link = zipfile.ZipInfo("other.cpg")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    assert refusal(add(archive, link, b"/etc/passwd")).endswith("'other.cpg' is a link.")


def test_an_encrypted_entry_is_refused(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(signature) + offset] |= 1
    archive.write_bytes(content)
    assert refusal(archive).endswith("is encrypted.")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_entry_compressed_by_another_method_is_refused(archive: Path, method: int) -> None:
    with zipfile.ZipFile(archive, "a", method) as opened_zip:
        opened_zip.writestr("other.cpg", "UTF-8")
    assert refusal(archive).endswith("'other.cpg' is compressed by another method than deflate.")


def test_an_entry_without_a_name_is_refused(archive: Path) -> None:
    add(archive, "readme.txt")
    archive.write_bytes(archive.read_bytes().replace(b"readme.txt", b"\0eadme.txt"))
    assert refusal(archive) == "The zip is refused: its entry '' has no name."


def test_a_name_too_long_for_a_file_is_refused(archive: Path) -> None:
    assert refusal(add(archive, "x" * 252 + ".cpg")).endswith("has a name too long for a file.")


def test_two_shapefiles_are_refused(archive: Path) -> None:
    assert refusal(add(archive, "other.shp")) == "One .shp is expected, there are 2: layer.shp, other.shp."


def test_a_part_that_is_there_twice_is_refused(archive: Path) -> None:
    assert refusal(add(archive, "copy/layer.dbf")) == "The zip holds layer.dbf twice."


def test_no_shapefile_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "empty.zip"
    assert refusal(add(target, "readme.txt")) == "One .shp is expected, there are 0: none."


def test_a_shapefile_without_its_table_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "layer.dbf").unlink()
    assert refusal(folder) == "layer.shp has no .dbf beside it."
    assert refusal(pack(folder, tmp_path / "half.zip")) == "layer.shp has no .dbf beside it."


def test_more_than_the_limit_is_not_unpacked(archive: Path) -> None:
    unpacked = sum(info.file_size for info in zipfile.ZipFile(archive).infolist())
    with opened(str(archive), max_bytes=unpacked):
        pass
    assert "is larger than allowed" in refusal(archive, max_bytes=unpacked - 1)


def test_a_bomb_is_stopped_at_the_limit(archive: Path) -> None:
    add(archive, zipfile.ZipInfo("layer.shx.dbf"), b"")
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as opened_zip:
        opened_zip.writestr("bomb.prj", bytes(50_000_000))
    assert archive.stat().st_size < 200_000
    assert "is larger than allowed" in refusal(archive, max_bytes=1_000_000)


def test_a_header_that_lies_about_the_size_gains_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "layer.prj").write_bytes(bytes(3_000_000))
    archive = pack(folder, tmp_path / "liar.zip")
    content = archive.read_bytes().replace(struct.pack("<I", 3_000_000), struct.pack("<I", 10))
    archive.write_bytes(content)
    assert "is no zip that can be read" in refusal(archive, max_bytes=100_000)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:0],
        lambda content: b"PK" + content[:2] * 100,
        lambda content: content.replace(content[60:90], bytes(30), 1),
    ],
    ids=["cut off", "empty", "something else", "changed inside"],
)
def test_a_damaged_zip_is_refused(archive: Path, damage: Callable[[bytes], bytes]) -> None:
    archive.write_bytes(damage(archive.read_bytes()))
    assert "layer.zip is no zip that can be read" in refusal(archive)


def test_a_name_that_is_not_the_utf_8_it_claims_to_be_is_refused(archive: Path) -> None:
    add(archive, "readm\u00e9.txt")
    archive.write_bytes(archive.read_bytes().replace("\u00e9".encode(), b"\xff\xff"))
    assert "layer.zip is no zip that can be read" in refusal(archive)


def test_whatever_byte_of_its_directory_is_changed_a_zip_is_read_or_refused(archive: Path) -> None:
    content = archive.read_bytes()
    read = refused = 0
    for position in range(content.index(b"PK\x01\x02"), len(content)):
        archive.write_bytes(content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :])
        try:
            with opened(str(archive)):
                read += 1
        except SourceError:
            refused += 1
    assert read
    assert refused


def test_a_source_that_is_not_there_is_named() -> None:
    assert refusal("nowhere.zip") == "nowhere.zip does not exist."
