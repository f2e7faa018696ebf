"""Loads the demo's shapes, campaigns and endorsements into a developer's database; a second call changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.regions.sources import SourceError
from app.site.demo.loading import load_demo


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        del args, options
        if settings.STAGE != "local":
            raise CommandError(f"Invented endorsements have no place in stage {settings.STAGE}.")
        try:
            load_demo(self.stdout.write)
        except SourceError as error:
            raise CommandError(f"{error} Nothing was changed.") from error
