"""Look at the queue and run failed jobs again."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django_tasks_db.models import DBTaskResult

from app.jobs.queue import next_attempt_at, rerun


class Command(BaseCommand):
    help = "List the jobs of the queue, or run failed ones again"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="one job a line, the newest first, without its arguments")
        listing.add_argument("--failed", action="store_true", help="only those that failed for good")
        listing.add_argument("--limit", type=int, default=100, help="at most so many (default: %(default)s)")
        again = verbs.add_parser("rerun", help="give failed jobs all their attempts again")
        again.add_argument("ids", nargs="*", type=UUID, metavar="id")
        again.add_argument("--failed", action="store_true", help="all that failed for good")

    def handle(self, *, verb: str, failed: bool, **options: Any) -> None:
        if verb == "list":
            self._list(failed=failed, limit=options["limit"])
        else:
            self._rerun(options["ids"], all_failed=failed)

    def _list(self, *, failed: bool, limit: int) -> None:
        jobs = DBTaskResult.objects.failed() if failed else DBTaskResult.objects.all()
        for job in jobs.order_by("-enqueued_at")[:limit]:
            self.stdout.write(_line(job))

    def _rerun(self, ids: list[UUID], *, all_failed: bool) -> None:
        if bool(ids) == all_failed:
            raise CommandError("Name the jobs, or say --failed for all that failed.")
        chosen = DBTaskResult.objects.all() if all_failed else DBTaskResult.objects.filter(pk__in=ids)
        ready = rerun(chosen)
        if left := sorted(str(pk) for pk in set(ids) - set(ready)):
            raise CommandError(
                f"{len(ready)} will run again. There is no failed job {', '.join(left)}: see `jobs list --failed`."
            )
        self.stdout.write(f"{len(ready)} will run again.")


def _line(job: DBTaskResult[Any, Any]) -> str:
    put_off_to = next_attempt_at(job)
    when = f"next {put_off_to:%Y-%m-%d %H:%M:%S}" if put_off_to else ""
    parts = (
        job.pk,
        job.status,
        f"{len(job.worker_ids)} attempts",
        job.task_path,
        job.exception_class_path,
        when,
    )
    return "  ".join(str(part) for part in parts if part)
