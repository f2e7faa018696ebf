"""Reading shapefiles: files that are cut off or don't fit, encodings, reference systems."""

from collections.abc import Callable
from pathlib import Path

import pytest
import shapefile

from app.regions.geometry import NAD83, WGS84, multipolygon_from_ewkb
from app.regions.shapefiles import Shapefile, read_shapefile
from app.regions.sources import SourceError, opened
from tests.layers import NAD83_PRJ, county, degree_square, write_layer

WGS84_PRJ = NAD83_PRJ.replace("North_American_1983", "WGS_1984").replace("GRS_1980", "WGS_84")
WKT2 = (
    'GEOGCRS["NAD83",DATUM["North American Datum 1983",ELLIPSOID["GRS 1980",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],CS[ellipsoidal,2],ANGLEUNIT["degree",0.0174532925199433]]'
)
PROJECTED = f'PROJCS["NAD_1983_UTM_Zone_18N",{NAD83_PRJ},PROJECTION["Transverse_Mercator"],UNIT["Meter",1]]'


def read(folder: Path, encoding: str | None = None) -> Shapefile:
    with opened(str(folder)) as parts:
        return read_shapefile(parts, encoding)


def names(folder: Path, encoding: str | None = None) -> list[str]:
    return [str(record.attributes["NAME"]) for record in read(folder, encoding) if record.attributes]


