"""Assigning everybody to a layer, the regions of one kind and vintage, at once.

The SQL here is the part that PostgreSQL and SQLite share, but for the lock.
"""

from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from app.regions.geometry import covered_points_sql
from app.regions.models import Region, RegionKind
from app.stakeholders.models import RegionAssignment, Stakeholder
from app.stakeholders.services import STATE_FIPS_LENGTH

_REGIONS, _STAKEHOLDERS, _ASSIGNMENTS = (
    model._meta.db_table  # noqa: SLF001 - Django's public name
    for model in (Region, Stakeholder, RegionAssignment)
)
_PLACED = "stakeholders_placed"
# How much of a chosen county's GEOID tells the region; of districts it says nothing.
_CHOSEN_LENGTH_BY_KIND: dict[str, int] = {RegionKind.STATE: STATE_FIPS_LENGTH, RegionKind.COUNTY: 5}


class LayerAssignment(NamedTuple):
    """How many stakeholders are in a layer, and how many of them are newly so or in another region than before."""

    placed: int
    changed: int


@transaction.atomic
def assign_layer(kind: str, vintage: int) -> LayerAssignment:
    """Put every stakeholder into the regions of one kind and vintage as `services.locate` does; other layers stay.

    It belongs into the transaction that imports the layer: whoever reads sees the regions with their people or not at
    all. Until that ends nobody is located elsewhere, so that nobody slips between the two; those who wait for it then
    find the layer by themselves.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A weaker mode would let a confirmation lock its row, wait for us, and we for the row.
            cursor.execute(f"LOCK TABLE {_STAKEHOLDERS} IN EXCLUSIVE MODE")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_PLACED}"
            " (stakeholder_id bigint PRIMARY KEY, region_id bigint, basis varchar(8))"
        )
        _place(cursor, kind, vintage)
        # The planner would take the new table for an almost empty one.
        cursor.execute(f"ANALYZE {_PLACED}")
        changed = _write(cursor, kind, vintage)
        cursor.execute(f"SELECT count(*) FROM {_PLACED}")  # noqa: S608 - names from this module, values as parameters
        (placed,) = cursor.fetchone()
        cursor.execute(f"DROP TABLE {_PLACED}")
    return LayerAssignment(placed, changed)


def _place(cursor: CursorWrapper, kind: str, vintage: int) -> None:
    """One row for everybody whom the layer has a region for."""
    # The lowest GEOID on a shared edge.
    found = (
        "SELECT place.id AS stakeholder_id, min(area.geoid) AS geoid, 'point' AS basis"  # noqa: S608 - as above
        f" FROM {covered_points_sql(_REGIONS, _STAKEHOLDERS, 'location')}"
        " WHERE area.kind = %s AND area.vintage = %s GROUP BY place.id"
    )
    parameters: list[str | int] = [kind, vintage]
    if length := _CHOSEN_LENGTH_BY_KIND.get(kind):
        found += (
            f" UNION ALL SELECT id, substr(county_geoid, 1, %s), 'choice' FROM {_STAKEHOLDERS}"  # noqa: S608 - as above
            " WHERE location IS NULL AND county_geoid <> ''"
        )
        parameters.append(length)
    cursor.execute(
        f"INSERT INTO {_PLACED} SELECT found.stakeholder_id, region.id, found.basis FROM ({found}) found"  # noqa: S608 - as above
        f" JOIN {_REGIONS} region ON region.geoid = found.geoid AND region.kind = %s AND region.vintage = %s",
        [*parameters, kind, vintage],
    )


def _write(cursor: CursorWrapper, kind: str, vintage: int) -> int:
    """Bring the layer's assignments into step; says how many were made or changed."""
    cursor.execute(
        f"DELETE FROM {_ASSIGNMENTS} WHERE kind = %s AND vintage = %s AND NOT EXISTS"  # noqa: S608 - as above
        f" (SELECT 1 FROM {_PLACED} placed WHERE placed.stakeholder_id = {_ASSIGNMENTS}.stakeholder_id)",
        [kind, vintage],
    )
    # WHERE TRUE: without it SQLite takes the ON of the conflict for a join's.
    cursor.execute(
        f"INSERT INTO {_ASSIGNMENTS} (stakeholder_id, region_id, kind, vintage, basis)"  # noqa: S608 - as above
        f" SELECT stakeholder_id, region_id, %s, %s, basis FROM {_PLACED} WHERE TRUE"
        " ON CONFLICT (stakeholder_id, kind, vintage)"
        " DO UPDATE SET region_id = excluded.region_id, basis = excluded.basis"
        f" WHERE {_ASSIGNMENTS}.region_id <> excluded.region_id OR {_ASSIGNMENTS}.basis <> excluded.basis",
        [kind, vintage],
    )
    return int(cursor.rowcount)
