"""A corpus of odd and hostile shapefiles, each from the zip to the map: a right import, or an error that says why.

What a zip may not do is in test_sources.py, what a header may not claim in test_shapefiles.py.
"""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import shapefile

from app.regions.geometry import Point, Ring
from app.regions.layers import ImportSummary, import_layer
from app.regions.models import Region
from app.regions.sources import SourceError
from tests.layers import county, degree_square, pack, write_layer
from tests.shapes import square

pytestmark = pytest.mark.django_db

BOW_TIE: Ring = [(-77.0, 39.0), (-76.0, 40.0), (-76.0, 39.0), (-77.0, 40.0), (-77.0, 39.0)]
# A ring that runs out and back along a spike, and one that touches itself in a point.
SPIKE: Ring = [(-77, 39), (-77, 40), (-76, 40), (-76, 39.5), (-75, 39.5), (-76, 39.5), (-76, 39), (-77, 39)]
PINCHED: Ring = [(-77, 39), (-76.5, 39.5), (-77, 40), (-76, 40), (-76.5, 39.5), (-76, 39), (-77, 39)]


def load(folder: Path, archive: Path) -> ImportSummary:
    summary = import_layer(pack(folder, archive), "county", 2016)
    stored = summary.inserted + summary.updated + summary.unchanged
    assert summary.read == stored + summary.skipped.total() + len(summary.rejected)
    return summary


def covered(*points: tuple[float, float]) -> list[bool]:
    return [Region.objects.covering(Point(*point)).exists() for point in points]


@pytest.mark.parametrize(
    ("rings", "inside", "outside", "repaired"),
    [
        ([BOW_TIE], [(-76.9, 39.5), (-76.1, 39.5)], [(-76.5, 39.9), (-76.5, 39.1)], 1),
        ([SPIKE], [(-76.5, 39.5)], [(-75.5, 39.5)], 1),
        ([PINCHED], [(-76.5, 39.1), (-76.5, 39.9)], [(-76.9, 39.5), (-76.1, 39.5)], 1),
        ([square(-77, 39, -76, 40), square(-75, 39, -74, 40)[::-1]], [(-76.5, 39.5), (-74.5, 39.5)], [(-75.5, 39.5)], 1),
        ([square(-77, 39, -76, 40), square(-76.5, 39, -75.5, 40)], [(-76.9, 39.5), (-75.6, 39.5)], [(-75.4, 39.5)], 1),
        ([square(-77, 39, -76, 40)[::-1]], [(-76.5, 39.5)], [(-75.5, 39.5)], 0),
        ([square(-180, 51, -179, 52), square(179, 51, 180, 52)], [(-179.5, 51.5), (179.5, 51.5)], [(0, 51.5)], 0),
    ],
    ids=[
        "crossing", "spike", "pinched", "hole outside", "overlapping parts", "wound the other way", "both sides of the date line",
    ],
)  # fmt: skip
def test_rings_that_are_odd_become_valid_areas(
    tmp_path: Path,
    rings: Sequence[Ring],
    inside: list[tuple[float, float]],
    outside: list[tuple[float, float]],
    repaired: int,
) -> None:
    folder = write_layer(tmp_path / "odd", [(county(), rings), (county("24005"), degree_square(-100))])
    summary = load(folder, tmp_path / "odd.zip")
    assert (summary.inserted, summary.repaired) == (2, repaired)
    assert all(covered(*inside))
    assert not any(covered(*outside))


@pytest.mark.parametrize("shape_type", [shapefile.POLYGON, shapefile.POLYGONZ, shapefile.POLYGONM])
def test_every_type_of_areas_is_read(tmp_path: Path, shape_type: int) -> None:
    folder = write_layer(tmp_path / "typed", [(county(), degree_square())], shape_type=shape_type)
    assert load(folder, tmp_path / "typed.zip").inserted == 1
    assert covered((-76.5, 39.5), (-75.5, 39.5)) == [True, False]


