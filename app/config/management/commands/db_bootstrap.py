"""`make db-bootstrap`: the stage's database, its role after the secret of DATABASE_SECRET, and its extensions."""

from typing import Any

import psycopg2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.config.postgresql.bootstrap import Application, BootstrapError, bootstrap
from app.config.secrets import SecretUnreadableError, database_credentials


class Command(BaseCommand):
    help = "Make or mend this stage's database, its role and extensions, as the server's master user"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--master-secret", required=True, help="name of the master user's secret")
        parser.add_argument("--host", required=True, help="the instance itself: a proxy knows no master user")
        parser.add_argument("--port", default="5432")

    def handle(self, *, master_secret: str, host: str, port: str, **options: Any) -> None:
        del options
        entry = settings.DATABASES["default"]
        if "CREDENTIALS_SECRET" not in entry:
            raise CommandError("DATABASE_SECRET is not set: it says which role to make, by which password.")
        try:
            # Not what the settings read when this process began: the password may be a newer one.
            own = database_credentials(entry["CREDENTIALS_SECRET"])
            master = database_credentials(master_secret)
        except SecretUnreadableError as error:
            raise CommandError(f"{error}.") from None
        server = {"host": host, "port": port, "user": master["username"], "password": master["password"]}
        application = Application(own["username"], own["password"], entry["NAME"])
        try:
            made = bootstrap({**entry["OPTIONS"], **server}, application)
        except BootstrapError as error:
            raise CommandError(str(error)) from None
        except psycopg2.Error as error:
            # Only the first line: the others repeat the statement.
            raise CommandError(f"The server refused: {str(error).partition(chr(10))[0]}") from None
        self.stdout.write(f"made {', '.join(made)}" if made else "all was there; password and grants are set")
