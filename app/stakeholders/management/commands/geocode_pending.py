"""Works off what waits for the IPv4 internet, as the look-up of addresses. Runs where that is: in the Fargate task."""

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from app.jobs import INTERNET_QUEUE
from app.jobs.worker import work_off
from app.regions.geocoding import forget_old_answers, known_of
from app.stakeholders.models import Stakeholder
from app.stakeholders.tasks import request_location, unfinished_look_ups

# Stakeholders whose answers are asked for at once.
_BATCH = 1000


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--minutes", type=float, default=10, help="no look-up begins later (default: %(default)s)"
        )
        parser.add_argument(
            "--everybody",
            action="store_true",
            help="queue also those with an address and no coordinates whom no job waits for, as after GEOCODER was none",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        forgotten = forget_old_answers()
        if options["everybody"]:
            self.stdout.write(f"{_queue_everybody()} more addresses queued.")
        done = work_off(seconds=60 * options["minutes"], queues=[INTERNET_QUEUE])
        told = ", ".join(f"{count} {what}" for what, count in sorted(done.items())) or "nothing was waiting"
        left = DBTaskResult.objects.filter(queue_name=INTERNET_QUEUE, status=TaskResultStatus.READY).count()
        self.stdout.write(f"Jobs: {told}; {left} left for later. {forgotten} old answers forgotten.")


def _queue_everybody() -> int:
    """Those who were answered stay out: another question would be answered the same."""
    calls = unfinished_look_ups().values_list("args_kwargs", flat=True)
    waiting = {call["args"][0] for call in calls}
    candidates = Stakeholder.objects.filter(location=None).exclude(address="").iterator(_BATCH)
    queued = 0
    while batch := list(islice(candidates, _BATCH)):
        answered = known_of({stakeholder.address for stakeholder in batch})
        queued += sum(
            request_location(stakeholder)
            for stakeholder in batch
            if stakeholder.pk not in waiting and stakeholder.address not in answered
        )
    return queued
