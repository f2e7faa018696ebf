"""Counts of endorsements as a shaded map with its legend and its table."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from app.site.maps import Layer, Shape

CLASSES = 5
ROWS_FIRST = 10  # of the table; the others unfold
_NICE_STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8)
# Which of the style sheet's five shades so many classes take: few classes stay far apart.
_SHADES = {0: (), 1: (4,), 2: (2, 5), 3: (1, 3, 5), 4: (1, 2, 4, 5), 5: (1, 2, 3, 4, 5)}


@dataclass(frozen=True)
class LegendClass:
    shade: int  # 1 to 5 of the style sheet; 0 has no endorsements
    label: str


@dataclass(frozen=True)
class Area:
    """A region of the map, or a row of its table."""

    name: str
    count: int
    shade: int
    percent_of_most: int
    path: str
    href: str

    @property
    def label(self) -> str:
        return f"{self.name}: {counted(self.count)}"


@dataclass(frozen=True)
class Choropleth:
    width: int
    height: int
    insets: Sequence[tuple[float, float, float, float]]
    areas: Sequence[Area]  # as the layer orders them
    legend: Sequence[LegendClass]

    @property
    def drawn(self) -> list[Area]:
        return [area for area in self.areas if area.path]

    @property
    def ranked(self) -> list[Area]:
        """The areas with endorsements, the most first."""
        return sorted((area for area in self.areas if area.count), key=lambda area: -area.count)

    @property
    def ranked_first(self) -> list[Area]:
        return self.ranked[:ROWS_FIRST]

    @property
    def ranked_rest(self) -> list[Area]:
        return self.ranked[ROWS_FIRST:]

    @property
    def placed(self) -> int:
        """How many endorsements the areas have together."""
        return sum(area.count for area in self.areas)


def counted(count: int) -> str:
    return f"{count:,} endorsement{'' if count == 1 else 's'}"


def choropleth(
    layer: Layer, counts_by_region: Mapping[int, int], href: Callable[[Shape], str] = lambda _: ""
) -> Choropleth:
    counts = [counts_by_region.get(shape.region_id, 0) for shape in layer.shapes]
    floors = class_floors(counts)
    most = max(counts, default=0)
    areas = [
        Area(
            name=shape.name,
            count=count,
            shade=_shade(count, floors),
            percent_of_most=math.ceil(100 * count / most) if most else 0,
            path=shape.path,
            href=href(shape),
        )
        for shape, count in zip(layer.shapes, counts, strict=True)
    ]
    return Choropleth(layer.width, layer.height, layer.insets, areas, legend(floors))


def class_floors(counts: Sequence[int]) -> list[int]:
    """The least count of each class, ascending from 1.

    The classes grow by one factor, as the counts do that people leave on a map: a few are large, most are small.
    The floors are rounded down to figures that read well, so there can be fewer than CLASSES.
    """
    present = [count for count in counts if count]
    if not present:
        return []
    least, most = min(present), max(present)
    floors = (least * (most / least) ** (number / CLASSES) for number in range(1, CLASSES))
    return sorted({1, *map(_nice, floors)})


def legend(floors: Sequence[int]) -> list[LegendClass]:
    classes = [LegendClass(0, "None")]
    for floor, following in zip_longest(floors, floors[1:]):
        if following is None:
            label = f"{floor:,} or more"
        elif following == floor + 1:
            label = f"{floor:,}"
        else:
            label = f"{floor:,} to {following - 1:,}"
        classes.append(LegendClass(_shade(floor, floors), label))
    return classes


def _shade(count: int, floors: Sequence[int]) -> int:
    reached = sum(floor <= count for floor in floors)
    return _SHADES[len(floors)][reached - 1] if reached else 0


def _nice(count: float) -> int:
    """The count rounded down to a figure that reads well."""
    power = int(10 ** (len(str(int(count))) - 1))
    return max(int(step * power) for step in _NICE_STEPS if step * power <= count)
