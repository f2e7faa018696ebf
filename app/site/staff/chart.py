"""A line of daily values as an SVG path, drawn on the server: no script, and the same in print."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 180
MARGIN = 6


@dataclass(frozen=True)
class Line:
    """What a template draws in a box of WIDTH by HEIGHT.

    Attributes:
        path: the `d` of the line; a measured day that stands alone is a dot.
        area: the `d` of what lies below it.
        first, last: days.
        low, high: of the values, where the axis begins and ends.
        newest: the value of the last day.
        change: from the first value to the last.
    """

    path: str
    area: str
    first: dt.date
    last: dt.date
    low: int
    high: int
    newest: int
    change: int


def line(values: Sequence[tuple[dt.date, int]]) -> Line | None:
    """Draw values by day, the oldest first; None for fewer than two, which are no line.

    The axis ends at the lowest and highest value, not at 0: a month's growth of an account is a small part of it.
    """
    if len({day for day, _ in values}) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    first, last = values[0][0], values[-1][0]
    low, high = min(value for _, value in values), max(value for _, value in values)
    points = [(_across(day, first, last), _up(value, low, high)) for day, value in values]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    area = f"{path}L{points[-1][0]:.1f} {HEIGHT}L{points[0][0]:.1f} {HEIGHT}Z"
    return Line(path, area, first, last, low, high, values[-1][1], values[-1][1] - values[0][1])


def _across(day: dt.date, first: dt.date, last: dt.date) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * (day - first).days / (last - first).days


def _up(value: int, low: int, high: int) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return MARGIN + (HEIGHT - 2 * MARGIN) * (1 - share)
