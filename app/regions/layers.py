"""Bringing a layer, the regions of one kind and vintage, into step with a shapefile.

The records go to a temporary table first, where the database transforms and mends the shapes; then those that are new
or differ are written. All of it is one transaction. The SQL here is the part that PostgreSQL and SQLite share.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field, fields
from itertools import islice
from typing import Any

from django.db import connection, reset_queries, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import BinaryField, F, FloatField, Func, OuterRef, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from app.regions.geometry import (
    AsEWKB,
    IsValid,
    Simplify,
    Transform,
    ValidAreas,
    bounds,
    multipolygon_ewkb,
    size_degrees,
)
from app.regions.models import FIRST_VINTAGE, LAST_VINTAGE, Region, RegionKind
from app.regions.shapefiles import Record, Shapefile, read_shapefile
from app.regions.sources import DEFAULT_MAX_BYTES, SourceError, opened
from app.regions.tiger import (
    LAYOUTS,
    OUTLINE_TOLERANCE_OF_SIZE,
    Attributes,
    RejectedError,
    SkippedError,
    check_fields,
    check_positions,
    geoid_of,
    read_attributes,
)

# Ten values a row: SQLite before 3.32 takes 999 in one statement.
_BATCH_RECORDS = 90
_REGIONS = Region._meta.db_table  # noqa: SLF001 - Django's public name
_STAGED = "regions_staged"
_BINARY: BinaryField[bytes, bytes] = BinaryField()
_ATTRIBUTES = [column.name for column in fields(Attributes)]
_BOUNDS = ("west", "south", "east", "north")
_SHAPES = ("geometry", "outline")
_COLUMNS = (*_ATTRIBUTES, *_BOUNDS, *_SHAPES)
_CREATE = f"""
    CREATE TEMPORARY TABLE {_STAGED} (
        record integer PRIMARY KEY, geoid varchar(14), name varchar(100), full_name varchar(140),
        state_fips varchar(2), usps varchar(2), land_area_m2 bigint, water_area_m2 bigint,
        shape geometry, repaired boolean, geometry geometry, outline geometry,
        west double precision, south double precision, east double precision, north double precision,
        outcome varchar(9)
    )
"""


@dataclass(frozen=True)
class Rejection:
    """A record that did not become a region."""

    record: int
    geoid: str
    reason: str

    def __str__(self) -> str:
        return f"record {self.record} (GEOID {self.geoid or 'unknown'}): {self.reason}"


@dataclass
class ImportSummary:
    """What an import did. Every record read is in exactly one of inserted, updated, unchanged, skipped, rejected."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    repaired: int = 0
    linked: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejection] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


Watch = Callable[[Iterable[Record], int], Iterable[Record]]


def _unwatched(records: Iterable[Record], total: int) -> Iterable[Record]:
    del total
    return records


def import_layer(  # noqa: PLR0913 - what may be said about a source, by name
    source: str,
    kind: str,
    vintage: int,
    *,
    encoding: str | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    watch: Watch = _unwatched,
) -> ImportSummary:
    """Insert and update the regions of one kind and vintage from a shapefile; none is ever deleted.

    Args:
        source: see `sources.opened`.
        kind: one of RegionKind.
        vintage: year of the boundaries.
        encoding: see `shapefiles.read_shapefile`.
        max_bytes: the most that is downloaded or unpacked.
        watch: gets the records and their number and hands the records on: a progress bar.

    Raises:
        SourceError: the source can't be used. Nothing was changed.
    """
    if not FIRST_VINTAGE <= vintage <= LAST_VINTAGE:
        raise SourceError(f"A vintage is a year from {FIRST_VINTAGE} to {LAST_VINTAGE}, not {vintage}.")
    with opened(source, max_bytes) as parts:
        shapefile = read_shapefile(parts, encoding)
        check_fields(kind, shapefile.fields)
        with transaction.atomic():
            with connection.cursor() as cursor:
                summary = _Import(cursor, kind, vintage, shapefile).run(watch)
            summary.linked = _link_to_states(kind, vintage)
            return summary


