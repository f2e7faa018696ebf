"""Importing layers: what becomes of records, and what a second import changes."""

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapefile

from app.regions.geometry import IsValid, Point, multipolygon_from_ewkb
from app.regions.layers import ImportSummary, import_layer
from app.regions.models import Region
from app.regions.shapefiles import Record
from app.regions.sources import SourceError
from tests.layers import county, degree_square, state, write_layer
from tests.shapes import square

pytestmark = pytest.mark.django_db

BOW_TIE = [[(-77.0, 39.0), (-76.0, 40.0), (-76.0, 39.0), (-77.0, 40.0), (-77.0, 39.0)]]
LINE = [[(-77.0, 39.0), (-76.0, 40.0), (-76.5, 39.5), (-77.0, 39.0)]]


def load(folder: Path, kind: str = "county", vintage: int = 2016, **options: Any) -> ImportSummary:
    summary = import_layer(str(folder), kind, vintage, **options)
    counted = (
        summary.inserted
        + summary.updated
        + summary.unchanged
        + summary.skipped.total()
        + len(summary.rejected)
    )
    assert counted == summary.read
    return summary


def outcome(summary: ImportSummary) -> tuple[int, int, int]:
    return summary.inserted, summary.updated, summary.unchanged


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "source"


def test_a_record_becomes_a_region(folder: Path) -> None:
    assert outcome(load(write_layer(folder, [(county(), degree_square())]))) == (1, 0, 0)
    region = Region.objects.get()
    assert (region.kind, region.vintage, region.geoid) == ("county", 2016, "24510")
    assert (region.name, region.full_name, region.state_fips, region.usps) == (
        "Baltimore",
        "Baltimore city",
        "24",
        "",
    )
    assert (region.land_area_m2, region.water_area_m2) == (10, 2)
    assert (region.west, region.south, region.east, region.north) == pytest.approx(
        (-77, 39, -76, 40), abs=3e-5
    )
    assert list(Region.objects.covering(Point(-76.5, 39.5))) == [region]
    assert region.outline


def test_a_hole_stays_a_hole_and_an_island_in_it_land(folder: Path) -> None:
    rings = [
        square(-77, 39, -76, 40),
        square(-76.8, 39.2, -76.2, 39.8)[::-1],
        square(-76.6, 39.4, -76.4, 39.6),
    ]
    load(write_layer(folder, [(county(), rings)]))
    covered = [Region.objects.covering(Point(x, 39.5)).exists() for x in (-76.9, -76.7, -76.5)]
    assert covered == [True, False, True]


def test_heights_are_ignored(folder: Path) -> None:
    load(write_layer(folder, [(county(), degree_square())], shape_type=shapefile.POLYGONZ))
    assert Region.objects.covering(Point(-76.5, 39.5)).exists()


def test_a_crossing_ring_is_mended_and_reported(folder: Path) -> None:
    assert load(write_layer(folder, [(county(), BOW_TIE)])).repaired == 1
    assert Region.objects.annotate(valid=IsValid("geometry")).values_list("valid", flat=True).get()
    assert Region.objects.covering(Point(-76.9, 39.5)).exists()


def test_a_second_import_changes_nothing(folder: Path) -> None:
    write_layer(folder, [(county(), BOW_TIE), (county("24005", lsad="06"), degree_square())])
    load(folder)
    before = list(Region.objects.order_by("pk").values())
    assert outcome(load(folder)) == (0, 0, 2)
    assert list(Region.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("attributes", "rings"),
    [
        (county(name="Charm City"), degree_square()),
        (county(lsad="06"), degree_square()),
        (county(ALAND=11), degree_square()),
        (county(AWATER=0), degree_square()),
        (county(), degree_square(-76)),
        (county(), [square(-77, 39, -76, 40), square(-76.6, 39.4, -76.4, 39.6)[::-1]]),
    ],
    ids=["name", "description", "land", "water", "place", "a hole that leaves the bounds"],
)
def test_what_differs_is_updated_in_place(
    folder: Path, attributes: dict[str, Any], rings: Any, tmp_path: Path
) -> None:
    load(write_layer(folder, [(county(), degree_square()), (county("24005"), degree_square())]))
    key = Region.objects.get(geoid="24510").pk
    untouched = Region.objects.get(geoid="24005").updated_at
    changed = write_layer(tmp_path / "changed", [(attributes, rings), (county("24005"), degree_square())])
    assert outcome(load(changed)) == (0, 1, 1)
    region = Region.objects.get(geoid="24510")
    assert region.pk == key
    assert region.updated_at > untouched
    assert Region.objects.get(geoid="24005").updated_at == untouched
    assert outcome(load(changed)) == (0, 0, 2)


