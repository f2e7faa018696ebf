"""The projection against the numbers that its source prints."""

import pytest

from app.site.projections import Albers, Frame, local_albers


def test_it_gives_the_numerical_example_of_snyder() -> None:
    # Page 291: sphere of radius 1, standard parallels 29°30' and 45°30', origin 23° N 96° W, point 35° N 75° W.
    x, y = Albers(29.5, 45.5, -96, 23).project(-75, 35)
    assert x == pytest.approx(0.2952720, abs=1e-7)
    assert -y == pytest.approx(0.2416774, abs=1e-7)


def test_the_origin_is_the_middle() -> None:
    assert Albers(55, 65, -154, 50).project(-154, 50) == (0, 0)


def test_what_lies_beyond_the_180th_meridian_lies_further_west() -> None:
    alaska = Albers(55, 65, -154, 50)
    attu, _ = alaska.project(172.9, 52.9)
    adak, _ = alaska.project(-176.6, 51.9)
    assert attu < adak < 0


def test_equal_areas_stay_equal() -> None:
    projection = Albers(29.5, 45.5, -96, 37.5)

    def area(south: float, north: float) -> float:
        corners = [(-100, south), (-99.9, south), (-99.9, north), (-100, north)]
        points = [projection.project(*corner) for corner in corners]
        return abs(sum(a * d - b * c for (a, b), (c, d) in zip(points, points[1:] + points[:1], strict=True)))

    # Bands of the sphere between these parallels have the same height, hence the same area (Archimedes).
    assert area(30, 30.0911) / area(45, 45.1116) == pytest.approx(1, abs=2e-3)


def test_a_frame_fills_its_box_and_keeps_the_proportions() -> None:
    corners = [(-80, 40), (-70, 40), (-70, 45), (-80, 45)]
    pixels = Frame.fit(Albers(41, 44, -75, 42.5), corners, (0, 0, 1000, 1000), 10).place(corners)
    assert (min(x for x, _ in pixels), max(x for x, _ in pixels)) == (10, 990)
    heights = [y for _, y in pixels]
    assert min(heights) + max(heights) == pytest.approx(1000, abs=2)
    assert max(heights) - min(heights) < 980


def test_a_state_over_the_180th_meridian_has_its_middle_in_itself() -> None:
    assert local_albers([(172.5, 52), (-130, 55), (-156, 71)]).longitude == pytest.approx(201.25)
    assert local_albers([(-79, 38), (-75, 40)]).longitude == -77
