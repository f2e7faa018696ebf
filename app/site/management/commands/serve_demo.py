"""`make run`: brings the demo's database up to date, works the job queue off in a thread and serves on 127.0.0.1."""

import contextlib
import errno
import os
import secrets
import signal
import socket
import threading
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from app.accounts.models import User
from app.jobs.worker import work_until

HOST = "127.0.0.1"
USERNAME = "demo"
_ROLES = ("administrator", "moderator", "outreach")
_LAST_PORT = 65535
_STOP_SECONDS = 5


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        port: int = options["port"]
        if settings.STAGE != "local":
            raise CommandError(f"This serves a demo on a developer's machine, not in stage {settings.STAGE}.")
        _refuse_busy(port)
        with contextlib.suppress(KeyboardInterrupt):
            self._run(port)

    def _run(self, port: int) -> None:
        if "PUBLIC_URL" not in os.environ:
            # Nothing has read it yet: it is what the links in mails begin with.
            settings.PUBLIC_URL = f"http://{HOST}:{port}"
        call_command("migrate", verbosity=0)
        call_command("load_demo", stdout=self.stdout)
        password = renew_account()
        self._say_where(password)
        self._serve(port)

    def _say_where(self, password: str) -> None:
        where = settings.PUBLIC_URL
        rows = {
            "Pages": f"{where}/",
            "Influencers": f"{where}{reverse('site:staff-home')}   sign in as {USERNAME}, as below",
            "Staff area": f"{where}{reverse('admin:index')}   sign in as {USERNAME} with {password}",
            "API": f"{where}{reverse('api:docs')}",
            "Mails": f"{getattr(settings, 'EMAIL_FILE_PATH', 'as EMAIL_URL says')}   their links also appear below",
        }
        self.stdout.write("\nCoalition Builder, with demo data. Ctrl-C ends it; the data stay.\n\n")
        for name, value in rows.items():
            self.stdout.write(f"  {name:<12}{value}")
        self.stdout.write("")
        self.stdout.flush()

    def _serve(self, port: int) -> None:
        # A background job of a shell ignores Ctrl-C, and a plain `kill` would end the job thread in mid-mail.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
        stop = threading.Event()
        jobs = threading.Thread(target=work_until, args=(stop,), name="jobs", daemon=True)
        jobs.start()
        try:
            call_command("runserver", f"{HOST}:{port}", use_reloader=False, stdout=self.stdout)
        finally:
            stop.set()
            jobs.join(_STOP_SECONDS)


def renew_account() -> str:
    """Give the demo's member of staff a new password and their roles.

    Returns:
        The password, which is kept nowhere else.
    """
    password = secrets.token_urlsafe(9)
    user, _ = User.objects.get_or_create(username=USERNAME, defaults={"email": "demo@example.org"})
    user.is_staff = user.is_active = True
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name__in=_ROLES))
    return password


def _refuse_busy(port: int) -> None:
    if not 0 < port <= _LAST_PORT:
        raise CommandError(f"PORT is a number from 1 to {_LAST_PORT}, not {port}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            reasons = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs a privilege"}
            reason = reasons.get(error.errno or 0, str(error))
            raise CommandError(f"Port {port} {reason}. Choose another: make run PORT={port + 1}") from error
