"""The temporary table that a layer's records go through, where the database transforms and mends the shapes.

PostgreSQL takes them by binary COPY, SQLite by INSERT; the statements after that are the part that both share.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db import DatabaseError, connection, reset_queries
from django.db.backends.utils import CursorWrapper
from django.db.models import BinaryField, FloatField, Func, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from app.regions.geometry import (
    AsEWKB,
    IsValid,
    Simplify,
    SimplifyKeepingTopology,
    Transform,
    ValidAreas,
    bounds,
    on_globe_sql,
)
from app.regions.models import Region
from app.regions.tiger import LAYOUTS, OUTLINE_TOLERANCE_OF_SIZE, Attributes

REGIONS = Region._meta.db_table  # noqa: SLF001 - Django's public name
LOADED, STAGED, DECIDED = "regions_loaded", "regions_staged", "regions_decided"
# Ten values a row: SQLite before 3.32 takes 999 in one statement.
_BATCH_RECORDS = 80
_COPY_CHUNK_BYTES = 1 << 17
_SIZE = struct.Struct(">i")
_BINARY: BinaryField[bytes, bytes] = BinaryField()
_ATTRIBUTES = [column.name for column in fields(Attributes)]
_values_of = attrgetter(*_ATTRIBUTES)
_BOUNDS = ("west", "south", "east", "north")
_SHAPES = ("geometry", "outline")
_COLUMNS = (*_ATTRIBUTES, *_BOUNDS, *_SHAPES)
_IDENTITY = ("kind", "vintage", "geoid")
_PLANNED_BY = (*_IDENTITY, "state_fips", "parent_id", "superseded_in")
_LOADED_COLUMNS = ("record", *_ATTRIBUTES, "mended", "shape")
_ABOUT_A_RECORD = """
    record integer PRIMARY KEY, geoid varchar(14), name varchar(100), full_name varchar(140),
    state_fips varchar(2), usps varchar(2), land_area_m2 bigint, water_area_m2 bigint