def test_what_is_absent_from_a_newer_file_stays(folder: Path, tmp_path: Path) -> None:
    load(write_layer(folder, [(county(), degree_square()), (county("24005"), degree_square())]))
    load(write_layer(tmp_path / "shorter", [(county(), degree_square())]))
    assert Region.objects.count() == 2


def test_vintages_live_side_by_side(folder: Path) -> None:
    write_layer(folder, [(county(), degree_square())])
    assert outcome(load(folder, vintage=2016)) == (1, 0, 0)
    assert outcome(load(folder, vintage=2024)) == (1, 0, 0)
    assert sorted(Region.objects.values_list("vintage", flat=True)) == [2016, 2024]


@pytest.mark.parametrize("order", [("state", "county"), ("county", "state")], ids=" then ".join)
def test_counties_get_their_state_whichever_comes_first(tmp_path: Path, order: tuple[str, str]) -> None:
    write_layer(tmp_path / "state", [(state(), degree_square())])
    write_layer(
        tmp_path / "county", [(county(), degree_square()), (county("51510", "Alexandria"), degree_square())]
    )
    linked = [load(tmp_path / kind, kind).linked for kind in order]
    assert sum(linked) == 1
    assert Region.objects.get(geoid="24510").parent == Region.objects.get(geoid="24")
    assert Region.objects.get(geoid="51510").parent is None
    assert load(tmp_path / "county").linked == 0


def test_without_a_state_of_its_vintage_a_county_gets_the_last_one_before(tmp_path: Path) -> None:
    write_layer(tmp_path / "state", [(state(), degree_square())])
    write_layer(tmp_path / "county", [(county(), degree_square())])
    load(tmp_path / "county", vintage=2020)
    vintages = []
    for vintage in (2024, 2022, 2010, 2016, 2014, 2020, 2021):
        load(tmp_path / "state", "state", vintage)
        found = Region.objects.select_related("parent").get(kind="county").parent
        assert found
        vintages.append(found.vintage)
    assert vintages == [2024, 2022, 2010, 2016, 2016, 2020, 2020]


def test_a_newer_county_is_linked_to_an_older_state_when_it_comes(tmp_path: Path) -> None:
    load(write_layer(tmp_path / "state", [(state(), degree_square())]), "state", 2016)
    assert load(write_layer(tmp_path / "county", [(county(), degree_square())]), vintage=2024).linked == 1
    assert load(tmp_path / "county", vintage=2024).linked == 0


def test_an_older_state_row_moves_to_the_new_parent_only_in_its_vintage(tmp_path: Path) -> None:
    write_layer(tmp_path / "state", [(state(), degree_square())])
    write_layer(tmp_path / "county", [(county(), degree_square())])
    for vintage in (2016, 2024):
        load(tmp_path / "county", "county", vintage)
        load(tmp_path / "state", "state", vintage)
    vintages = Region.objects.filter(kind="county").values_list("vintage", "parent__vintage")
    assert sorted(vintages) == [(2016, 2016), (2024, 2024)]


