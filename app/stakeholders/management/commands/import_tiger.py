"""Imports one layer of regions from a TIGER/Line or cartographic-boundary shapefile, and locates everybody in it."""

import sys
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from app.regions.files import NotPublishedError, publish
from app.regions.layers import ImportSummary, import_layer
from app.regions.models import RegionKind
from app.regions.outlines import draw_layer
from app.regions.shapefiles import Record
from app.regions.sources import GIBIBYTE, SourceError
from app.stakeholders.assignment import LayerAssignment, assign_layer


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="a zip, a folder, or the https address of a zip")
        parser.add_argument("--kind", required=True, choices=RegionKind.values)
        parser.add_argument("--vintage", required=True, type=int, help="year of the boundaries, as 2016")
        parser.add_argument(
            "--encoding", help="of the attributes, if the source does not say it or says it wrong"
        )
        parser.add_argument(
            "--max-gib", type=float, default=2, help="the most that is downloaded or unpacked (default: 2)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        shows_bar = options["verbosity"] > 0 and sys.stderr.isatty()

        def watch(records: Iterable[Record], total: int) -> Iterable[Record]:
            return tqdm(records, total=total, unit=" records", disable=not shows_bar)

        layer = (options["kind"], options["vintage"])
        try:
            with transaction.atomic():
                summary = import_layer(
                    options["source"],
                    *layer,
                    encoding=options["encoding"],
                    max_bytes=int(options["max_gib"] * GIBIBYTE),
                    watch=watch,
                )
                maps = draw_layer(*layer)
                assignment = assign_layer(*layer)
        except SourceError as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        if options["verbosity"] > 0:
            self._report(summary, assignment)
        try:
            publish(maps)
        except NotPublishedError as error:
            raise CommandError(f"The layer is imported. {error}") from error

    def _report(self, summary: ImportSummary, assignment: LayerAssignment) -> None:
        for notice in summary.notices:
            self.stdout.write(f"Note: {notice}")
        for reason, count in sorted(summary.skipped.items()):
            self.stdout.write(f"Skipped: {count} ({reason})")
        for rejection in summary.rejected:
            self.stdout.write(self.style.WARNING(f"Rejected: {rejection}"))
        self.stdout.write(
            f"{summary.read} records: {summary.inserted} inserted, {summary.updated} updated,"
            f" {summary.unchanged} unchanged, {summary.skipped.total()} skipped, {len(summary.rejected)} rejected."
        )
        self.stdout.write(
            f"{summary.repaired} shapes repaired, {summary.linked} regions linked to their state."
        )
        self.stdout.write(
            f"{assignment.placed} stakeholders located in this layer,"
            f" {assignment.changed} of them newly or in another region than before."
        )
