"""Where somebody says they are: coordinates, or a county by name."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from app.regions.geometry import Point
from app.regions.models import Region, RegionKind

_NEEDED = "Give latitude and longitude, or state and county."


@dataclass(frozen=True)
class Place:
    """Exactly one of the two: a point, or a county's five-digit GEOID."""

    point: Point | None = None
    county_geoid: str = ""

    @classmethod
    def at(cls, latitude: float | None, longitude: float | None, county_geoid: str) -> "Place":
        """The place that three columns of a table hold, the point's two or the county's one."""
        if latitude is None or longitude is None:
            return cls(county_geoid=county_geoid)
        return cls(point=Point(longitude, latitude))


def resolve_place(
    *, latitude: float | None = None, longitude: float | None = None, state: str = "", county: str = ""
) -> Place:
    """Check what was typed against the regions.

    Args:
        latitude: degrees north, WGS 84.
        longitude: degrees east, WGS 84; negative in the Americas.
        state: postal code, FIPS code or name.
        county: five-digit GEOID, name, or name with its legal description ("Baltimore city").

    Raises:
        ValidationError: by field, with what to type instead.
    """
    by_point = latitude is not None or longitude is not None
    by_name = bool(state or county)
    if by_point == by_name:
        raise ValidationError({"latitude": _NEEDED} if not by_point else {"latitude": f"{_NEEDED} Not both."})
    if by_point:
        return Place(point=_resolve_point(latitude, longitude))
    return Place(county_geoid=_resolve_county(state.strip(), county.strip()))


def _resolve_point(latitude: float | None, longitude: float | None) -> Point:
    if latitude is None or longitude is None:
        missing = "latitude" if latitude is None else "longitude"
        raise ValidationError({missing: "Latitude and longitude come together."})
    point = Point.checked(longitude, latitude)
    # By bounding box, not by shape: maps end at the shoreline, people on piers do not.
    states = Region.objects.of(RegionKind.STATE)
    around = states.filter(
        west__lte=point.longitude,
        east__gte=point.longitude,
        south__lte=point.latitude,
        north__gte=point.latitude,
    )
    if not around.exists() and states.exists():
        raise ValidationError(
            {
                "longitude": "No state is near this point. Longitudes in the Americas are negative: -76.6, not 76.6."
            }
        )
    return point


def _resolve_county(state_text: str, county_text: str) -> str:
    if not state_text or not county_text:
        missing = "state" if not state_text else "county"
        raise ValidationError({missing: "State and county come together."})
    state = (
        Region.objects.of(RegionKind.STATE)
        .current()
        .filter(Q(usps=state_text.upper()) | Q(geoid=state_text) | Q(name__iexact=state_text))
        .first()
    )
    if state is None:
        raise ValidationError(
            {"state": f"{state_text} is no state: give its name or postal code, as Maryland or MD."}
        )
    counties = Region.objects.of(RegionKind.COUNTY).current().filter(state_fips=state.geoid)
    found = _narrow(counties, county_text)
    if not found:
        raise ValidationError({"county": f"{state.name} has no county of the name {county_text}."})
    if len(found) > 1:
        choices = " or ".join(f"{region.full_name} ({region.geoid})" for region in found)
        raise ValidationError(
            {"county": f"{county_text} can be {choices}: give the full name or the number."}
        )
    return found[0].geoid


def _narrow(counties: QuerySet[Region], text: str) -> list[Region]:
    exact = list(counties.filter(Q(geoid=text) | Q(full_name=text)))
    if exact:
        return exact
    # "Baltimore County" and "Baltimore city" differ in more than capitals; "baltimore" alone does not say which.
    return list(counties.filter(full_name__iexact=text)) or list(counties.filter(name__iexact=text))
