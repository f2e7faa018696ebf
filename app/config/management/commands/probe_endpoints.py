"""Which of the endpoints that a stage calls are reached from here: `make doctor` asks it of the -ops function."""

from typing import Any

from botocore.exceptions import BotoCoreError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.config import endpoints


class Command(BaseCommand):
    help = "Connect to every endpoint that the application calls, and say which are reached"
    # A stage whose database is not reached is one to ask.
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        del options
        try:
            wanted = endpoints.targets(settings.DATABASES["default"])
        except BotoCoreError as error:
            raise CommandError(f"{error} On a machine of your own set AWS_REGION.") from None
        found = endpoints.probe_all(wanted)
        text = "\n".join([*(one.line for one in found), endpoints.summary(found)])
        if any(one.target.required and not one.reached for one in found):
            raise CommandError(f"This is reached, and this is not:\n{text}")
        self.stdout.write(text)
