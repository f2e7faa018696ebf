"""The temporary table that a layer's records go through, where the database transforms and mends the shapes.

PostgreSQL takes them by binary COPY, SQLite by INSERT; the statements after that are the part that both share.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import islice
from typing import Any, ClassVar

from django.db import DatabaseError, connection, reset_queries
from django.db.backends.utils import CursorWrapper
from django.db.models import BinaryField, FloatField, Func, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Least
from django.utils import timezone

from app.regions.geometry import (
    AsEWKB,
    IsValid,
    Simplify,
    Transform,
    ValidAreas,
    bounds,
    size_degrees,
)
from app.regions.models import Region
from app.regions.tiger import LAYOUTS, OUTLINE_TOLERANCE_OF_SIZE, Attributes

REGIONS = Region._meta.db_table  # noqa: SLF001 - Django's public name
STAGED = "regions_staged"
# Ten values a row: SQLite before 3.32 takes 999 in one statement.
_BATCH_RECORDS = 80
_COPY_CHUNK_BYTES = 1 << 17
_BINARY: BinaryField[bytes, bytes] = BinaryField()
_ATTRIBUTES = [column.name for column in fields(Attributes)]
_BOUNDS = ("west", "south", "east", "north")
_SHAPES = ("geometry", "outline")
_COLUMNS = (*_ATTRIBUTES, *_BOUNDS, *_SHAPES)
_LOADED = ("record", *_ATTRIBUTES, "repaired", "shape")
_CREATE = f"""
    CREATE TEMPORARY TABLE {STAGED} (
        record integer PRIMARY KEY, geoid varchar(14), name varchar(100), full_name varchar(140),
        state_fips varchar(2), usps varchar(2), land_area_m2 bigint, water_area_m2 bigint,
        shape geometry, repaired boolean, geometry geometry, outline geometry,
        west double precision, south double precision, east double precision, north double precision,
        outcome varchar(9)
    )
