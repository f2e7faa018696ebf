"""A person or organisation putting their name to a campaign, from submission to publication."""

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import Lower, Trim
from django.utils import timezone

from app.campaigns.models import Campaign
from app.stakeholders.models import RegionAssignment, Stakeholder, StakeholderKind

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from app.regions.models import Region


class State(models.TextChoices):
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


MODERATED = (State.APPROVED, State.REJECTED)

# The states from which each one may be reached. Moderation is reversible, a withdrawal is not.
REACHED_FROM: dict[State, frozenset[State]] = {
    State.SUBMITTED: frozenset(),
    State.CONFIRMED: frozenset({State.SUBMITTED}),
    State.APPROVED: frozenset({State.CONFIRMED, State.REJECTED}),
    State.REJECTED: frozenset({State.CONFIRMED, State.APPROVED}),
    State.WITHDRAWN: frozenset({State.SUBMITTED, State.CONFIRMED, State.APPROVED, State.REJECTED}),
}


class EndorsementQuerySet(models.QuerySet["Endorsement"]):
    def counted(self) -> Self:
        """What counts for a published campaign: approved, whether or not the name may be shown."""
        return self.filter(state=State.APPROVED, campaign__in=Campaign.objects.published())

    def published(self) -> Self:
        """What the public may read: counted ones whose endorser agreed to be named."""
        return self.counted().filter(consent_to_publish=True)

    def standing(self) -> Self:
        """Confirmed and not withdrawn, whatever a moderator said: what a person has one of per campaign."""
        return self.filter(state__in=(State.CONFIRMED, State.APPROVED, State.REJECTED))

    def with_counties(self) -> Self:
        """What `Endorsement.county` needs, in a constant number of queries."""
        counties = RegionAssignment.objects.filter(kind="county").order_by("-vintage").with_regions()
        return self.select_related("stakeholder").prefetch_related(
            Prefetch("stakeholder__assignments", counties, to_attr="county_assignments")
        )

    def count_by_region(self, kind: str) -> dict[int, int]:
        """How many counted endorsements each region of a kind has, every stakeholder where they are by the newest layer.

        Returns:
            Counts by the region's primary key; a region without any is absent.
        """
        # Layers can be of different age in two states, so the newest is the person's, not the country's.
        newer = RegionAssignment.objects.filter(
            stakeholder=OuterRef("stakeholder"),
            kind=kind,
            vintage__gt=OuterRef("stakeholder__assignments__vintage"),
        )
        rows = (
            self.counted()
            # One call, so that both conditions are about one assignment.
            .filter(~Exists(newer), stakeholder__assignments__kind=kind)
            .order_by()
            .values_list("stakeholder__assignments__region")
            .annotate(Count("pk"))
        )
        return dict(rows)

    def count_by_campaign(self) -> dict[int, int]:
        """How many counted endorsements each campaign has, by its primary key; one without any is absent."""
        return dict(self.counted().order_by().values_list("campaign").annotate(Count("pk")))


class Endorsement(models.Model):
    """One endorsement.

    Until its e-mail address is confirmed it holds what was typed and touches no stakeholder, so that nobody can
    change or block another person by typing their address.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="endorsements")
    stakeholder = models.ForeignKey(
        Stakeholder, null=True, blank=True, on_delete=models.PROTECT, related_name="endorsements"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.SUBMITTED)

    kind = models.CharField(max_length=12, choices=StakeholderKind.choices, default=StakeholderKind.PERSON)
    name = models.CharField(max_length=160)
    email = models.EmailField("e-mail")
    organisation = models.CharField(max_length=160, blank=True)
    role = models.CharField(max_length=120, blank=True)
    statement = models.TextField(blank=True, max_length=2000, help_text="In their own words.")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    county_geoid = models.CharField("county GEOID", max_length=5, blank=True)

    consent_to_publish = models.BooleanField(default=False)
    terms_version = models.CharField(max_length=20)
    submitted_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    moderated_at = models.DateTimeField(null=True, blank=True)
    moderated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = EndorsementQuerySet.as_manager()

    if TYPE_CHECKING:
        links: RelatedManager["EmailLink"]

    class Meta:
        ordering = ("-pk",)
        permissions = [("moderate_endorsement", "Can approve and reject endorsements")]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "stakeholder"],
                condition=Q(state__in=("confirmed", "approved", "rejected")),
                name="endorsement_one_per_person_and_campaign",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=StakeholderKind.values), name="endorsement_kind_known"
            ),
            models.CheckConstraint(
                condition=(Q(state="submitted") & Q(stakeholder=None, confirmed_at=None))
                | (
                    ~Q(state__in=("submitted", "withdrawn"))
                    & Q(stakeholder__isnull=False, confirmed_at__isnull=False)
                )
                | Q(state="withdrawn"),
                name="endorsement_confirmed_has_stakeholder",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("approved", "rejected"), moderated_at__isnull=False)
                | Q(state__in=("submitted", "confirmed"), moderated_at=None)
                | Q(state="withdrawn"),
                name="endorsement_moderation_dated",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at=None)),
                name="endorsement_withdrawal_dated",
            ),
            models.CheckConstraint(
                condition=Q(
                    # A comparison with NULL is no refusal in SQL, hence the first two.
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                    county_geoid="",
                )
                | Q(latitude=None, longitude=None, county_geoid__regex=r"^[0-9]{5}$"),
                name="endorsement_has_one_location",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(terms_version="") & Q(email=Lower(Trim(F("email")))),
                name="endorsement_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "-id"], name="endorsement_campaign_list"),
            models.Index(fields=["state", "-id"], name="endorsement_moderation_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.name} endorses {self.campaign_id}"

    @property
    def county(self) -> "Region | None":
        """The county in its newest vintage; only on rows that came by `with_counties()`."""
        found = self.stakeholder.county_assignments if self.stakeholder else []  # type: ignore[attr-defined]
        return found[0].region if found else None

    def may_become(self, state: State) -> bool:
        return State(self.state) in REACHED_FROM[state]


class EmailLink(models.Model):
    """A link sent by e-mail that proves the address, for one purpose, once.

    Only the SHA-256 of its 256 random bits is kept, here and in the job queue: who reads the database can't use a link.
    """

    TOKEN_BYTES = 32

    class Purpose(models.TextChoices):
        CONFIRM = "confirm"
        WITHDRAW = "withdraw"

    endorsement = models.ForeignKey(Endorsement, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=("confirm", "withdraw")), name="email_link_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="email_link_digest_is_sha256"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} link of endorsement {self.endorsement_id}"

    @classmethod
    def issue(cls, endorsement: Endorsement, purpose: Purpose) -> str:
        """Make a link and return its token, which is kept nowhere."""
        token = secrets.token_urlsafe(cls.TOKEN_BYTES)
        cls.objects.create(
            endorsement=endorsement,
            purpose=purpose,
            digest=cls.digest_of(token),
            expires_at=timezone.now() + dt.timedelta(hours=settings.ENDORSEMENT_LINK_HOURS),
        )
        return token

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    def is_usable(self) -> bool:
        return self.used_at is None and timezone.now() < self.expires_at
