"""Workbooks on their way in and out: the file, how far it has come, and what was found."""

import datetime as dt
from abc import abstractmethod
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from app.influencers.platforms import ADAPTERS
from app.jobs import queue

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class Transfer(models.Model):
    """What a job works at. How that stands is the job's to say, and is kept nowhere else."""

    # Without a constraint: the queue deletes its old jobs without a look at us, weeks after a transfer is over.
    job = models.ForeignKey(
        DBTaskResult,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta:
        abstract = True

    @property
    @abstractmethod
    def is_unfinished(self) -> bool:
        """Whether its job has something left to do."""

    @property
    def has_failed(self) -> bool:
        """Whether its job has given up: nothing more comes of it unless somebody tries again."""
        return self.is_unfinished and self.job is not None and self.job.status == TaskResultStatus.FAILED

    @property
    def is_under_way(self) -> bool:
        return self.is_unfinished and not self.has_failed

    @property
    def next_attempt_at(self) -> dt.datetime | None:
        """If the last attempt failed and another one follows; None once that is due."""
        at = queue.next_attempt_at(self.job) if self.job else None
        return at if at and at > timezone.now() else None


class WorkbookImportQuerySet(models.QuerySet["WorkbookImport"]):
    def over(self) -> Self:
        """Those whose file is no longer needed."""
        return self.filter(state__in=WorkbookImport.OVER)

    def going_on(self) -> Self:
        return self.exclude(state__in=WorkbookImport.OVER)

    def take_back_promises(self) -> None:
        """Of those that end now, and of which no row was applied: their preview's numbers are of nothing that happened."""
        begun = {"state": WorkbookImport.State.APPLYING, "reached__gt": 0}
        self.going_on().exclude(**begun).update(created=0, updated=0, unchanged=0, reached=0)


class WorkbookImport(Transfer):
    """A workbook that somebody uploaded. Nothing of it is in the other tables before it is applied."""

    class State(models.TextChoices):
        AWAITED = "awaited", "Upload awaited"
        READING = "reading", "Being read"
        REFUSED = "refused", "Refused"
        PREVIEWED = "previewed", "To be confirmed"
        APPLYING = "applying", "Being applied"
        DONE = "done", "Applied"
        CANCELLED = "cancelled", "Cancelled"

    UNDER_WAY = (State.READING, State.APPLYING)
    # In these the file itself is no longer needed.
    OVER = (State.REFUSED, State.DONE, State.CANCELLED)

    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    filename = models.CharField(max_length=160, blank=True)
    content = models.BinaryField(default=b"", help_text="The file, until it is applied or cancelled.")
    # With a default in the database, for the code before, which serves while this is migrated.
    key = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Of the upload, if it is a large one.",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.READING)
    refusal = models.TextField(blank=True, help_text="Why the file as a whole is refused.")
    notices = models.JSONField(default=list, help_text="What is left out of account.")
    rows = models.PositiveIntegerField(default=0, help_text="Of the sheet, with its header.")
    reached = models.PositiveIntegerField(
        default=0, help_text="The row up to which it was read, then applied."
    )
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list, help_text="The first ones: cell and message.")
    changes = models.JSONField(default=list, help_text="The first ones: row, and what becomes of it.")
    refused_rows = models.BinaryField(default=b"", help_text="A workbook of what was refused.")

    objects = WorkbookImportQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=(
                        "awaited",
                        "reading",
                        "refused",
                        "previewed",
                        "applying",
                        "done",
                        "cancelled",
                    )
                ),
                name="workbook_import_state_known",
            ),
            models.UniqueConstraint(
                fields=["key"], condition=~models.Q(key=""), name="workbook_import_one_per_upload"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename or 'A workbook'} ({self.get_state_display().lower()})"

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def valid(self) -> int:
        """Rows that would be, or were, taken."""
        return self.created + self.updated + self.unchanged

    @property
    def percent(self) -> int:
        return min(100, 100 * self.reached // max(self.rows, 1))


class WorkbookExport(Transfer):
    """What a search found, as workbooks that a browser can fetch one by one."""

    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    platform = models.CharField(
        max_length=9, blank=True, help_text="Whose accounts; empty for influencers with all of theirs."
    )
    query = models.JSONField(help_text="A validated AccountQuery, or InfluencerQuery.")
    rows = models.PositiveIntegerField(help_text="Found when it was asked for.")
    written = models.PositiveIntegerField(default=0)
    is_done = models.BooleanField(default=False)

    if TYPE_CHECKING:
        parts: RelatedManager["WorkbookPart"]

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.rows:,} {self.subject}"

    @property
    def is_unfinished(self) -> bool:
        return not self.is_done

    @property
    def subject(self) -> str:
        """What its rows are."""
        return f"accounts on {ADAPTERS[self.platform].label}" if self.platform else "rows of influencers"

    @property
    def percent(self) -> int:
        return min(100, 100 * self.written // max(self.rows, 1))


class WorkbookPart(models.Model):
    """One workbook of an export; each is small enough for the gateway's answer."""

    export = models.ForeignKey(WorkbookExport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    rows = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="workbook_part_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.number}"
