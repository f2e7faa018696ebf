"""Regions of straight lines, whose insides a reader can tell."""

from typing import Any

from app.regions.geometry import Ring, multipolygon_ewkb
from app.regions.models import Region, RegionOutline, Zoom
from app.regions.succession import succeed


def square(west: float, south: float, east: float, north: float) -> Ring:
    return [(west, south), (west, north), (east, north), (east, south), (west, south)]


def make_region(kind: str, geoid: str, name: str, *rings: Ring, **columns: Any) -> Region:
    """A region of one polygon, its outer ring, then its holes; maps show its `outline` as it is."""
    shape = multipolygon_ewkb([rings])
    longitudes, latitudes = zip(*rings[0], strict=True)
    defaults: dict[str, Any] = {
        "vintage": 2016,
        "full_name": name,
        "state_fips": geoid[:2],
        "geometry": shape,
        "outline": shape,
        "west": min(longitudes),
        "east": max(longitudes),
        "south": min(latitudes),
        "north": max(latitudes),
    }
    region = Region.objects.create(kind=kind, geoid=geoid, name=name, **{**defaults, **columns})
    RegionOutline.objects.bulk_create(
        RegionOutline(region=region, zoom=zoom, shape=region.outline) for zoom in Zoom
    )
    succeed(kind, region.vintage)
    region.refresh_from_db(fields=["superseded_in"])
    return region
