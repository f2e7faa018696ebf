"""Signed consent forms and who saw them; the files are in the bucket for uploads."""

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class ConsentFormQuerySet(models.QuerySet["ConsentForm"]):
    def awaited(self) -> Self:
        """Whose file may still come."""
        return self.filter(state=ConsentForm.State.AWAITED, influencer__isnull=False)

    def stored(self) -> Self:
        """Checked and not yet deleted: what may be downloaded."""
        return self.filter(state=ConsentForm.State.STORED)

    def expired(self, today: dt.date) -> Self:
        """What has to be deleted: kept longer than its retention date says."""
        return self.stored().filter(retain_until__lt=today)


class ConsentForm(models.Model):
    """A signed form in the bucket for uploads. The row outlives the file: it says who saw it and when it went."""

    class State(models.TextChoices):
        AWAITED = "awaited", "Upload awaited"
        STORED = "stored", "Stored"
        REFUSED = "refused", "Refused"
        DELETED = "deleted", "Deleted"

    influencer = models.ForeignKey(
        "influencers.Influencer", null=True, on_delete=models.SET_NULL, related_name="consent_forms"
    )
    influencer_name = models.CharField(max_length=160, help_text="Stays when the influencer goes.")
    key = models.CharField(max_length=200, unique=True, help_text="Of the object in the bucket.")
    filename = models.CharField(max_length=160)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    signed_on = models.DateField()
    retain_until = models.DateField(help_text="Deleted after that day.")
    state = models.CharField(max_length=7, choices=State.choices, default=State.AWAITED)
    refusal = models.CharField(max_length=200, blank=True, help_text="Why the file was not taken.")
    created_at = models.DateTimeField(default=timezone.now)
    stored_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ConsentFormQuerySet.as_manager()

    if TYPE_CHECKING:
        accesses: RelatedManager["ConsentAccess"]

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("awaited", "stored", "refused", "deleted")), name="consent_state_known"
            ),
            models.CheckConstraint(
                condition=Q(retain_until__gte=F("signed_on")),
                name="consent_kept_after_signing",
                violation_error_message="A form is kept at least until the day it was signed on.",
            ),
            # Whoever deletes the influencer first has to see to the file.
            models.CheckConstraint(
                condition=~Q(state="stored") | Q(influencer__isnull=False, stored_at__isnull=False),
                name="consent_stored_has_influencer",
            ),
            models.CheckConstraint(
                condition=~Q(state="deleted") | Q(deleted_at__isnull=False), name="consent_deletion_dated"
            ),
        ]
        indexes = [models.Index(fields=["state", "retain_until"], name="consent_retention")]

    def __str__(self) -> str:
        return f"{self.filename} of {self.influencer_name}"


class ConsentAccess(models.Model):
    """Who did what with a consent form. Nothing in the application changes or deletes such a row."""

    class Action(models.TextChoices):
        UPLOAD = "upload", "Asked to upload"
        STORE = "store", "File stored"
        REFUSE = "refuse", "File refused"
        DOWNLOAD = "download", "Downloaded"
        DELETE = "delete", "Deleted"
        EXPIRE = "expire", "Deleted after its retention date"

    form = models.ForeignKey(ConsentForm, on_delete=models.PROTECT, related_name="accesses")
    action = models.CharField(max_length=8, choices=Action.choices)
    who = models.CharField(
        max_length=150, help_text="Name of the member of staff, of the token, or of the job."
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "consent accesses"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.who}: {self.action}"