def change(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_layer(tmp_path, [(county(), degree_square()), (county("24005"), degree_square())])


@pytest.mark.parametrize(
    ("suffix", "damage", "reason"),
    [
        (".shp", lambda content: content[:-20], "layer.shp is cut off or changed: it has"),
        (".shp", lambda content: content[:99], "layer.shp is no shapefile"),
        (".shp", lambda content: content + b"more", "layer.shp is cut off or changed: it has"),
        (".shp", lambda content: b"PK" + content[2:], "layer.shp is no shapefile"),
        (".shp", lambda content: content[:104] + b"\x7f\xff\xff\xff" + content[108:], "broken at record 1"),
        (".shp", lambda content: content[:104] + b"\xff\xff\xff\xfc" + content[108:], "broken at record 1"),
        (
            ".shp",
            lambda content: content[:108] + b"\x63" + content[109:],
            "Record 1 of layer.shp can't be read",
        ),
        (".dbf", lambda content: content[:-40], "layer.dbf is cut off: it has"),
        (".dbf", lambda content: content[:20], "layer.dbf is no dBASE table"),
        (
            ".dbf",
            lambda content: content[:4] + b"\x01" + content[5:],
            "holds more shapes, layer.dbf 1 records",
        ),
        (
            ".dbf",
            lambda content: content[:8] + b"\x42" + content[9:],
            "The header of layer.dbf can't be read",
        ),
    ],
)
def test_a_broken_file_is_refused(
    folder: Path, suffix: str, damage: Callable[[bytes], bytes], reason: str
) -> None:
    change(folder / f"layer{suffix}", damage)
    with pytest.raises(SourceError) as refused:
        names(folder)
    assert reason in str(refused.value)


def test_an_index_that_lies_does_no_harm(folder: Path) -> None:
    change(folder / "layer.shx", lambda content: content[:100] + bytes(16))
    assert names(folder) == ["Baltimore", "Baltimore"]


@pytest.mark.parametrize("shape_type", [shapefile.POINT, shapefile.POLYLINE])
def test_points_and_lines_are_refused(tmp_path: Path, shape_type: int) -> None:
    write_layer(tmp_path, [(county(), None)], shape_type=shape_type)
    with pytest.raises(SourceError, match=r"holds no areas but (POINT|POLYLINE)"):
        read(tmp_path)


def test_an_open_ring_is_closed(tmp_path: Path) -> None:
    write_layer(tmp_path, [(county(), [degree_square()[0][:-1]])])
    (record,) = read(tmp_path)
    assert record.shape
    ((ring,),) = multipolygon_from_ewkb(record.shape.ewkb)
    assert ring[0] == ring[-1]
    assert len(ring) == 5


@pytest.mark.parametrize(
    ("written", "cpg", "named"),
    [
        ("utf-8", None, None),
        ("utf-8", "UTF-8", None),
        ("utf-8", "65001", None),
        ("latin-1", None, None),
        ("latin-1", "ISO-8859-1", None),
        ("latin-1", "ISO 88591", None),
        ("latin-1", "88591", None),
        ("cp1252", "1252", None),
        ("cp1252", "ANSI 1252", None),
        ("cp850", "850", None),
        ("cp850", "OEM 850", None),
        ("cp850", None, "cp850"),
        ("cp850", "UTF-8", "cp850"),
    ],
)
def test_accents_survive(tmp_path: Path, written: str, cpg: str | None, named: str | None) -> None:
    rows = [(county("72097", "Mayagüez"), degree_square()), (county("35013", "Doña Ana"), degree_square())]
    write_layer(tmp_path, rows, encoding=written, cpg=cpg)
    assert names(tmp_path, named) == ["Mayagüez", "Doña Ana"]


def test_reading_as_latin_1_without_being_told_is_noted(tmp_path: Path) -> None:
    write_layer(tmp_path, [(county("72097", "Mayagüez"), degree_square())], encoding="latin-1")
    assert read(tmp_path).notices == (
        "layer.dbf is not UTF-8 and names no encoding: it was read as Latin-1.",
    )


def test_what_lies_behind_the_last_record_is_not_its_text(tmp_path: Path) -> None:
    write_layer(tmp_path, [(county("72097", "Mayagüez"), degree_square())])
    with (tmp_path / "layer.dbf").open("ab") as table:
        table.write(b"\x1a\xff\xfe")
    assert names(tmp_path) == ["Mayagüez"]
    assert read(tmp_path).notices == ()


def test_plain_text_needs_no_note(folder: Path) -> None:
    assert read(folder).notices == ()


@pytest.mark.parametrize(
    ("cpg", "named"),
    [
        *[("Klingon", None), ("", None), ("99999", None), (None, "klingon")],
        *[(codec, None) for codec in ("hex", "zlib_codec", "bz2", "rot13", "base64", "undefined", "utf\0-8")],
        # They make other characters of ASCII, lone surrogates and zeros among them, which no database takes.
        *[(codec, None) for codec in ("utf-7", "unicode_escape", "raw_unicode_escape", "utf-16", "cp037")],
        (None, "hex"),
    ],
)
def test_an_unknown_encoding_is_refused(tmp_path: Path, cpg: str | None, named: str | None) -> None:
    write_layer(tmp_path, [(county(), degree_square())], cpg=cpg)
    with pytest.raises(SourceError, match="which is unknown: give --encoding"):
        read(tmp_path, named)


def test_text_that_does_not_fit_the_named_encoding_is_refused(tmp_path: Path) -> None:
    write_layer(tmp_path, [(county("72097", "Mayagüez"), degree_square())], encoding="latin-1", cpg="UTF-8")
    with pytest.raises(SourceError, match=r"Record 1 of layer\.shp can't be read"):
        names(tmp_path)


@pytest.mark.parametrize(("prj", "srid"), [(NAD83_PRJ, NAD83), (WGS84_PRJ, WGS84), (WKT2, NAD83)])
def test_the_reference_system_is_recognised(tmp_path: Path, prj: str, srid: int) -> None:
    write_layer(tmp_path, [(county(), degree_square())], prj=prj)
    assert (read(tmp_path).srid, read(tmp_path).notices) == (srid, ())


def test_without_a_prj_it_is_nad83_and_noted(tmp_path: Path) -> None:
    write_layer(tmp_path, [(county(), degree_square())], prj=None)
    assert read(tmp_path).srid == NAD83
    assert "EPSG:4269" in read(tmp_path).notices[0]


@pytest.mark.parametrize(
    "prj",
    [
        PROJECTED,
        NAD83_PRJ.replace("1983", "1927"),
        NAD83_PRJ.replace("D_North_American_1983", "D_NAD_1983_2011"),
        NAD83_PRJ.replace("Greenwich", "Paris"),
        NAD83_PRJ.replace("Degree", "Grad"),
        "",
    ],
    ids=["projected", "NAD27", "NAD83(2011)", "Paris", "gradians", "empty"],
)
def test_any_other_reference_system_is_refused(tmp_path: Path, prj: str) -> None:
    write_layer(tmp_path, [(county(), degree_square())], prj=prj)
    with pytest.raises(SourceError, match="neither NAD83 nor WGS 84 in degrees"):
        read(tmp_path)
