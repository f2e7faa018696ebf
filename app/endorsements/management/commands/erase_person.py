"""Deletes all that is kept of who endorsed with an e-mail address, as they may ask for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import pluralize

from app.endorsements.services import erase


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address; a stakeholder whom staff have entered goes too")

    def handle(self, *, email: str, **options: Any) -> None:
        del options
        erased = erase(email)
        if not any(erased.values()):
            raise CommandError("Nothing is kept of this address.")
        told = ", ".join(f"{count} {what}{pluralize(count)}" for what, count in erased.items())
        self.stdout.write(f"Erased: {told}.")
