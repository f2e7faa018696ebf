"""Policy campaigns and the bills they are about."""

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def published(self) -> Self:
        """What the public may read: active campaigns and, as a record, closed ones."""
        return self.filter(status__in=(Campaign.Status.ACTIVE, Campaign.Status.CLOSED))


class Campaign(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        CLOSED = "closed"

    slug = models.SlugField(max_length=80, unique=True, help_text="The campaign's address on the site.")
    title = models.CharField(max_length=160)
    summary = models.CharField(max_length=300, help_text="One or two sentences for lists and link previews.")
    description = models.TextField(help_text="The case for it. A blank line begins a paragraph.")
    endorsement_statement = models.TextField(help_text="What an endorser puts their name to.")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT, db_index=True)
    opens_at = models.DateTimeField(
        null=True, blank=True, help_text="Endorsements from then on; empty: at once."
    )
    closes_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Endorsements are submitted until then; empty: no end. Links mailed before still confirm after it.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CampaignQuerySet.as_manager()

    if TYPE_CHECKING:
        bills: RelatedManager["Bill"]

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=("draft", "active", "closed")),
                name="campaign_status_known",
                violation_error_message="Choose draft, active or closed.",
            ),
            models.CheckConstraint(
                condition=Q(opens_at=None) | Q(closes_at=None) | Q(closes_at__gt=F("opens_at")),
                name="campaign_closes_after_it_opens",
                violation_error_message="A campaign closes after it opens: change one of the two times.",
            ),
            models.CheckConstraint(
                condition=~Q(slug="") & ~Q(title="") & ~Q(endorsement_statement=""),
                name="campaign_has_texts",
                violation_error_message="A campaign needs a slug, a title and an endorsement statement.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("site:campaign", args=[self.slug])

    def is_open(self, at: dt.datetime | None = None) -> bool:
        """Whether it takes endorsements at that moment (now, if not given)."""
        moment = at or timezone.now()
        return (
            self.status == self.Status.ACTIVE
            and (self.opens_at is None or self.opens_at <= moment)
            and (self.closes_at is None or moment < self.closes_at)
        )


class Bill(models.Model):
    """A bill before Congress or a state legislature that a campaign is about."""

    class Level(models.TextChoices):
        FEDERAL = "federal"
        STATE = "state"

    class Status(models.TextChoices):
        INTRODUCED = "introduced"
        IN_COMMITTEE = "in_committee"
        PASSED_CHAMBER = "passed_chamber", "Passed one chamber"
        PASSED = "passed"
        ENACTED = "enacted"
        VETOED = "vetoed"
        FAILED = "failed"

    FEDERAL_JURISDICTION = "US"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="bills")
    level = models.CharField(max_length=8, choices=Level.choices)
    jurisdiction = models.CharField(
        max_length=2, default=FEDERAL_JURISDICTION, help_text="US, or a state's postal code as MD."
    )
    number = models.CharField(max_length=20, help_text="As printed: H.R. 1234, SB 27.")
    session = models.CharField(max_length=40, help_text="As 119th Congress, 2026 Regular Session.")
    title = models.CharField(max_length=300)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.INTRODUCED)
    url = models.URLField("link", blank=True, help_text="The legislature's page of the bill.")

    class Meta:
        ordering = ("level", "jurisdiction", "session", "number")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "jurisdiction", "session", "number"],
                name="bill_once_per_campaign",
                violation_error_message="This campaign has a bill of that jurisdiction, session and number already.",
            ),
            models.CheckConstraint(
                condition=Q(level="federal", jurisdiction="US")
                | (Q(level="state", jurisdiction__regex=r"^[A-Z]{2}$") & ~Q(jurisdiction="US")),
                name="bill_level_fits_jurisdiction",
                violation_error_message="The jurisdiction of a federal bill is US, that of a state's bill the state's postal code in capitals, as MD.",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=(
                        "introduced",
                        "in_committee",
                        "passed_chamber",
                        "passed",
                        "enacted",
                        "vetoed",
                        "failed",
                    )
                ),
                name="bill_status_known",
                violation_error_message="Choose one of the stages of a bill.",
            ),
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(session=""),
                name="bill_identified",
                violation_error_message="A bill needs its number and its session.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.session})"
