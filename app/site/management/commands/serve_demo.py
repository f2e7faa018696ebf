"""`make run`: brings the demo's database up to date, works the job queue off in a thread and serves on 127.0.0.1."""

import contextlib
import errno
import logging
import os
import re
import secrets
import signal
import socket
import threading
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.urls import reverse
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.signals import task_finished
from django_tasks_db.management.commands.db_worker import Worker

from app.accounts.models import User
from app.mail.tasks import send_mail

HOST = "127.0.0.1"
USERNAME = "demo"
_ROLES = ("administrator", "moderator")
_LAST_PORT = 65535
_POLL_SECONDS = 0.5
_STOP_SECONDS = 5

logger = logging.getLogger(__name__)


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
        task_finished.connect(self._say_mail, dispatch_uid="serve_demo")
        jobs = JobThread()
        jobs.start()
        try:
            call_command("runserver", f"{HOST}:{port}", use_reloader=False, stdout=self.stdout)
        finally:
            jobs.stop()

    def _say_mail(self, task_result: TaskResult[Any], **_: Any) -> None:
        if task_result.task.module_path != send_mail.module_path:
            return
        if task_result.status != TaskResultStatus.SUCCESSFUL:
            return
        to, subject, body = task_result.args
        links = " ".join(re.findall(r"https?://\S+", body))
        self.stdout.write(self.style.SUCCESS(f"Mail to {to}: {subject} {links}"))
        self.stdout.flush()


class JobThread(threading.Thread):
    """Works the task queue off until it is stopped."""

    def __init__(self) -> None:
        super().__init__(name="jobs", daemon=True)
        self._stopped = threading.Event()
        self._worker = Worker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=_POLL_SECONDS,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=f"demo-{os.getpid()}",
        )

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._worker.run()
            except DatabaseError:
                logger.exception("the job queue could not be read; trying again")
                self._stopped.wait(_POLL_SECONDS)

    def stop(self) -> None:
        """Let the task at hand finish, and wait for that."""
        self._stopped.set()
        self._worker.running = False
        self.join(_STOP_SECONDS)


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