class _Import:
    def __init__(self, cursor: CursorWrapper, kind: str, vintage: int, shapefile: Shapefile) -> None:
        self.cursor = cursor
        self.kind, self.vintage, self.shapefile = kind, vintage, shapefile
        self.record_by_geoid: dict[str, int] = {}
        self.summary = ImportSummary(notices=list(shapefile.notices))

    def run(self, watch: Watch) -> ImportSummary:
        self.cursor.execute(_CREATE)
        rows = self._rows(watch(self.shapefile, len(self.shapefile)))
        while batch := list(islice(rows, _BATCH_RECORDS)):
            self._stage(batch)
            # With DEBUG on, Django keeps every statement, and these hold whole shapes.
            reset_queries()
        self._prepare_shapes()
        self._reject_without_area()
        # Right after a bulk load the planner knows nothing of either table and may compare every shape with every other.
        self.cursor.execute(f"ANALYZE {_STAGED}")
        self.cursor.execute(f"ANALYZE {_REGIONS}")
        self._decide()
        self._write()
        self.cursor.execute(f"ANALYZE {_REGIONS}")
        self._count()
        self.cursor.execute(f"DROP TABLE {_STAGED}")
        return self.summary

    def _rows(self, records: Iterable[Record]) -> Iterator[tuple[Any, ...]]:
        """The rows to stage; what is not accepted goes to the summary."""
        for record in records:
            self.summary.read += 1
            try:
                attributes = read_attributes(record, self.kind)
                check_positions(record)
                self._check_unique(attributes.geoid, record.number)
            except SkippedError as reason:
                self.summary.skipped[str(reason)] += 1
            except RejectedError as reason:
                self.summary.rejected.append(
                    Rejection(record.number, geoid_of(record, self.kind), str(reason))
                )
            else:
                ewkb = multipolygon_ewkb(record.polygons, self.shapefile.srid)
                yield (record.number, *astuple(attributes), _BINARY.get_db_prep_value(ewkb, connection))

    def _check_unique(self, geoid: str, number: int) -> None:
        first = self.record_by_geoid.setdefault(geoid, number)
        if first != number:
            raise RejectedError(f"the file has this GEOID before, in record {first}")

    def _stage(self, rows: Sequence[tuple[Any, ...]]) -> None:
        row_sql = f"({', '.join(['%s'] * (len(_ATTRIBUTES) + 1))}, ST_GeomFromEWKB(%s))"
        self.cursor.execute(
            f"INSERT INTO {_STAGED} (record, {', '.join(_ATTRIBUTES)}, shape) VALUES {', '.join([row_sql] * len(rows))}",  # noqa: S608 - names from this module, values as parameters
            [value for row in rows for value in row],
        )

    def _prepare_shapes(self) -> None:
        shape, geometry = _column("shape"), _column("geometry")
        self._update(
            repaired=_column(f"NOT {_sql(IsValid(shape))[0]}"), geometry=ValidAreas(Transform(shape))
        )
        coarsest = Value(LAYOUTS[self.kind].outline_tolerance_degrees, output_field=FloatField())
        tolerance = Least(coarsest, size_degrees(geometry) * OUTLINE_TOLERANCE_OF_SIZE)
        # Simplified one by one, the parts of a shape may come to cross each other.
        outline = ValidAreas(Simplify(geometry, tolerance))
        self._update(outline=outline, **bounds(geometry))

    def _update(self, **expressions: Any) -> None:
        compiled = {column: _sql(expression) for column, expression in expressions.items()}
        assignments = ", ".join(f"{column} = {sql}" for column, (sql, _) in compiled.items())
        parameters = [value for _, values in compiled.values() for value in values]
        self.cursor.execute(f"UPDATE {_STAGED} SET {assignments}", parameters)  # noqa: S608 - as above

    def _reject_without_area(self) -> None:
        # The bounds of an empty shape are NULL in both dialects.
        self.cursor.execute(f"SELECT record, geoid FROM {_STAGED} WHERE west IS NULL ORDER BY record")  # noqa: S608 - as above
        reason = "no area is left of its shape after the repair"
        self.summary.rejected += [
            Rejection(record, geoid, reason) for record, geoid in self.cursor.fetchall()
        ]
        self.summary.rejected.sort(key=lambda rejection: rejection.record)
        self.cursor.execute(f"DELETE FROM {_STAGED} WHERE west IS NULL")  # noqa: S608 - as above

    def _decide(self) -> None:
        same = (
            f"SELECT 1 FROM {_REGIONS} r WHERE r.kind = %s AND r.vintage = %s AND r.geoid = {_STAGED}.geoid"  # noqa: S608 - as above
        )
        equal = [f"r.{column} = {_STAGED}.{column}" for column in (*_ATTRIBUTES, *_BOUNDS)]
        for column in _SHAPES:
            ours, theirs = (_sql(AsEWKB(_column(f"{table}.{column}")))[0] for table in ("r", _STAGED))
            equal.append(f"{ours} = {theirs}")
        self.cursor.execute(
            f"UPDATE {_STAGED} SET outcome = CASE WHEN NOT EXISTS ({same}) THEN 'inserted'"  # noqa: S608 - as above
            f" WHEN EXISTS ({same} AND {' AND '.join(equal)}) THEN 'unchanged' ELSE 'updated' END",
            [self.kind, self.vintage] * 2,
        )

    def _write(self) -> None:
        columns = ", ".join(_COLUMNS)
        taken_over = ", ".join(f"{column} = excluded.{column}" for column in (*_COLUMNS, "updated_at"))
        self.cursor.execute(
            f"INSERT INTO {_REGIONS} (kind, vintage, updated_at, {columns})"  # noqa: S608 - as above
            f" SELECT %s, %s, %s, {columns} FROM {_STAGED} WHERE outcome <> 'unchanged' ORDER BY record"
            f" ON CONFLICT (kind, vintage, geoid) DO UPDATE SET {taken_over}",
            [self.kind, self.vintage, connection.ops.adapt_datetimefield_value(timezone.now())],
        )

    def _count(self) -> None:
        self.cursor.execute(f"SELECT outcome, count(*) FROM {_STAGED} GROUP BY outcome")  # noqa: S608 - as above
        for outcome, count in self.cursor.fetchall():
            setattr(self.summary, outcome, count)
        self.cursor.execute(f"SELECT count(*) FROM {_STAGED} WHERE repaired")  # noqa: S608 - as above
        self.summary.repaired = self.cursor.fetchone()[0]
        if not self.summary.inserted + self.summary.updated + self.summary.unchanged:
            first = f": {self.summary.rejected[0]}" if self.summary.rejected else ""
            raise SourceError(
                f"None of its {self.summary.read} records is a region of kind {self.kind}{first}."
            )


