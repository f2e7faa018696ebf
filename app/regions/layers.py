"""Bringing a layer, the regions of one kind and vintage, into step with its files; all of it is one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection, transaction

from app.regions.models import FIRST_VINTAGE, LAST_VINTAGE
from app.regions.parents import link_to_states
from app.regions.shapefiles import Record, Shapefile, read_shapefile
from app.regions.sources import DEFAULT_MAX_BYTES, SourceError, opened
from app.regions.staging import OFF_GLOBE, StagedRecord, Staging
from app.regions.succession import succeed
from app.regions.tiger import RejectedError, SkippedError, check_fields, geoid_of, read_attributes

SHOWN_CHANGES = 20


@dataclass(frozen=True)
class Rejection:
    """A record that did not become a region."""

    file: str
    record: int
    geoid: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}, record" if self.file else "record"
        return f"{where} {self.record} (GEOID {self.geoid or 'unknown'}): {self.reason}"


@dataclass
class ImportSummary:
    """What an import did. Every record read is in exactly one of inserted, updated, unchanged, skipped, rejected.

    Attributes:
        changes: the first regions that were inserted or updated, and which of the two.
        absent: regions that the layer has and the source lacks; they stay.
        vanished: regions of older layers whose ground this layer gives to other regions.
        outside: how many regions of older layers stay current, because this layer does not reach them.
    """

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    repaired: int = 0
    linked: int = 0
    outside: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejection] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


Watch = Callable[[Iterable[Record], int], Iterable[Record]]


def _unwatched(records: Iterable[Record], total: int) -> Iterable[Record]:
    del total
    return records


def import_layer(  # noqa: PLR0913 - what may be said about a source, by name
    sources: str | Path | Sequence[str | Path],
    kind: str,
    vintage: int,
    *,
    states: Sequence[str] = (),
    encoding: str | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    watch: Watch = _unwatched,
) -> ImportSummary:
    """Insert and update the regions of one kind and vintage from their files; none is ever deleted.

    Args:
        sources: one or several, see `sources.opened`; together they are the layer.
        kind: one of RegionKind.
        vintage: year of the boundaries.
        states: FIPS codes of the only ones to take; all if not given.
        encoding: see `shapefiles.read_shapefile`.
        max_bytes: the most that is downloaded or unpacked of each source.
        watch: gets the records of a file and their number and hands the records on: a progress bar.

    Raises:
        SourceError: a source can't be used. Nothing was changed.
    """
    if not FIRST_VINTAGE <= vintage <= LAST_VINTAGE:
        raise SourceError(f"A vintage is a year from {FIRST_VINTAGE} to {LAST_VINTAGE}, not {vintage}.")
    paths = [sources] if isinstance(sources, str | Path) else sources
    with transaction.atomic(), connection.cursor() as cursor:
        staging = Staging(cursor, kind, vintage)
        reading = _Reading(kind, states, names_files=len(paths) > 1)
        for path in paths:
            with opened(str(path), max_bytes) as parts:
                shapefile = read_shapefile(parts, encoding)
                check_fields(kind, shapefile.fields)
                staging.load(reading.records(shapefile, watch))
        reading.take_out(staging.prepare())
        staging.write()
        summary = reading.summary
        for name, count in staging.count().items():
            setattr(summary, name, count)
        _refuse_if_empty(summary, kind)
        summary.changes = staging.changes(SHOWN_CHANGES)
        summary.absent = staging.absent()
        staging.drop()
        _after(summary, kind, vintage)
        return summary


def _after(summary: ImportSummary, kind: str, vintage: int) -> None:
    """What follows from the layer's regions, in the same transaction; a step that derives more from them is added here."""
    succession = succeed(kind, vintage)
    summary.vanished, summary.outside = succession.vanished, succession.outside
    summary.linked = link_to_states(kind, vintage)


def _refuse_if_empty(summary: ImportSummary, kind: str) -> None:
    if not summary.inserted + summary.updated + summary.unchanged:
        first = f": {summary.rejected[0]}" if summary.rejected else ""
        raise SourceError(f"None of its {summary.read} records is a region of kind {kind}{first}.")


class _Reading:
    """The records of a layer's files on their way to the database, each counted once."""

    def __init__(self, kind: str, states: Sequence[str], *, names_files: bool) -> None:
        self.kind, self.states = kind, frozenset(states)
        self.names_files = names_files
        self.summary = ImportSummary()
        self.files: list[tuple[int, str]] = []
        self.key_by_geoid: dict[str, int] = {}

    def records(self, shapefile: Shapefile, watch: Watch) -> Iterator[StagedRecord]:
        """What of a file is accepted; the rest goes to the summary."""
        offset = self.summary.read
        self.files.append((offset, shapefile.shp.stem if self.names_files else ""))
        self.summary.notices += [one for one in shapefile.notices if one not in self.summary.notices]
        for record in watch(shapefile, len(shapefile)):
            self.summary.read += 1
            try:
                yield self._staged(record, offset + record.number)
            except SkippedError as reason:
                self.summary.skipped[str(reason)] += 1
            except RejectedError as reason:
                self._reject(offset + record.number, geoid_of(record, self.kind), str(reason))

    def _staged(self, record: Record, key: int) -> StagedRecord:
        attributes = read_attributes(record, self.kind)
        if self.states and attributes.state_fips not in self.states:
            raise SkippedError("of a state that was not asked for")
        if record.is_off_globe:
            raise RejectedError(OFF_GLOBE)
        if record.shape is None:
            raise RejectedError("it has no shape")
        first = self.key_by_geoid.setdefault(attributes.geoid, key)
        if first != key:
            file, number = self._place(first)
            where = f"{file}, record {number}" if file else f"record {number}"
            raise RejectedError(f"this GEOID comes before, in {where}")
        return StagedRecord(key, attributes, record.shape.ewkb, record.shape.mended)

    def take_out(self, found: Iterable[tuple[int, str, str]]) -> None:
        """Note the records that the database rejected."""
        for key, geoid, reason in found:
            self._reject(key, geoid, reason)
        order = {file: offset for offset, file in self.files}
        self.summary.rejected.sort(key=lambda one: order[one.file] + one.record)

    def _reject(self, key: int, geoid: str, reason: str) -> None:
        file, number = self._place(key)
        self.summary.rejected.append(Rejection(file, number, geoid, reason))

    def _place(self, key: int) -> tuple[str, int]:
        """The file and number of a record."""
        offset, file = [one for one in self.files if one[0] < key][-1]
        return file, key - offset
