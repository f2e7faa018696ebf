"""Draws the maps of layers again and publishes their files: after an import that was killed before its end."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from app.regions.files import MapFile, NotPublishedError, publish
from app.regions.import_lock import import_lock
from app.regions.models import Region, RegionKind
from app.regions.outlines import draw_layer
from app.regions.sources import SourceError
from app.regions.time_limits import allow_time


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=RegionKind.values, help="all kinds if not given")
        parser.add_argument("--vintage", type=int, help="all vintages if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        given = {name: options[name] for name in ("kind", "vintage") if options[name] is not None}
        layers = Region.objects.filter(**given).order_by("kind", "vintage").values_list("kind", "vintage")
        found = list(layers.distinct())
        if not found:
            raise CommandError("No such regions are imported.")
        for kind, vintage in found:
            try:
                # An import of the layer in between would leave its new regions with the old files.
                with import_lock():
                    files = _draw(kind, vintage)
                    state = _publish(files)
            except SourceError as error:
                raise CommandError(str(error)) from error
            size = sum(len(file.content) for file in files)
            self.stdout.write(f"{kind} {vintage}: {len(files)} files, {size / 1000:,.0f} kB; {state}.")


@transaction.atomic
def _draw(kind: str, vintage: int) -> list[MapFile]:
    allow_time()
    return draw_layer(kind, vintage)


def _publish(files: list[MapFile]) -> str:
    try:
        return "published" if publish(files) else "REGION_FILES is not set, so none is published"
    except NotPublishedError as error:
        raise CommandError(str(error)) from error
