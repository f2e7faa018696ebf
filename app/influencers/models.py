"""The people who carry a campaign's message, their accounts on the platforms, and what became of these day by day."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Prefetch, Q
from django.db.models.functions import Coalesce, Lower, Trim
from django.utils import timezone

from app.campaigns.models import Campaign
from app.influencers.consent_forms import ConsentAccess, ConsentForm
from app.influencers.names import (
    PHONE_LENGTH,
    NotAPhoneNumberError,
    normalise_phone,
    normalise_tag,
    normalise_text,
)
from app.influencers.platforms import ADAPTERS, NotAnAccountError, adapter
from app.influencers.search import TrigramIndex, holding
from app.influencers.transfers import WorkbookExport, WorkbookImport, WorkbookPart
from app.mail.addresses import normalise_email
from app.regions.models import Region

__all__ = [
    "Account",
    "AccountStatus",
    "ConsentAccess",
    "ConsentForm",
    "DailyMetrics",
    "Influencer",
    "Merge",
    "Platform",
    "Tag",
    "WorkbookExport",
    "WorkbookImport",
    "WorkbookPart",
]

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

# Fewer digits of a number are part of too many.
_SEARCHED_DIGITS = 3


class Platform(models.TextChoices):
    YOUTUBE = "youtube", ADAPTERS["youtube"].label
    INSTAGRAM = "instagram", ADAPTERS["instagram"].label


class AccountStatus(models.TextChoices):
    """How far the outreach has come, for one account."""

    NEW = "new", "New"
    CONTACTED = "contacted", "Contacted"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    DECLINED = "declined", "Declined"


class Tag(models.Model):
    # A comma separates tags in a cell of a workbook and in an address.
    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=Q(name=Lower(Trim(F("name")))) & ~Q(name="") & ~Q(name__contains=","),
                name="tag_normalised",
                violation_error_message="A tag is in lower case, without a comma and without spaces around it.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.name = normalise_tag(self.name)
        super().clean_fields(exclude)


class InfluencerQuerySet(models.QuerySet["Influencer"]):
    def search(self, text: str) -> Self:
        """Name, number, or handle or e-mail address of an account, anywhere in them."""
        wanted = normalise_text(text)
        reached = Account.objects.filter(_reached(wanted)).order_by().values("influencer")
        return holding(self, _bare(wanted), _named(wanted), Q(pk__in=reached))

    def with_accounts(self) -> Self:
        """Accounts with their tags, campaigns and regions, in a constant number of queries."""
        return self.prefetch_related(
            Prefetch("accounts", Account.objects.prefetch_related("tags")),
            "campaigns",
            Prefetch("regions", Region.objects.to_be_written()),
        )


class Influencer(models.Model):
    """A person, known by name and telephone number. What the platforms know is in the accounts, the e-mail too."""

    name = models.CharField(max_length=160)
    phone = models.CharField(
        "telephone number",
        max_length=PHONE_LENGTH,
        blank=True,
        help_text="With country code, as +1 202 555 0143. Name and number together are unique.",
    )
    notes = models.TextField(blank=True)
    campaigns = models.ManyToManyField(Campaign, blank=True, related_name="influencers")
    regions = models.ManyToManyField(Region, blank=True, related_name="influencers")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = InfluencerQuerySet.as_manager()

    if TYPE_CHECKING:
        accounts: RelatedManager["Account"]
        consent_forms: RelatedManager[ConsentForm]

    class Meta:
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                "phone",
                name="influencer_one_per_name_and_phone",
                violation_error_message="There is an influencer of this name and telephone number already.",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & Q(name=Trim(F("name"))),
                name="influencer_named",
                violation_error_message="An influencer needs a name, without spaces around it.",
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{3,14}$"),
                name="influencer_phone_e164",
                violation_error_message="The number is kept with its country code, as +12025550143.",
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="influencer_list"),
            TrigramIndex(fields=["name", "phone"], name="influencer_search"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.phone})" if self.phone else self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        # Before the columns are checked: a number as people type it may be longer than its one spelling.
        self.normalise()
        super().clean_fields(exclude)

    def normalise(self) -> None:
        """Bring name and number to their one spelling.

        Raises:
            ValidationError: says that the number is none.
        """
        self.name = normalise_text(self.name)
        try:
            self.phone = normalise_phone(self.phone)
        except NotAPhoneNumberError as error:
            raise ValidationError({"phone": str(error)}) from None


class AccountQuerySet(models.QuerySet["Account"]):
    def on(self, platform: str) -> Self:
        return self.filter(platform=platform)

    def search(self, text: str) -> Self:
        """Handle, e-mail address, or name or number of the influencer, anywhere in them."""
        wanted = normalise_text(text)
        named = Influencer.objects.filter(_named(wanted)).order_by().values("pk")
        return holding(self, _bare(wanted), _reached(wanted), Q(influencer__in=named))

    def tagged(self, names: Iterable[str]) -> Self:
        """Those that have every one of the tags."""
        found = self
        for name in names:
            found = found.filter(tags__name=normalise_tag(name))
        return found

    def with_elsewhere(self) -> Self:
        """What an answer shows: tags, the influencer and all of their accounts, in a constant number of queries."""
        return self.select_related("influencer").prefetch_related("tags", "influencer__accounts")


class Account(models.Model):
    """An account of an influencer on a platform. The newest metrics stand here too, to filter and order by."""

    influencer = models.ForeignKey(Influencer, on_delete=models.CASCADE, related_name="accounts")
    platform = models.CharField(max_length=9, choices=Platform.choices)
    handle = models.CharField(max_length=30, help_text="Its name on the platform, as @cleanrivers.")
    email = models.EmailField("e-mail", blank=True)
    url = models.URLField(
        "address", max_length=300, blank=True, help_text="Follows from the handle if empty."
    )
    status = models.CharField(max_length=9, choices=AccountStatus.choices, default=AccountStatus.NEW)
    tags = models.ManyToManyField(Tag, blank=True, related_name="accounts")
    notes = models.TextField(blank=True)
    followers = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    daily_views = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    posts = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    measured_on = models.DateField(
        null=True, blank=True, editable=False, help_text="The newest day with metrics, in UTC."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AccountQuerySet.as_manager()

    if TYPE_CHECKING:
        metrics: RelatedManager["DailyMetrics"]

    class Meta:
        ordering = ("platform", "handle")
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "handle"],
                name="account_one_per_platform_and_handle",
                violation_error_message="There is an account of this handle on that platform already.",
            ),
            models.CheckConstraint(
                condition=Q(platform="youtube", handle__regex=ADAPTERS["youtube"].handle_pattern)
                | Q(platform="instagram", handle__regex=ADAPTERS["instagram"].handle_pattern),
                name="account_handle_fits_platform",
                violation_error_message="The handle isn't one of that platform.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=AccountStatus.values),
                name="account_status_known",
                violation_error_message="Choose one of the statuses of an account.",
            ),
            models.CheckConstraint(
                condition=Q(email=Lower(Trim(F("email")))),
                name="account_email_normalised",
                violation_error_message="The e-mail address is kept in lower case, without spaces around it.",
            ),
        ]
        indexes = [
            models.Index(
                F("platform"),
                Coalesce(F("followers"), -1).desc(),
                F("id").desc(),
                name="account_by_followers",
            ),
            models.Index(fields=["influencer", "platform"], name="account_of_influencer"),
            TrigramIndex(fields=["handle", "email"], name="account_search"),
        ]

    def __str__(self) -> str:
        return f"{self.shown_handle} on {self.get_platform_display()}"

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.normalise()
        super().clean_fields(exclude)

    def normalise(self) -> None:
        """Bring handle, e-mail and web address to their one spelling.

        Raises:
            ValidationError: says that the handle is none.
        """
        self.email = normalise_email(self.email)
        self.url = self.url.strip()
        if self.platform not in ADAPTERS:
            return  # its own message says so
        platform = adapter(self.platform)
        try:
            self.handle = platform.handle(self.handle)
        except NotAnAccountError as error:
            raise ValidationError({"handle": str(error)}) from None
        self.url = self.url or platform.link(self.handle)

    @property
    def shown_handle(self) -> str:
        """The handle as people write it."""
        is_identifier = self.platform == Platform.YOUTUBE and self.handle != self.handle.lower()
        return self.handle if is_identifier else f"@{self.handle}"

    @property
    def elsewhere(self) -> list["Account"]:
        """The same influencer's accounts on other platforms; a query unless the row came by `with_elsewhere()`."""
        return [account for account in self.influencer.accounts.all() if account.platform != self.platform]


