"""`make create-admin`: the first administrator, by a link that works once.

On a stage it is called so that what it prints goes to the operator and into no log (ops/administration.py).
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from app.accounts.administrators import Appointment, NotAppointedError, appoint
from app.accounts.models import User
from app.mail.addresses import normalise_email
from app.mail.links import absolute_link


class Command(BaseCommand):
    help = "Make an administrator, or find the one of this address, and print a link to choose a password"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="is also the name to sign in with")

    def handle(self, *, email: str, **options: Any) -> None:
        del options
        if User._meta.db_table not in connection.introspection.table_names():  # noqa: SLF001 - Django's documented Meta
            raise CommandError(
                "The database has no tables yet: `make run` makes them here, `make migrate` on a stage."
            )
        try:
            appointment = appoint(normalise_email(email))
        except NotAppointedError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{_what_was_done(appointment)}\n\n  {_link(appointment.user)}\n")


def _what_was_done(appointment: Appointment) -> str:
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    name, once = appointment.user.username, f"works once, for {hours} hours"
    if appointment.is_new:
        return f"{name} is an administrator now. This link {once}: open it and choose a password."
    if appointment.user.has_usable_password():
        return f"{name} exists and has a password, which holds until another is chosen. This link {once}."
    return f"{name} exists and never chose a password. Earlier links are void; this one {once}."


def _link(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return absolute_link("site:set-password", uid, default_token_generator.make_token(user))