"""
# Not a temporary table on PostgreSQL, because its parallel workers can't read those. It is gone with the transaction.
_CREATE = f"({_ABOUT_A_RECORD}, mended boolean, shape geometry)"
_FOR_POSTGRESQL = (
    f"CREATE UNLOGGED TABLE {LOADED} {_CREATE}",
    # Compressing doubles takes longer than everything else and gains little.
    f"ALTER TABLE {LOADED} ALTER shape SET STORAGE EXTERNAL",
    # However few pages it has: each row means milliseconds of geometry. With the one that asks it makes two processes,
    # as many as a small server has processors.
    f"ALTER TABLE {LOADED} SET (parallel_workers = 1)",
    # Its compiler takes longer than what it would compile.
    "SET LOCAL jit = off",
    # As the regions' own columns have it where the server knows it, so that shapes are compressed once.
    """
    SELECT set_config(name, 'lz4', true) FROM pg_settings
    WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
    """,
)
_FOR_SQLITE = (f"CREATE TEMPORARY TABLE {LOADED} {_CREATE}",)


OFF_GLOBE = "its coordinates are not degrees of longitude and latitude"
NO_AREA = "no area is left of its shape after the repair"


@dataclass(frozen=True)
class StagedRecord:
    """What a record brings.

    Attributes:
        key: counts the records of all files of the layer.
        ewkb: its shape as it stands, in the file's reference system.
        mended: it had to be mended to be read.
    """

    key: int
    attributes: Attributes
    ewkb: bytes
    mended: bool


class Staging:
    """The staged records of one layer, from their arrival to the regions they become; in one transaction."""

    def __init__(self, cursor: CursorWrapper, kind: str, vintage: int) -> None:
        self.cursor, self.kind, self.vintage = cursor, kind, vintage
        for statement in _FOR_POSTGRESQL if connection.vendor == "postgresql" else _FOR_SQLITE:
            cursor.execute(statement)

    def load(self, records: Iterable[StagedRecord]) -> None:
        if connection.vendor == "postgresql":
            statement = f"COPY {LOADED} ({', '.join(_LOADED_COLUMNS)}) FROM STDIN (FORMAT binary)"
            stream = _CopyStream(records)
            try:
                with connection.wrap_database_errors:
                    self.cursor.copy_expert(statement, stream)
            except DatabaseError:
                # The server only heard that there is no more to come.
                if stream.error is not None:
                    raise stream.error from None
                raise
        else:
            self._insert(records)

    def _insert(self, records: Iterable[StagedRecord]) -> None:
        row_sql = f"({', '.join(['%s'] * (len(_LOADED_COLUMNS) - 1))}, ST_GeomFromEWKB(%s))"
        left = iter(records)
        while batch := list(islice(left, _BATCH_RECORDS)):
            values = [
                (
                    one.key,
                    *_values_of(one.attributes),
                    one.mended,
                    _BINARY.get_db_prep_value(one.ewkb, connection),
                )
                for one in batch
            ]
            self.cursor.execute(
                f"INSERT INTO {LOADED} ({', '.join(_LOADED_COLUMNS)}) VALUES {', '.join([row_sql] * len(batch))}",  # noqa: S608 - names from this module, values as parameters
                [value for row in values for value in row],
            )
            # With DEBUG on, Django keeps every statement, and these hold whole shapes.
            reset_queries()

    def prepare(self) -> Iterator[tuple[int, str, str]]:
        """Transform, mend and simplify; yields the key, the GEOID and the reason of each record that has to go."""
        yield from self._taken_out(LOADED, f"NOT ({on_globe_sql('shape')})", OFF_GLOBE)
        attributes = ", ".join(_ATTRIBUTES)
        columns = ", ".join(_BOUNDS)
        simplified, parameters = self._simplified()
        self.cursor.execute(
            f"CREATE TEMPORARY TABLE {STAGED} AS SELECT record, {attributes}, repaired, {columns}, geometry, outline"  # noqa: S608 - as above
            f" FROM ({simplified}) simplified",
            parameters,
        )
        self.cursor.execute(f"DROP TABLE {LOADED}")
        # The bounds of an empty shape are NULL in both dialects.
        yield from self._taken_out(STAGED, "west IS NULL", NO_AREA)

    def _simplified(self) -> tuple[str, Sequence[Any]]:
        """A query of the mended records with their outlines."""
        coarsest = Value(LAYOUTS[self.kind].outline_tolerance_degrees, output_field=FloatField())
        size = Greatest(_number("east - west"), _number("north - south"))
        tolerance = Least(coarsest, size * OUTLINE_TOLERANCE_OF_SIZE)
        mended, parameters = _mended()
        draft, draft_parameters = _sql(Simplify(_column("geometry"), tolerance))
        drafted = f"SELECT m.*, {draft} AS draft FROM ({mended}) m {_once()}"  # noqa: S608 - as above
        is_valid = _sql(IsValid(_column("draft")))[0]
        # One in a hundred drafts. Simplified one by one, the parts of a shape may still come to cross each other.
        careful, careful_parameters = _sql(
            ValidAreas(SimplifyKeepingTopology(_column("geometry"), tolerance))
        )
        simplified = (
            f"SELECT d.*, CASE WHEN {is_valid} THEN draft ELSE {careful} END AS outline FROM ({drafted}) d"  # noqa: S608 - as above
        )
        return simplified, [*careful_parameters, *draft_parameters, *parameters]

    def _taken_out(self, table: str, where: str, reason: str) -> list[tuple[int, str, str]]:
        self.cursor.execute(f"SELECT record, geoid FROM {table} WHERE {where}")  # noqa: S608 - as above
        found = [(key, geoid, reason) for key, geoid in self.cursor.fetchall()]
        if found:
            self.cursor.execute(f"DELETE FROM {table} WHERE {where}")  # noqa: S608 - as above
        return found

    def write(self) -> None:
        """Insert what is new, update what differs."""
        self._decide()
        columns = ", ".join(_COLUMNS)
        # Were it to name a column of a unique index, PostgreSQL would lock each row against foreign keys to it too.
        changing = [column for column in (*_COLUMNS, "updated_at") if column not in _IDENTITY]
        taken_over = ", ".join(f"{column} = excluded.{column}" for column in changing)
        self.cursor.execute(
            f"INSERT INTO {REGIONS} (kind, vintage, updated_at, {columns})"  # noqa: S608 - as above
            f" SELECT %s, %s, %s, {columns} FROM {STAGED}"
            f" WHERE record IN (SELECT record FROM {DECIDED} WHERE outcome <> 'unchanged')"
            f" ON CONFLICT ({', '.join(_IDENTITY)}) DO UPDATE SET {taken_over}",
            [self.kind, self.vintage, connection.ops.adapt_datetimefield_value(timezone.now())],
        )
        self._take_statistics(written=self.cursor.rowcount)

    def _take_statistics(self, written: int) -> None:
        """Tell the planner, for the statements that follow, what the table holds now.

        The shapes' statistics take longer than a small layer: they are taken by autovacuum's own rule, after a tenth of the rows.
        """
        columns = ""
        if connection.vendor == "postgresql":
            self.cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [REGIONS])
            [rows] = self.cursor.fetchone()
            columns = f" ({', '.join(_PLANNED_BY)})" if written <= rows / 10 else ""
        self.cursor.execute(f"ANALYZE {REGIONS}{columns}")

    def _decide(self) -> None:
        """Say of each record what becomes of it, in a table without shapes that is read several times."""
        equal = [f"r.{column} = s.{column}" for column in (*_ATTRIBUTES, *_BOUNDS)]
        for column in _SHAPES:
            ours, theirs = (_sql(AsEWKB(_column(f"{table}.{column}")))[0] for table in ("r", "s"))
            equal.append(f"{ours} = {theirs}")
        # Shapes are compared where GEOIDs meet, and not in the join: right after a bulk load the planner knows nothing
        # of either table, and might compare every shape with every other.
        self.cursor.execute(
            f"CREATE TEMPORARY TABLE {DECIDED} AS SELECT s.record, s.geoid, s.full_name, s.state_fips, s.repaired,"  # noqa: S608 - as above
            f" CASE WHEN r.id IS NULL THEN 'inserted' WHEN {' AND '.join(equal)} THEN 'unchanged' ELSE 'updated' END"
            f" AS outcome FROM {STAGED} s"
            f" LEFT JOIN {REGIONS} r ON r.kind = %s AND r.vintage = %s AND r.geoid = s.geoid",
            [self.kind, self.vintage],
        )
        self.cursor.execute(f"ANALYZE {DECIDED}")

    def count(self) -> dict[str, int]:
        """How many were inserted, updated and unchanged, and how many of all had to be repaired."""
        self.cursor.execute(f"SELECT outcome, count(*) FROM {DECIDED} GROUP BY outcome")  # noqa: S608 - as above
        counts = {"inserted": 0, "updated": 0, "unchanged": 0, **dict(self.cursor.fetchall())}
        self.cursor.execute(f"SELECT count(*) FROM {DECIDED} WHERE repaired")  # noqa: S608 - as above
        return {**counts, "repaired": self.cursor.fetchone()[0]}

    def changes(self, most: int) -> list[str]:
        """The first of the regions that were inserted or updated, for a person to look at."""
        self.cursor.execute(
            f"SELECT outcome, geoid, full_name FROM {DECIDED} WHERE outcome <> 'unchanged'"  # noqa: S608 - as above
            " ORDER BY outcome DESC, geoid LIMIT %s",
            [most],
        )
        return [f"{geoid} {full_name}: {outcome}" for outcome, geoid, full_name in self.cursor.fetchall()]

    def absent(self) -> list[str]:
        """Regions of the layer, in the states that the source is about, that the source does not have: they stay."""
        self.cursor.execute(
            f"SELECT geoid, full_name FROM {REGIONS} WHERE kind = %s AND vintage = %s"  # noqa: S608 - as above
            f" AND state_fips IN (SELECT state_fips FROM {DECIDED})"
            f" AND NOT EXISTS (SELECT 1 FROM {DECIDED} d WHERE d.geoid = {REGIONS}.geoid) ORDER BY geoid",
            [self.kind, self.vintage],
        )
        return [f"{geoid} {full_name}" for geoid, full_name in self.cursor.fetchall()]

    def drop(self) -> None:
        self.cursor.execute(f"DROP TABLE {STAGED}")
        self.cursor.execute(f"DROP TABLE {DECIDED}")


class _CopyStream:
    """A file of PostgreSQL's binary COPY format; its manual, "COPY", section "Binary Format"."""

    _BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
    _END = b"\xff\xff"
    _COLUMN_COUNT = struct.pack(">h", len(_LOADED_COLUMNS))

    def __init__(self, records: Iterable[StagedRecord]) -> None:
        self._pieces = self._encoded(records)
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        """The next piece, of at least _COPY_CHUNK_BYTES: psycopg2 takes more than it asks for."""
        del size
        found = bytearray()
        try:
            while len(found) < _COPY_CHUNK_BYTES and (piece := next(self._pieces, None)):
                found += piece
        except BaseException as error:
            self.error = error
            raise
        return bytes(found)

    def _encoded(self, records: Iterable[StagedRecord]) -> Iterator[bytes | bytearray]:
        yield self._BEGIN
        for one in records:
            row = bytearray(self._COLUMN_COUNT)
            for column in self._columns(one):
                row += _SIZE.pack(len(column))
                row += column
            yield row
        yield self._END

    def _columns(self, one: StagedRecord) -> Iterator[bytes]:
        yield _SIZE.pack(one.key)
        for value in _values_of(one.attributes):
            yield struct.pack(">q", value) if isinstance(value, int) else value.encode()
        yield bytes([one.mended])
        yield one.ewkb


