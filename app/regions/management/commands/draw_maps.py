"""Draws the maps of layers again and publishes their files: after an import that was killed before its end."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.regions.files import MapFile, NotPublishedError, publish
from app.regions.models import Region, RegionKind
from app.regions.outlines import draw_layer


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
            files = draw_layer(kind, vintage)
            size = sum(len(file.content) for file in files)
            self.stdout.write(
                f"{kind} {vintage}: {len(files)} files, {size / 1000:,.0f} kB; {_publish(files)}."
            )


def _publish(files: list[MapFile]) -> str:
    try:
        return "published" if publish(files) else "REGION_FILES is not set, so none is published"
    except NotPublishedError as error:
        raise CommandError(str(error)) from error
