"""From longitude and latitude to the drawing surface of a map."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from app.regions.geometry import Position

Pixel = tuple[int, int]
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Albers:
    """The Albers equal-area conic projection of the sphere of radius 1: areas keep their proportion.

    The formula is that of Snyder, J. P. (1987), "Map Projections: A Working Manual", U.S. Geological Survey
    Professional Paper 1395, pages 98 to 103, equations 14-1 to 14-6.

    Args:
        south_parallel, north_parallel: the standard parallels in degrees, not symmetric about the equator.
        longitude, latitude: the origin in degrees.
    """

    south_parallel: float
    north_parallel: float
    longitude: float
    latitude: float

    @cached_property
    def _cone(self) -> tuple[float, float, float]:
        south, north = math.radians(self.south_parallel), math.radians(self.north_parallel)
        n = (math.sin(south) + math.sin(north)) / 2
        c = math.cos(south) ** 2 + 2 * n * math.sin(south)
        rho_0 = math.sqrt(c - 2 * n * math.sin(math.radians(self.latitude))) / n
        return n, c, rho_0

    def project(self, longitude: float, latitude: float) -> tuple[float, float]:
        """East and south of the origin, in radii of the earth: y grows downwards, as in SVG."""
        n, c, rho_0 = self._cone
        # The shorter way round, so that the Aleutians beyond the 180th meridian stay with Alaska.
        east = (longitude - self.longitude + 180) % 360 - 180
        theta = n * math.radians(east)
        rho = math.sqrt(c - 2 * n * math.sin(math.radians(latitude))) / n
        return rho * math.sin(theta), rho * math.cos(theta) - rho_0


@dataclass(frozen=True)
class Frame:
    """A projection placed on the drawing surface, in pixels."""

    projection: Albers
    scale: float
    left: float
    top: float
    box: Box

    def holds(self, pixels: Iterable[Pixel]) -> bool:
        """Whether any of the pixels lies in the frame's box."""
        left, top, right, bottom = self.box
        return any(left <= x <= right and top <= y <= bottom for x, y in pixels)

    def place(self, positions: Iterable[Position]) -> list[Pixel]:
        project, scale, left, top = self.projection.project, self.scale, self.left, self.top
        pixels = []
        for longitude, latitude in positions:
            x, y = project(longitude, latitude)
            pixels.append((round(x * scale + left), round(y * scale + top)))
        return pixels

    @classmethod
    def fit(cls, projection: Albers, positions: Iterable[Position], box: Box, margin: int) -> "Frame":
        """The largest picture of the positions that the box holds within its margin, centred in it."""
        projected = [projection.project(*position) for position in positions]
        west, east = min(x for x, _ in projected), max(x for x, _ in projected)
        north, south = min(y for _, y in projected), max(y for _, y in projected)
        left, top, right, bottom = box
        across, down = right - left - 2 * margin, bottom - top - 2 * margin
        scale = min(across / (east - west), down / (south - north))
        return cls(
            projection,
            scale,
            (left + right) / 2 - scale * (west + east) / 2,
            (top + bottom) / 2 - scale * (north + south) / 2,
            box,
        )


def local_albers(positions: Iterable[Position]) -> Albers:
    """A projection for one state: its standard parallels a sixth of its height inside its edges (Snyder, page 99)."""
    longitudes, latitudes = zip(*positions, strict=True)
    west, east = min(longitudes), max(longitudes)
    if east - west > 180:  # noqa: PLR2004 - degrees: it lies on both sides of the 180th meridian
        turned = [longitude % 360 for longitude in longitudes]
        west, east = min(turned), max(turned)
    south, north = min(latitudes), max(latitudes)
    inset = (north - south) / 6
    return Albers(south + inset, north - inset, (west + east) / 2, (south + north) / 2)
