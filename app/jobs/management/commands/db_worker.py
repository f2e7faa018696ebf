"""django-tasks-db's command, with a worker that retries: jobs fare the same however they are worked off."""

from typing import Any

from django_tasks_db.management.commands import db_worker

from app.jobs.worker import RetryingWorker


class Command(db_worker.Command):
    def handle(self, **options: Any) -> None:
        # The command has no hook for its worker's class, only the name in its module.
        db_worker.Worker = RetryingWorker  # type: ignore[misc]
        super().handle(**options)
