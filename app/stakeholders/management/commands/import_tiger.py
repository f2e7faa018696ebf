"""Imports layers of regions from TIGER/Line or cartographic-boundary shapefiles, and locates everybody in them."""

import contextlib
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from app.regions.census import ROOT, file_names, may_be_missing, state_codes
from app.regions.layers import ImportSummary
from app.regions.models import RegionKind
from app.regions.shapefiles import Record
from app.regions.sources import GIBIBYTE, SourceError, is_remote
from app.stakeholders.imports import Imported, LayerSource, run_import

_SHOWN_REGIONS = 20


class Command(BaseCommand):
    help = __doc__
    # They load every page and route, which takes as long as a county layer and 20 MB.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            nargs="*",
            help="zips, folders, or their https:// or s3:// addresses, which together are the layer;"
            " without any, the files that the Census Bureau has",
        )
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--kind", choices=RegionKind.values)
        which.add_argument("--all", action="store_true", help="every kind, one after the other")
        parser.add_argument("--vintage", required=True, type=int, help="year of the boundaries, as 2024")
        parser.add_argument("--states", default="", help="only these, as MD,VA or 24,51")
        parser.add_argument(
            "--from",
            dest="root",
            help="a folder, or an https:// or s3:// address, that holds the Bureau's files by their names",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )
        parser.add_argument(
            "--no-maps", action="store_true", help="draw none now: the maps stay as they are until draw_maps"
        )
        parser.add_argument(
            "--downloads",
            type=Path,
            help="keep what is downloaded here, and go on with what lies here already",
        )
        parser.add_argument(
            "--encoding", help="of the attributes, if the source does not say it or says it wrong"
        )
        parser.add_argument(
            "--max-gib",
            type=float,
            default=2,
            help="the most that is downloaded or unpacked of a file (default: 2)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        self.says = options["verbosity"] > 0
        self.unpublished: list[str] = []
        if options["source"] and (options["all"] or options["root"]):
            raise CommandError("Files by name are the layer of one --kind, without --from.")
        changed = "Nothing was changed."
        try:
            with _downloads(options["downloads"]) as downloads:
                for layer in list(_layers(options, downloads)):
                    imported = run_import(layer, self._watch, self._say, dry_run=options["dry_run"])
                    self._report(layer, imported, dry_run=options["dry_run"])
                    # The layers to come are not held up by files that maps in pages don't need.
                    if imported.unpublished:
                        self.unpublished.append(imported.unpublished)
                    if not options["dry_run"]:
                        changed = f"What came before it, up to {layer.kind}, is imported."
        except SourceError as error:
            raise CommandError(f"{error} {changed}") from error
        if self.unpublished:
            raise CommandError(f"All is imported. {self.unpublished[0]}")

    def _watch(self, records: Iterable[Record], total: int) -> Iterable[Record]:
        shows_bar = self.says and sys.stderr.isatty()
        return tqdm(records, total=total, unit=" records", disable=not shows_bar)

    def _say(self, line: str) -> None:
        if self.says:
            self.stdout.write(line)

    def _report(self, layer: LayerSource, imported: Imported, *, dry_run: bool) -> None:
        summary = imported.summary
        self._say(f"{layer.kind} {layer.vintage}:")
        for notice in summary.notices:
            self._say(f"Note: {notice}")
        for reason, count in sorted(summary.skipped.items()):
            self._say(f"Skipped: {count} ({reason})")
        for rejection in summary.rejected:
            self._say(self.style.WARNING(f"Rejected: {rejection}"))
        if dry_run:
            self._list("Would be changed", summary.changes, summary.inserted + summary.updated)
        self._list("Not in the source, stays", summary.absent)
        self._list("Vanished, its ground is in other regions now", summary.vanished)
        self._report_counts(summary, imported)
        if dry_run:
            self._say("Dry run: nothing was changed.")

    def _report_counts(self, summary: ImportSummary, imported: Imported) -> None:
        if summary.outside:
            self._say(f"{summary.outside} regions of older layers are outside of this one and stay current.")
        self._say(
            f"{summary.read} records: {summary.inserted} inserted, {summary.updated} updated,"
            f" {summary.unchanged} unchanged, {summary.skipped.total()} skipped, {len(summary.rejected)} rejected."
        )
        self._say(f"{summary.repaired} shapes repaired, {summary.linked} regions linked to their state.")
        self._say(
            f"{imported.assignment.placed} stakeholders located in this layer,"
            f" {imported.assignment.changed} of them newly or in another region than before."
        )

    def _list(self, what: str, regions: Sequence[str], total: int | None = None) -> None:
        for region in regions[:_SHOWN_REGIONS]:
            self._say(f"{what}: {region}")
        more = (len(regions) if total is None else total) - _SHOWN_REGIONS
        if more > 0:
            self._say(f"{what}: {more} more")


@contextlib.contextmanager
def _downloads(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="tiger-") as name:
        yield Path(name)


def _layers(options: dict[str, Any], downloads: Path) -> Iterator[LayerSource]:
    states = state_codes(options["states"])
    # States first, so that what comes after them finds its parents.
    for kind in RegionKind.values if options["all"] else [options["kind"]]:
        if states and kind == RegionKind.ZIP_AREA:
            if options["all"]:
                continue
            raise SourceError("ZIP areas belong to no state: leave --states out.")
        vintage = options["vintage"]
        names = [] if options["source"] else file_names(kind, vintage, states)
        by_source = {_place(name, options["root"]): name for name in names}
        yield LayerSource(
            kind=kind,
            vintage=vintage,
            sources=options["source"] or list(by_source),
            optional=frozenset(source for source, name in by_source.items() if may_be_missing(name)),
            downloads=downloads,
            max_bytes=int(options["max_gib"] * GIBIBYTE),
            options={"states": states, "encoding": options["encoding"]},
            draws_maps=not options["no_maps"],
        )


def _place(name: str, root: str | None) -> str:
    """Where a file of the Census Bureau is to be had."""
    if root is None:
        return f"{ROOT}/{name}"
    bare = name.rpartition("/")[2]
    if is_remote(root):
        return f"{root.rstrip('/')}/{bare}"
    unpacked = Path(root, bare.removesuffix(".zip")).with_suffix(".shp")
    return str(unpacked if unpacked.exists() else Path(root, bare))