@pytest.mark.parametrize(
    ("kind", "attributes", "rings", "reason"),
    [
        ("county", county(), None, "it has no shape"),
        ("county", county(), LINE, "no area is left of its shape after the repair"),
        ("county", county(), [[(-77, 39), (-76, 40), (-77, 39)]], "it has no shape"),
        (
            "county",
            county(),
            degree_square(-77, 90),
            "its coordinates are not degrees of longitude and latitude",
        ),
        (
            "county",
            county(),
            degree_square(400_000, 0),
            "its coordinates are not degrees of longitude and latitude",
        ),
        (
            "county",
            county(STATEFP="24", geoid=""),
            degree_square(),
            "it has no GEOID of kind county, as 24510",
        ),
        ("county", county("2451"), degree_square(), "the GEOID 2451 is not one of kind county, as 24510"),
        ("county", county("٢٤٥١٠"), degree_square(), "the GEOID ٢٤٥١٠ is not one of kind county, as 24510"),
        ("county", county(name=""), degree_square(), "it has no name"),
        ("county", county(name="x" * 101), degree_square(), "its name is longer than 100 characters"),
        (
            "county",
            county(NAMELSAD="x" * 141),
            degree_square(),
            "its full name is longer than 140 characters",
        ),
        ("county", county(STATEFP="51"), degree_square(), "STATEFP 51 does not fit its GEOID"),
        ("county", county(ALAND=-3), degree_square(), "ALAND is -3, not a number of square metres"),
        ("county", county("24005"), degree_square(), "this GEOID comes before, in record 1"),
        ("state", state(usps=""), degree_square(), "STUSPS is '', not a postal code of two letters"),
        ("state", state(usps="M"), degree_square(), "STUSPS is 'M', not a postal code of two letters"),
    ],
)
def test_a_rejected_record_is_named_with_its_reason(
    folder: Path, kind: str, attributes: dict[str, Any], rings: Any, reason: str
) -> None:
    good = county("24005", "Baltimore", "06") if kind == "county" else state("51", "Virginia", "VA")
    good |= {field: "" for field in attributes if field not in good}
    summary = load(write_layer(folder, [(good, degree_square()), (attributes, rings)]), kind)
    assert outcome(summary) == (1, 0, 0)
    assert [(rejection.record, rejection.reason) for rejection in summary.rejected] == [(2, reason)]
    assert summary.rejected[0].geoid == attributes["GEOID"]


def test_rejections_stand_in_the_order_of_the_file(folder: Path) -> None:
    rows = [
        (county(), LINE),
        (county("24005"), None),
        (county("24025"), LINE),
        (county("24001"), degree_square()),
    ]
    assert [rejection.record for rejection in load(write_layer(folder, rows)).rejected] == [1, 2, 3]


def test_of_two_records_with_one_geoid_the_first_holds(folder: Path) -> None:
    load(
        write_layer(
            folder, [(county(name="First"), degree_square()), (county(name="Second"), degree_square())]
        )
    )
    assert Region.objects.get().name == "First"


@pytest.mark.parametrize(
    ("kind", "code", "undefined"),
    [
        ("congressional_district", "2403", "24ZZ"),
        ("state_senate", "24046", "24ZZZ"),
        ("state_house", "2446A", "24ZZZ"),
    ],
)
def test_ground_that_belongs_to_no_district_is_skipped_and_counted(
    folder: Path, kind: str, code: str, undefined: str
) -> None:
    rows = [(county(geoid), degree_square()) for geoid in (code, undefined)]
    summary = load(write_layer(folder, rows), kind)
    assert dict(summary.skipped) == {"district not defined": 1}
    assert summary.rejected == []
    assert Region.objects.get().geoid == code


def test_a_record_marked_as_deleted_is_skipped_and_the_next_keeps_its_shape(folder: Path) -> None:
    rows = [(county("24005"), degree_square(-80)), (county(), degree_square())]
    table = write_layer(folder, rows) / "layer.dbf"
    content = bytearray(table.read_bytes())
    content[int.from_bytes(content[8:10], "little")] = ord("*")
    table.write_bytes(content)
    assert dict(load(folder).skipped) == {"marked as deleted": 1}
    assert Region.objects.get().west == pytest.approx(-77, abs=3e-5)


def test_a_file_of_another_kind_is_refused(folder: Path) -> None:
    write_layer(folder, [(state(), degree_square())])
    with pytest.raises(
        SourceError, match=r"None of its 1 records is a region of kind county: record 1 \(GEOID 24\)"
    ):
        load(folder)


def test_an_empty_file_is_refused(folder: Path) -> None:
    with pytest.raises(SourceError, match="None of its 0 records"):
        load(write_layer(folder, []))