class DailyMetrics(models.Model):
    """What an account's metrics were on a day (UTC). A value that was not measured is null."""

    class Source(models.TextChoices):
        MANUAL = "manual", "Typed in"
        IMPORT = "import", "Workbook"
        COLLECTED = "collected", "Collected"
        OFFICE = "office", "Office collector"
        MOVED = "moved", "From the one-to-one form"

    VALUES = ("followers", "daily_views", "total_views", "posts")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="metrics")
    day = models.DateField()
    followers = models.PositiveBigIntegerField(null=True, blank=True)
    daily_views = models.PositiveBigIntegerField(null=True, blank=True)
    total_views = models.PositiveBigIntegerField(null=True, blank=True)
    posts = models.PositiveBigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=9, choices=Source.choices, default=Source.MANUAL)

    class Meta:
        verbose_name_plural = "daily metrics"
        ordering = ("account", "-day")
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="metrics_once_a_day"),
            models.CheckConstraint(
                condition=Q(source__in=("manual", "import", "collected", "office", "moved")),
                name="metrics_source_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} on {self.day}"


class Merge(models.Model):
    """Two rows of one person became one: who did it, and all that the vanished row said."""

    kept = models.ForeignKey(Influencer, null=True, on_delete=models.SET_NULL, related_name="merges")
    removed_id = models.BigIntegerField()
    removed = models.JSONField(help_text="The vanished influencer as it was.")
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    merged_by_name = models.CharField(max_length=150, help_text="Stays when the account of staff goes.")
    merged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.removed_id} merged into {self.kept_id}"


def _bare(text: str) -> str:
    return text.removeprefix("@")


def _reached(text: str) -> Q:
    return Q(handle__icontains=_bare(text)) | Q(email__icontains=text)


def _named(text: str) -> Q:
    named = Q(name__icontains=text)
    digits = "".join(character for character in text if character.isdecimal())
    only_number = not any(character.isalpha() for character in text)
    if only_number and len(digits) >= _SEARCHED_DIGITS:
        named |= Q(phone__icontains=digits)
    return named
