"""Locates all stakeholders in the layers of regions that are there, as an import does in its own.

Each layer is a transaction: what was done before it was stopped stays done, and a second run writes only what differs.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from app.regions.models import Region, RegionKind
from app.regions.time_limits import allow_time
from app.stakeholders.assignment import assign_layer


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=RegionKind.values, help="only this kind")
        parser.add_argument("--vintage", type=int, help="only this vintage")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        wanted = {name: options[name] for name in ("kind", "vintage") if options[name] is not None}
        layers = (
            Region.objects.filter(**wanted)
            .order_by("kind", "vintage")
            .values_list("kind", "vintage")
            .distinct()
        )
        if not layers:
            raise CommandError("There is no such layer: import one with import_tiger.")
        for kind, vintage in layers:
            with transaction.atomic():
                allow_time()
                assignment = assign_layer(kind, vintage)
            if options["verbosity"] > 0:
                self.stdout.write(
                    f"{kind} {vintage}: {assignment.placed} stakeholders located,"
                    f" {assignment.changed} of them newly or in another region than before."
                )