"""
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
        cursor.execute(_CREATE)
        if connection.vendor == "postgresql":
            # Compressing doubles takes longer than everything else and gains little.
            cursor.execute(
                f"ALTER TABLE {STAGED} ALTER shape SET STORAGE EXTERNAL, ALTER geometry SET STORAGE EXTERNAL"
            )

    def load(self, records: Iterable[StagedRecord]) -> None:
        if connection.vendor == "postgresql":
            statement = f"COPY {STAGED} ({', '.join(_LOADED)}) FROM STDIN (FORMAT binary)"
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
        row_sql = f"({', '.join(['%s'] * (len(_LOADED) - 1))}, ST_GeomFromEWKB(%s))"
        left = iter(records)
        while batch := list(islice(left, _BATCH_RECORDS)):
            values = [
                (
                    one.key,
                    *astuple(one.attributes),
                    one.mended,
                    _BINARY.get_db_prep_value(one.ewkb, connection),
                )
                for one in batch
            ]
            self.cursor.execute(
                f"INSERT INTO {STAGED} ({', '.join(_LOADED)}) VALUES {', '.join([row_sql] * len(batch))}",  # noqa: S608 - names from this module, values as parameters
                [value for row in values for value in row],
            )
            # With DEBUG on, Django keeps every statement, and these hold whole shapes.
            reset_queries()

    def prepare(self) -> Iterator[tuple[int, str, str]]:
        """Transform, mend and simplify; yields the key, the GEOID and the reason of each record that has to go."""
        yield from self._taken_out(f"NOT ({_on_globe()})", OFF_GLOBE)
        geometry = _column("geometry")
        self._update(geometry=Transform(_column("shape")), shape=_column("NULL"))
        self._update(repaired=_column(f"repaired OR NOT {_sql(IsValid(geometry))[0]}"))
        self._update("repaired", geometry=ValidAreas(geometry))
        self._update(**bounds(geometry))
        # The bounds of an empty shape are NULL in both dialects.
        yield from self._taken_out("west IS NULL", NO_AREA)
        coarsest = Value(LAYOUTS[self.kind].outline_tolerance_degrees, output_field=FloatField())
        tolerance = Least(coarsest, size_degrees(geometry) * OUTLINE_TOLERANCE_OF_SIZE)
        # Simplified one by one, the parts of a shape may come to cross each other.
        self._update(outline=ValidAreas(Simplify(geometry, tolerance)))

    def _taken_out(self, where: str, reason: str) -> list[tuple[int, str, str]]:
        self.cursor.execute(f"SELECT record, geoid FROM {STAGED} WHERE {where}")  # noqa: S608 - as above
        found = [(key, geoid, reason) for key, geoid in self.cursor.fetchall()]
        if found:
            self.cursor.execute(f"DELETE FROM {STAGED} WHERE {where}")  # noqa: S608 - as above
        return found

    def _update(self, where: str = "TRUE", /, **expressions: Any) -> None:
        compiled = {column: _sql(expression) for column, expression in expressions.items()}
        assignments = ", ".join(f"{column} = {sql}" for column, (sql, _) in compiled.items())
        parameters = [value for _, values in compiled.values() for value in values]
        self.cursor.execute(f"UPDATE {STAGED} SET {assignments} WHERE {where}", parameters)  # noqa: S608 - as above

    def write(self) -> None:
        """Insert what is new, update what differs."""
        # Right after a bulk load the planner knows nothing of either table and may compare every shape with every other.
        self.cursor.execute(f"ANALYZE {STAGED}")
        self.cursor.execute(f"ANALYZE {REGIONS}")
        self._decide()
        columns = ", ".join(_COLUMNS)
        taken_over = ", ".join(f"{column} = excluded.{column}" for column in (*_COLUMNS, "updated_at"))
        self.cursor.execute(
            f"INSERT INTO {REGIONS} (kind, vintage, updated_at, {columns})"  # noqa: S608 - as above
            f" SELECT %s, %s, %s, {columns} FROM {STAGED} WHERE outcome <> 'unchanged' ORDER BY record"
            f" ON CONFLICT (kind, vintage, geoid) DO UPDATE SET {taken_over}",
            [self.kind, self.vintage, connection.ops.adapt_datetimefield_value(timezone.now())],
        )
        self.cursor.execute(f"ANALYZE {REGIONS}")

    def _decide(self) -> None:
        same = f"SELECT 1 FROM {REGIONS} r WHERE r.kind = %s AND r.vintage = %s AND r.geoid = {STAGED}.geoid"  # noqa: S608 - as above
        equal = [f"r.{column} = {STAGED}.{column}" for column in (*_ATTRIBUTES, *_BOUNDS)]
        for column in _SHAPES:
            ours, theirs = (_sql(AsEWKB(_column(f"{table}.{column}")))[0] for table in ("r", STAGED))
            equal.append(f"{ours} = {theirs}")
        self.cursor.execute(
            f"UPDATE {STAGED} SET outcome = CASE WHEN NOT EXISTS ({same}) THEN 'inserted'"  # noqa: S608 - as above
            f" WHEN EXISTS ({same} AND {' AND '.join(equal)}) THEN 'unchanged' ELSE 'updated' END",
            [self.kind, self.vintage] * 2,
        )

    def count(self) -> dict[str, int]:
        """How many were inserted, updated and unchanged, and how many of all had to be repaired."""
        self.cursor.execute(f"SELECT outcome, count(*) FROM {STAGED} GROUP BY outcome")  # noqa: S608 - as above
        counts = {"inserted": 0, "updated": 0, "unchanged": 0, **dict(self.cursor.fetchall())}
        self.cursor.execute(f"SELECT count(*) FROM {STAGED} WHERE repaired")  # noqa: S608 - as above
        return {**counts, "repaired": self.cursor.fetchone()[0]}

    def changes(self, most: int) -> list[str]:
        """The first of the regions that were inserted or updated, for a person to look at."""
        self.cursor.execute(
            f"SELECT outcome, geoid, full_name FROM {STAGED} WHERE outcome <> 'unchanged'"  # noqa: S608 - as above
            " ORDER BY outcome DESC, geoid LIMIT %s",
            [most],
        )
        return [f"{geoid} {full_name}: {outcome}" for outcome, geoid, full_name in self.cursor.fetchall()]

    def absent(self) -> list[str]:
        """Regions of the layer, in the states that the source is about, that the source does not have: they stay."""
        self.cursor.execute(
            f"SELECT geoid, full_name FROM {REGIONS} WHERE kind = %s AND vintage = %s"  # noqa: S608 - as above
            f" AND state_fips IN (SELECT state_fips FROM {STAGED})"
            f" AND geoid NOT IN (SELECT geoid FROM {STAGED}) ORDER BY geoid",
            [self.kind, self.vintage],
        )
        return [f"{geoid} {full_name}" for geoid, full_name in self.cursor.fetchall()]

    def drop(self) -> None:
        self.cursor.execute(f"DROP TABLE {STAGED}")


class _CopyStream:
    """A file of PostgreSQL's binary COPY format; its manual, "COPY", section "Binary Format"."""

    _BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
    _END = b"\xff\xff"
    _COLUMN_COUNT = struct.pack(">h", len(_LOADED))
    _INTEGERS: ClassVar[dict[str, str]] = {"land_area_m2": ">q", "water_area_m2": ">q"}

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

    def _encoded(self, records: Iterable[StagedRecord]) -> Iterator[bytes]:
        yield self._BEGIN
        for one in records:
            columns = [
                struct.pack(">i", one.key),
                *(
                    self._attribute(name, value)
                    for name, value in zip(_ATTRIBUTES, astuple(one.attributes), strict=True)
                ),
                bytes([one.mended]),
                one.ewkb,
            ]
            yield self._COLUMN_COUNT + b"".join(
                part for column in columns for part in (struct.pack(">i", len(column)), column)
            )
        yield self._END

    def _attribute(self, name: str, value: str | int) -> bytes:
        return struct.pack(self._INTEGERS[name], value) if name in self._INTEGERS else str(value).encode()


def _on_globe() -> str:
    box = {side: _sql(bound)[0] for side, bound in bounds(_column("shape")).items()}
    return (
        f"{box['west']} >= -180 AND {box['east']} <= 180 AND {box['south']} >= -90 AND {box['north']} <= 90"
    )


def _column(name: str) -> RawSQL:
    return RawSQL(name, [])  # noqa: S611 - names from this module


def _sql(expression: Func | RawSQL) -> tuple[str, Sequence[Any]]:
    """An expression of geometry.py as SQL, for statements that the ORM has no words for."""
    sql, parameters = Region.objects.all().query.get_compiler(connection=connection).compile(expression)
    return sql, list(parameters)
