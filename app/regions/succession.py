"""Which regions a newer layer replaces.

A newer layer may be a part of the country or of a state, and may cut the ground anew under other GEOIDs (Connecticut's
planning regions, 2022; the districts of a state that lost a seat). So a region is replaced by a newer one of its GEOID,
and else by the newer ones that together cover most of its ground. What neither holds for stays current.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from app.regions.geometry import boxes_meet_sql
from app.regions.models import Region

_REGIONS = Region._meta.db_table  # noqa: SLF001 - Django's public name
_SUCCEEDED = "regions_succeeded"
# Borders are drawn more finely from year to year, and along the shore differently.
_MOST = 0.5


@dataclass(frozen=True)
class Succession:
    """What a layer did to the older ones of its kind.

    Attributes:
        vanished: regions whose ground went to regions of other GEOIDs, newly so, as "09001 Fairfield County (2016)".
        outside: how many older regions in the layer's states it neither has nor covers; they stay current.
    """

    vanished: list[str]
    outside: int


def succeed(kind: str, vintage: int) -> Succession:
    """Say of the regions up to a layer in which newer vintage they are replaced, as far as the layer may change it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_SUCCEEDED}"
            " (region_id bigint PRIMARY KEY, superseded_in smallint, before smallint, by_ground boolean)"
        )
        _by_geoid(cursor, kind, vintage)
        cursor.execute(f"ANALYZE {_SUCCEEDED}")
        _by_ground(cursor, kind)
        _write(cursor)
        found = Succession(_vanished(cursor), _outside(cursor, kind, vintage))
        cursor.execute(f"DROP TABLE {_SUCCEEDED}")
    return found


def _by_geoid(cursor: CursorWrapper, kind: str, vintage: int) -> None:
    newer = (
        f"SELECT min(newer.vintage) FROM {_REGIONS} newer WHERE newer.kind = region.kind"  # noqa: S608 - names from this module, values as parameters
        " AND newer.geoid = region.geoid AND newer.vintage > region.vintage"
    )
    cursor.execute(
        f"INSERT INTO {_SUCCEEDED} SELECT id, ({newer}), superseded_in, FALSE FROM {_REGIONS} region"  # noqa: S608 - as above
        " WHERE kind = %s AND vintage <= %s"
        # Nothing replaces the newest layer.
        f" AND vintage < (SELECT max(vintage) FROM {_REGIONS} WHERE kind = %s)",
        [kind, vintage, kind],
    )


def _by_ground(cursor: CursorWrapper, kind: str) -> None:
    """For those whose GEOID does not come again: the first newer layer that covers most of them."""
    # Outlines are off by a hundredth of their size, which half of a region's ground does not hang on, and their areas
    # take a tenth of the time.
    covered = (
        f"SELECT old.id AS region_id, newer.vintage FROM {_SUCCEEDED} open"  # noqa: S608 - as above
        f" JOIN {_REGIONS} old ON old.id = open.region_id"
        f" JOIN {_REGIONS} newer ON newer.kind = %s AND newer.vintage > old.vintage"
        f" AND newer.state_fips = old.state_fips AND {boxes_meet_sql('old', 'newer')}"
        " WHERE open.superseded_in IS NULL GROUP BY old.id, newer.vintage"
        " HAVING sum(ST_Area(ST_Intersection(old.outline, newer.outline))) > %s * max(ST_Area(old.outline))"
    )
    cursor.execute(
        f"INSERT INTO {_SUCCEEDED} (region_id, superseded_in, by_ground)"  # noqa: S608 - as above
        f" SELECT region_id, min(vintage), TRUE FROM ({covered}) covered GROUP BY region_id"
        " ON CONFLICT (region_id) DO UPDATE SET superseded_in = excluded.superseded_in, by_ground = TRUE",
        [kind, _MOST],
    )


def _write(cursor: CursorWrapper) -> None:
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    cursor.execute(
        f"UPDATE {_REGIONS} SET updated_at = %s, superseded_in ="  # noqa: S608 - as above
        f" (SELECT s.superseded_in FROM {_SUCCEEDED} s WHERE s.region_id = {_REGIONS}.id)"
        f" WHERE id IN (SELECT region_id FROM {_SUCCEEDED}"
        " WHERE coalesce(superseded_in, 0) <> coalesce(before, 0))",
        [now],
    )


def _vanished(cursor: CursorWrapper) -> list[str]:
    cursor.execute(
        f"SELECT geoid, full_name, vintage FROM {_REGIONS} JOIN {_SUCCEEDED} s ON s.region_id = id"  # noqa: S608 - as above
        " WHERE s.by_ground AND coalesce(s.before, 0) <> s.superseded_in ORDER BY geoid, vintage"
    )
    return [f"{geoid} {full_name} ({vintage})" for geoid, full_name, vintage in cursor.fetchall()]


def _outside(cursor: CursorWrapper, kind: str, vintage: int) -> int:
    states = f"SELECT state_fips FROM {_REGIONS} WHERE kind = %s AND vintage = %s"  # noqa: S608 - as above
    cursor.execute(
        f"SELECT count(*) FROM {_REGIONS} WHERE kind = %s AND vintage < %s AND superseded_in IS NULL"  # noqa: S608 - as above
        f" AND state_fips IN ({states})",
        [kind, vintage, kind, vintage],
    )
    (count,) = cursor.fetchone()
    return int(count)
