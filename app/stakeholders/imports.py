"""Importing a layer of regions together with the people in it, on the record."""

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from app.regions.downloads import fetch
from app.regions.files import MapFile, NotPublishedError, publish
from app.regions.import_lock import import_lock
from app.regions.layers import ImportSummary, Watch, import_layer
from app.regions.models import ImportRun
from app.regions.outlines import draw_layer
from app.regions.sources import NotThereError, is_remote, sha256_of
from app.regions.time_limits import allow_time
from app.stakeholders.assignment import LayerAssignment, assign_layer


@dataclass(frozen=True)
class LayerSource:
    """What to import.

    Attributes:
        sources: see `sources.opened`; together they are the layer.
        optional: those that may not be there.
        downloads: where remote sources are kept.
        options: the named arguments of `layers.import_layer`.
        draws_maps: if not, the maps stay as they were until `draw_maps`.
    """

    kind: str
    vintage: int
    sources: Sequence[str]
    downloads: Path
    max_bytes: int
    optional: frozenset[str] = frozenset()
    options: dict[str, Any] = field(default_factory=dict)
    draws_maps: bool = True


@dataclass(frozen=True)
class Imported:
    """What an import, or a dry run of one, did.

    Attributes:
        unpublished: why the files of the layer's maps were not written; all else is done.
    """

    summary: ImportSummary
    assignment: LayerAssignment
    unpublished: str = ""


def run_import(layer: LayerSource, watch: Watch, tell: Callable[[str], object], *, dry_run: bool) -> Imported:
    """Fetch a layer's files and bring it, and everybody's place in it, into step with them.

    Args:
        layer: what to import.
        watch: see `layers.import_layer`.
        tell: takes a line about what takes its time.
        dry_run: do all of it and take it back; then there is no record of it either.

    Raises:
        SourceError: a source can't be used, or another import is running. Nothing was changed.
    """
    with import_lock():
        # Whoever held the lock before is gone, so what still claims to run was killed.
        ImportRun.objects.unfinished().update(status=ImportRun.Status.KILLED, finished_at=timezone.now())
        if dry_run:
            paths, notices = _fetched(layer, tell)
            return _in_step(layer, paths, notices, watch, None)[0]
        run = ImportRun.objects.create(
            kind=layer.kind, vintage=layer.vintage, source="\n".join(layer.sources)
        )
        try:
            paths, notices = _fetched(layer, tell)
            _note_files(run, paths)
            imported, maps = _in_step(layer, paths, notices, watch, run)
        except BaseException as error:
            _note_failure(run, error)
            raise
        # Still under the lock: maps that somebody else draws meanwhile would be replaced by older ones.
        return replace(imported, unpublished=_unpublished(maps))


def _unpublished(maps: list[MapFile]) -> str:
    try:
        publish(maps)
    except NotPublishedError as error:
        return str(error)
    return ""


def _fetched(layer: LayerSource, tell: Callable[[str], object]) -> tuple[dict[str, Path], list[str]]:
    """The layer's files on this machine by source, and a notice for each that is not there and may be missing."""
    paths: dict[str, Path] = {}
    notices: list[str] = []
    for source in layer.sources:
        try:
            paths[source] = _local(source, layer, tell)
        except NotThereError as error:
            if source not in layer.optional:
                raise
            notices.append(f"Left out: {error}")
    return paths, notices


def _local(source: str, layer: LayerSource, tell: Callable[[str], object]) -> Path:
    if is_remote(source):
        tell(f"Fetching {source}")
        return fetch(source, layer.downloads, layer.max_bytes)
    if not Path(source).exists():
        raise NotThereError(f"{source} does not exist.")
    return Path(source)


def _note_files(run: ImportRun, paths: Mapping[str, Path]) -> None:
    run.files = [
        {
            "name": source.rstrip("/").rpartition("/")[2],
            "bytes": path.stat().st_size if path.is_file() else None,
            "sha256": sha256_of(path),
        }
        for source, path in paths.items()
    ]
    listing = "".join(f"{file['sha256']}  {file['name']}\n" for file in run.files)
    run.checksum = (
        run.files[0]["sha256"] if len(run.files) == 1 else hashlib.sha256(listing.encode()).hexdigest()
    )
    run.save(update_fields=["files", "checksum"])


@transaction.atomic
def _in_step(
    layer: LayerSource, paths: Mapping[str, Path], notices: Sequence[str], watch: Watch, run: ImportRun | None
) -> tuple[Imported, list[MapFile]]:
    """All that an import changes: its regions, the people in them and the record that it did, or nothing of it.

    Returns:
        The files of the layer's maps too, to be published after this transaction; a dry run draws none.
    """
    allow_time()
    summary = import_layer(
        list(paths.values()),
        layer.kind,
        layer.vintage,
        max_bytes=layer.max_bytes,
        watch=watch,
        **layer.options,
    )
    summary.notices[:0] = notices
    # Before the assignment, which lets nobody be located until the end.
    maps = draw_layer(layer.kind, layer.vintage) if run and layer.draws_maps else []
    imported = Imported(summary, assign_layer(layer.kind, layer.vintage))
    if run is None:
        transaction.set_rollback(True)
    else:
        _note_success(run, imported)
    return imported, maps


def _note_success(run: ImportRun, imported: Imported) -> None:
    summary = imported.summary
    for name in (
        "read",
        "inserted",
        "updated",
        "unchanged",
        "repaired",
        "linked",
        "absent",
        "vanished",
        "notices",
    ):
        setattr(run, name, getattr(summary, name))
    run.skipped, run.skipped_by_reason = summary.skipped.total(), dict(summary.skipped)
    run.rejected, run.rejections = len(summary.rejected), [str(one) for one in summary.rejected]
    run.placed, run.moved = imported.assignment
    run.status, run.finished_at = ImportRun.Status.SUCCEEDED, timezone.now()
    run.save()


def _note_failure(run: ImportRun, error: BaseException) -> None:
    # Without a connection the run stays marked as running, and is known for a killed one by its lock.
    with contextlib.suppress(DatabaseError):
        ImportRun.objects.filter(pk=run.pk).update(
            status=ImportRun.Status.FAILED,
            error=f"{type(error).__name__}: {error}".splitlines()[0],
            finished_at=timezone.now(),
        )
