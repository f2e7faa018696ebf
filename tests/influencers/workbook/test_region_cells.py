"""The regions of an influencer in cells: as people write them, and exactly those that were there."""

from typing import Any

import pytest

from app.influencers.models import Account, Influencer
from app.influencers.workbook.writing import write
from app.regions.models import Region
from tests.influencers.workbook.conftest import HEADERS, Book, Upload
from tests.influencers.workbook.uploads import applied, contents, counts, exported
from tests.shapes import make_region, square

HEADED = [*HEADERS, "Regions"]


def names_of(name: str) -> list[str]:
    return sorted(region.full_name for region in Influencer.objects.get(name=name).regions.all())


def test_an_export_names_them_as_a_person_would(ada: Account) -> None:
    assert [row["regions"] for row in exported()] == ["Harford County, MD; MD"]


def test_new_influencers_are_placed_by_names_of_any_spelling(
    maryland: Region, upload: Upload, book: Book
) -> None:
    rows = [
        HEADED,
        ["YouTube", "@ada", "Ada", " maryland ;baltimore City, md;; MD"],
        ["YouTube", "@bob", "Bob", "Baltimore County\nHarford County, MD"],
        ["YouTube", "@cleo", "Cleo", None],
        ["Instagram", "bob", "Bob", "Harford County, MD;Baltimore County"],
    ]

    assert counts(applied(upload(book(rows)))) == (4, 0, 0, 0)
    assert names_of("Ada") == ["Baltimore city", "Maryland"]
    assert names_of("Bob") == ["Baltimore County", "Harford County"]
    assert names_of("Cleo") == []
    assert counts(upload(book(rows))) == (0, 0, 4, 0)


def test_what_is_unknown_or_may_be_several_is_named_by_its_cell(
    maryland: Region, upload: Upload, book: Book
) -> None:
    rows = [
        HEADED,
        ["YouTube", "@ada", "Ada", "MD; Atlantis"],
        ["YouTube", "@bob", "Bob", "Baltimore, MD"],
        ["YouTube", "@cleo", "Cleo", "; ".join(f"Place {number}" for number in range(1001))],
    ]

    done = upload(book(rows))

    assert counts(done) == (0, 0, 0, 3)
    cells: dict[str, str] = dict(done.problems)
    assert cells.keys() == {"D2", "D3", "D4"}
    assert cells["D2"].startswith("there is no region “Atlantis”; write it as MD; Howard County, MD;")
    assert cells["D3"] == "“Baltimore, MD” can be Baltimore County, MD or Baltimore city, MD: write which"
    assert cells["D4"] == "1,001 regions; 1,000 is the limit"


def test_a_change_is_shown_and_an_empty_cell_takes_all_away(ada: Account, upload: Upload) -> None:
    (row,) = exported()

    done = applied(upload(write([{**row, "regions": ""}])))

    assert done.changes[0]["changes"] == [["Regions", "Harford County, MD; MD", ""]]
    assert names_of("Ada Lovelace") == []


def test_a_region_of_an_older_vintage_stays_the_one_it_is(
    ada: Account, maryland: Region, upload: Upload
) -> None:
    newer = make_region(
        "county", "24025", "Harford", square(-76, 39, -75, 40), full_name="Harford County", parent=maryland, vintage=2024,
    )  # fmt: skip
    Region.objects.filter(geoid="24510").update(superseded_in=2024)
    gone = Region.objects.get(geoid="24510")
    ada.influencer.regions.add(gone)
    before = contents()
    (row,) = exported()
    assert row["regions"] == "Baltimore city, MD; Harford County, MD; MD"

    assert counts(applied(upload(write([row])))) == (0, 0, 1, 0)
    assert contents() == before

    # With another edit in the same cell, too; by its name alone nobody new gets there.
    kept = "Baltimore city, MD; HARFORD, md"
    assert counts(applied(upload(write([{**row, "regions": kept}])))) == (0, 1, 0, 0)
    regions = set(ada.influencer.regions.all())
    assert gone in regions
    assert newer not in regions
    assert [region.geoid for region in ada.influencer.regions.order_by("geoid")] == ["24025", "24510"]


def test_rows_of_one_influencer_have_to_agree_on_regions(
    maryland: Region, upload: Upload, book: Book
) -> None:
    rows = [HEADED, ["YouTube", "@ada", "Ada", "MD"], ["Instagram", "ada", "Ada", "Harford County, MD"]]
    assert upload(book(rows)).problems == [["D3", "row 2 says something else of the same influencer"]]


@pytest.mark.django_db
def test_regions_cost_no_query_for_each_row(
    maryland: Region, upload: Upload, book: Book, django_assert_max_num_queries: Any
) -> None:
    rows = [
        ["YouTube", f"@person{number}", f"Person {number}", "MD; Harford County, MD"] for number in range(600)
    ]
    previewed = upload(book([HEADED, *rows]))
    # Two blocks, each with its transaction and its handful of writes.
    with django_assert_max_num_queries(60):
        applied(previewed)
    assert Influencer.regions.through.objects.count() == 1200