def test_a_file_without_the_fields_is_refused(folder: Path) -> None:
    write_layer(folder, [({"ROAD": "I-95"}, degree_square())])
    with pytest.raises(SourceError, match=r"no field GEOID.*its fields are ROAD"):
        load(folder)


@pytest.mark.parametrize("vintage", [1989, 2101])
def test_an_implausible_vintage_is_refused(folder: Path, vintage: int) -> None:
    write_layer(folder, [(county(), degree_square())])
    with pytest.raises(SourceError, match="A vintage is a year from 1990 to 2100"):
        load(folder, vintage=vintage)


class PulledPlugError(Exception):
    pass


def test_a_failure_half_way_leaves_the_old_layer_whole(folder: Path, tmp_path: Path) -> None:
    load(write_layer(folder, [(county(), degree_square())]))
    before = list(Region.objects.values())
    rows = [(county(f"24{number:03}"), degree_square()) for number in range(510, 800)]

    def pull_the_plug(records: Iterable[Record], total: int) -> Iterator[Record]:
        for record in records:
            if record.number > total - 5:
                raise PulledPlugError
            yield record

    newer = write_layer(tmp_path / "newer", rows)
    with pytest.raises(PulledPlugError):
        load(newer, watch=pull_the_plug)
    assert list(Region.objects.values()) == before
    assert outcome(load(newer)) == (289, 0, 1)


def test_a_broken_record_leaves_the_old_layer_whole(folder: Path, tmp_path: Path) -> None:
    load(write_layer(folder, [(county(), degree_square())]))
    broken = write_layer(
        tmp_path / "broken", [(county("24005"), degree_square()), (county(), degree_square(-80))]
    )
    shapes = bytearray((broken / "layer.shp").read_bytes())
    # The second record claims a thousand million positions.
    second = 100 + 8 + int.from_bytes(shapes[104:108]) * 2
    shapes[second + 8 + 40 : second + 8 + 44] = (10**9).to_bytes(4, "little")
    (broken / "layer.shp").write_bytes(shapes)
    with pytest.raises(SourceError, match=r"Record 2 of layer\.shp can't be read"):
        load(broken)
    assert Region.objects.get().west == pytest.approx(-77, abs=3e-5)


def test_the_time_of_a_change_is_now(folder: Path) -> None:
    before = dt.datetime.now(dt.UTC)
    load(write_layer(folder, [(county(), degree_square())]))
    assert before <= Region.objects.get().updated_at <= dt.datetime.now(dt.UTC)


def corners(folder: Path, rings: list[list[tuple[float, float]]]) -> int:
    """How many the outline of a county of this shape has."""
    load(write_layer(folder, [(county(), rings)]))
    outline = Region.objects.get().outline
    return len(multipolygon_from_ewkb(outline)[0][0]) - 1


def test_the_outline_of_a_tiny_region_keeps_its_form(folder: Path) -> None:
    angles = [math.tau * step / 16 for step in range(17)]
    ring = [(-77 + 0.005 * math.sin(angle), 39 + 0.005 * math.cos(angle)) for angle in angles]
    assert corners(folder, [[*ring[:-1], ring[0]]]) == 16


@pytest.mark.parametrize(("depth", "kept"), [(0.004, 4), (0.008, 7)])
def test_the_outline_of_a_large_region_is_off_by_half_a_hundredth_of_a_degree_at_most(
    folder: Path, depth: float, kept: int
) -> None:
    notch = [(-75.1, 43.0), (-75.0, 43.0 - depth), (-74.9, 43.0)]
    assert corners(folder, [[(-77, 39), (-77, 43), *notch, (-73, 43), (-73, 39), (-77, 39)]]) == kept


def test_an_outline_keeps_the_corner_without_which_it_would_cross_an_island(folder: Path) -> None:
    mainland = [(-77.0, 39.0), (-77.0, 43.0), (-75.0, 42.996), (-73.0, 43.0), (-73.0, 39.0), (-77.0, 39.0)]
    island = [(-75.02, 43.01), (-74.98, 43.01), (-75, 42.998), (-75.02, 43.01)]
    assert corners(folder, [mainland, island]) == 5
    assert Region.objects.filter(IsValid("outline")).exists()