def _column(name: str) -> RawSQL:
    return RawSQL(name, [])  # noqa: S611 - names from this module


def _sql(expression: Func | RawSQL) -> tuple[str, Sequence[Any]]:
    """An expression of geometry.py as SQL, for statements that the ORM has no words for."""
    sql, parameters = Region.objects.all().query.get_compiler(connection=connection).compile(expression)
    return sql, list(parameters)


def _link_to_states(kind: str, vintage: int) -> int:
    """Give the regions that an import may have changed their state as parent; says how many got another one.

    Whichever of the two came first, it is the state of their own vintage, or else of the last one before, or else of
    the first one after.
    """
    regions = Region.objects.exclude(kind=RegionKind.STATE)
    if kind != RegionKind.STATE:
        regions = regions.filter(kind=kind, vintage=vintage)
    states = Region.objects.of(RegionKind.STATE).filter(geoid=OuterRef("state_fips"))
    in_force = states.filter(vintage__lte=OuterRef("vintage")).order_by("-vintage").values("pk")[:1]
    oldest = states.order_by("vintage").values("pk")[:1]
    unlinked = (
        regions.annotate(state=Coalesce(Subquery(in_force), Subquery(oldest)))
        .filter(state__isnull=False)
        .exclude(parent=F("state"))
    )
    return unlinked.update(parent=F("state"), updated_at=timezone.now())
