"""Classes of counts, their legend, and the table beside the map."""

import pytest

from app.site.choropleth import choropleth, class_floors, legend
from app.site.maps import Layer, Shape

LAYER = Layer(
    width=100,
    height=50,
    shapes=tuple(
        Shape(key, f"0{key}", name, name[:2].upper(), "M0 0h1v1z") for key, name in enumerate("abcd")
    ),
)


@pytest.mark.parametrize(
    ("counts", "floors"),
    [
        ([], []),
        ([0, 0], []),
        ([1], [1]),
        ([1, 1, 2, 0], [1]),
        ([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 5]),
        ([311, 260, 96, 1], [1, 3, 8, 30, 80]),
        ([60, 311], [1, 80, 100, 150, 200]),
    ],
)
def test_the_classes_grow_by_a_factor_and_begin_at_figures_that_read_well(
    counts: list[int], floors: list[int]
) -> None:
    assert class_floors(counts) == floors


def test_no_class_begins_above_the_largest_count() -> None:
    for most in (*range(1, 300), 999, 1000, 123_456):
        floors = class_floors([1, most])
        assert floors[0] == 1
        assert floors == sorted(set(floors))
        assert floors[-1] <= most


def test_the_legend_names_every_count_once() -> None:
    assert [item.label for item in legend([1, 2, 5, 1500])] == [
        "None",
        "1",
        "2 to 4",
        "5 to 1,499",
        "1,500 or more",
    ]


def test_few_classes_keep_their_shades_apart() -> None:
    assert [item.shade for item in legend([1, 5])] == [0, 2, 5]
    assert [item.shade for item in legend([1, 2, 3, 4, 5])] == [0, 1, 2, 3, 4, 5]


def test_areas_have_their_count_shade_and_label() -> None:
    areas = choropleth(LAYER, {0: 1, 1: 1200, 3: 10}, lambda shape: f"/{shape.name}/").areas
    assert [area.label for area in areas] == [
        "a: 1 endorsement",
        "b: 1,200 endorsements",
        "c: 0 endorsements",
        "d: 10 endorsements",
    ]
    assert [area.shade for area in areas] == [1, 5, 0, 2]
    assert [area.percent_of_most for area in areas] == [1, 100, 0, 1]
    assert areas[2].href == "/c/"


def test_the_table_begins_with_the_most_and_leaves_out_none() -> None:
    shaded = choropleth(LAYER, {0: 1, 1: 1200, 3: 10})
    assert [area.name for area in shaded.ranked] == ["b", "d", "a"]
    assert shaded.placed == 1211