@pytest.mark.parametrize(
    "shape_type", [shapefile.POINT, shapefile.POINTZ, shapefile.POLYLINEM, shapefile.MULTIPATCH]
)
def test_every_other_type_is_refused(tmp_path: Path, shape_type: int) -> None:
    folder = write_layer(tmp_path / "typed", [(county(), degree_square())])
    content = (folder / "layer.shp").read_bytes()
    (folder / "layer.shp").write_bytes(content[:32] + struct.pack("<i", shape_type) + content[36:])
    name = shapefile.SHAPETYPE_LOOKUP[shape_type]
    with pytest.raises(SourceError, match=rf"layer\.shp holds no areas but {name}\."):
        load(folder, tmp_path / "typed.zip")


def test_a_point_among_the_areas_is_refused(tmp_path: Path) -> None:
    folder = write_layer(tmp_path / "mixed", [(county(), degree_square())])
    content = (folder / "layer.shp").read_bytes()
    (folder / "layer.shp").write_bytes(content[:108] + struct.pack("<i", shapefile.POINTZ) + content[112:])
    with pytest.raises(
        SourceError, match=r"Record 1 of layer\.shp can't be read: it holds no area but POINTZ"
    ):
        load(folder, tmp_path / "mixed.zip")


@pytest.mark.parametrize("lacking", [(".shx",), (".prj",), (".shx", ".prj")], ids=" ".join)
def test_what_may_be_missing_is_not_missed(tmp_path: Path, lacking: tuple[str, ...]) -> None:
    folder = write_layer(tmp_path / "bare", [(county(), degree_square())])
    for suffix in lacking:
        (folder / f"layer{suffix}").unlink()
    summary = load(folder, tmp_path / "bare.zip")
    assert summary.inserted == 1
    assert bool(summary.notices) == (".prj" in lacking)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        # A table that claims four thousand million records of 64 KB.
        (lambda dbf: dbf[:4] + b"\xff" * 4 + dbf[8:10] + b"\xff\xff" + dbf[12:], "layer.dbf is cut off"),
        (lambda dbf: dbf[:10] + b"\0\0" + dbf[12:], "The header of layer.dbf can't be read"),
        (lambda dbf: dbf[:8] + b"\x01\0" + dbf[10:], "The header of layer.dbf can't be read"),
        (lambda dbf: dbf[:48] + b"\xff" + dbf[49:], "The header of layer.dbf can't be read"),
    ],
    ids=["huge", "records of no bytes", "no fields", "a field wider than its record"],
)
def test_a_table_that_lies_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes], reason: str) -> None:
    folder = write_layer(tmp_path / "lying", [(county(), degree_square())])
    table = folder / "layer.dbf"
    table.write_bytes(damage(table.read_bytes()))
    with pytest.raises(SourceError) as refused:
        load(folder, tmp_path / "lying.zip")
    assert reason in str(refused.value)


def test_a_table_padded_with_zeros_and_asterisks_is_read(tmp_path: Path) -> None:
    folder = write_layer(tmp_path / "padded", [(county(ALAND=77777), degree_square())])
    table = folder / "layer.dbf"
    content = table.read_bytes().replace(b"Baltimore" + b" " * 20, b"Baltimore" + bytes(20))
    table.write_bytes(content.replace(b" " * 9 + b"77777", b"*" * 14))
    assert load(folder, tmp_path / "padded.zip").inserted == 1
    region = Region.objects.get()
    assert (region.name, region.land_area_m2) == ("Baltimore", 0)


def test_an_area_of_more_digits_than_a_column_holds_rejects_the_record(tmp_path: Path) -> None:
    rows = [
        ({**county(), "ALAND20": "9" * 19}, degree_square()),
        ({**county("24005"), "ALAND20": "1"}, degree_square()),
    ]
    rows = [({name: value for name, value in row.items() if name != "ALAND"}, rings) for row, rings in rows]
    summary = load(write_layer(tmp_path / "wide", rows), tmp_path / "wide.zip")
    assert [rejection.reason for rejection in summary.rejected] == [
        f"ALAND is {'9' * 19}, not a number of square metres"
    ]
