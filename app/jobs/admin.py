"""The queue, to look at and to run failed jobs again."""

from typing import Any

# Loaded first, so that what it registers can be replaced.
import django_tasks_db.admin
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from app.jobs.queue import rerun

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class JobAdmin(django_tasks_db.admin.DBTaskResultAdmin):
    """Arguments are not shown: a mail's hold its recipient and the link that is only theirs."""

    list_display: tuple[str, ...] = (  # type: ignore[assignment]
        "task_name",
        "status",
        "attempts",
        "error",
        "enqueued_at",
        "display_run_after",
        "finished_at",
    )
    list_filter = ("status", "task_path", "queue_name")
    date_hierarchy = "enqueued_at"
    # By the number that staff are told when a job of theirs fails.
    search_fields = ("=id",)
    show_full_result_count = False
    actions = ("run_again",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: DBTaskResult[Any, Any] | None = None
    ) -> list[str]:
        hidden = ("args_kwargs", "return_value")
        return [field for field in super().get_readonly_fields(request, obj) if field not in hidden]

    @admin.display(description="attempts")
    def attempts(self, job: DBTaskResult[Any, Any]) -> str:
        return f"{len(job.worker_ids)} of {settings.JOB_MAX_ATTEMPTS}"

    @admin.display(description="last error")
    def error(self, job: DBTaskResult[Any, Any]) -> str:
        path: str = job.exception_class_path
        return path.rpartition(".")[2]

    def has_rerun_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("django_tasks_database.change_dbtaskresult")

    @admin.action(description="Run again", permissions=["rerun"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[DBTaskResult[Any, Any]]) -> None:
        selected = queryset.count()
        ready = rerun(queryset)
        for job in DBTaskResult.objects.filter(pk__in=ready):
            self.log_change(request, job, "Run again.")
        if ready:
            self.message_user(request, f"{len(ready)} jobs will run again within a minute.", messages.SUCCESS)
        if selected > len(ready):
            self.message_user(
                request,
                f"{selected - len(ready)} stayed as they were: only {TaskResultStatus.FAILED.label.lower()} jobs run again.",
                messages.WARNING,
            )