def _once() -> str:
    """What keeps a subquery from being merged into the query around it, which would compute its shapes again."""
    # Quoted it is a bigint from the start; 0 would become one later than the planner rules out parallel workers.
    return "LIMIT -1" if connection.vendor == "sqlite" else "OFFSET '0'"


def _mended() -> tuple[str, Sequence[Any]]:
    """A query of the loaded records with their shapes in WGS 84 and valid, and what bounds them."""
    transform, parameters = _sql(Transform(_column("shape")))
    transformed = f"SELECT loaded.*, {transform} AS transformed FROM {LOADED} loaded {_once()}"  # noqa: S608 - as above
    valid = _sql(IsValid(_column("transformed")))[0]
    checked = f"SELECT t.*, {valid} AS is_valid FROM ({transformed}) t {_once()}"  # noqa: S608 - as above
    mend = _sql(ValidAreas(_column("transformed")))[0]
    mended = (
        f"SELECT c.*, mended OR NOT is_valid AS repaired, CASE WHEN is_valid THEN transformed ELSE {mend} END AS geometry"  # noqa: S608 - as above
        f" FROM ({checked}) c {_once()}"
    )
    sides = ", ".join(f"{_sql(bound)[0]} AS {side}" for side, bound in bounds(_column("geometry")).items())
    return f"SELECT m.*, {sides} FROM ({mended}) m {_once()}", parameters  # noqa: S608 - as above


def _number(name: str) -> RawSQL:
    return RawSQL(name, [], output_field=FloatField())  # noqa: S611 - as below


def _column(name: str) -> RawSQL:
    return RawSQL(name, [])  # noqa: S611 - names from this module


def _sql(expression: Func | RawSQL) -> tuple[str, Sequence[Any]]:
    """An expression of geometry.py as SQL, for statements that the ORM has no words for."""
    sql, parameters = Region.objects.all().query.get_compiler(connection=connection).compile(expression)
    return sql, list(parameters)
