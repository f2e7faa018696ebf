"""The people and organisations of the coalition, and the regions they are in."""

from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Trim

from app.mail.addresses import normalise_email, validate_mailbox
from app.regions.geometry import PointField, SpatialIndex
from app.regions.models import Region, RegionKind
from app.stakeholders.validators import validate_single_line

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class StakeholderKind(models.TextChoices):
    PERSON = "person", "Person"
    ORGANISATION = "organisation", "Organisation"


class Stakeholder(models.Model):
    kind = models.CharField(max_length=12, choices=StakeholderKind.choices, default=StakeholderKind.PERSON)
    name = models.CharField(max_length=160, validators=[validate_single_line])
    organisation = models.CharField(
        max_length=160,
        blank=True,
        help_text="Whom they speak for, if anyone.",
        validators=[validate_single_line],
    )
    role = models.CharField(
        max_length=120,
        blank=True,
        help_text="Their position, as Mayor or Owner.",
        validators=[validate_single_line],
    )
    email = models.EmailField("e-mail", unique=True, help_text="Kept in lower case; one stakeholder each.")
    address = models.TextField(blank=True)
    location = PointField(null=True, blank=True)
    county_geoid = models.CharField(
        "county GEOID",
        max_length=5,
        blank=True,
        default="",
        db_default="",
        help_text="The county they named; without a location it places them in every layer to come.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    if TYPE_CHECKING:
        assignments: RelatedManager["RegionAssignment"]

    class Meta:
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=StakeholderKind.values),
                name="stakeholder_kind_known",
                violation_error_message="Choose person or organisation.",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(email=""),
                name="stakeholder_named",
                violation_error_message="A stakeholder needs a name and an e-mail address.",
            ),
            models.CheckConstraint(
                condition=Q(email=Lower(Trim(F("email")))),
                name="stakeholder_email_normalised",
                violation_error_message="The e-mail address is kept in lower case, without spaces around it.",
            ),
            models.CheckConstraint(
                condition=Q(county_geoid__regex=r"^([0-9]{5})?$"),
                name="stakeholder_county_geoid",
                violation_error_message="A county's GEOID has five digits.",
            ),
        ]
        indexes = [
            SpatialIndex(fields=["location"], name="stakeholder_location_gist"),
            models.Index(fields=["name", "id"], name="stakeholder_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.organisation}" if self.organisation else self.name

    @property
    def waits_for_geocoder(self) -> bool:
        """Whether an address is all that says where they are; coordinates, once there, hold."""
        return self.location is None and bool(self.address.strip())

    def clean(self) -> None:
        self.email = normalise_email(self.email)
        try:
            validate_mailbox(self.email)
        except ValidationError as error:
            raise ValidationError({"email": error}) from None


class RegionAssignmentQuerySet(models.QuerySet["RegionAssignment"]):
    def with_regions(self) -> Self:
        """Regions and their parents in the same query, their shapes left in the database."""
        shapes = [
            f"{path}__{shape}" for path in ("region", "region__parent") for shape in ("geometry", "outline")
        ]
        return self.select_related("region__parent").defer(*shapes)


class RegionAssignment(models.Model):
    """The region of one kind and vintage that a stakeholder is in.

    Rows of older vintages stay: an endorsement made under the old districts still shows them.
    """

    class Basis(models.TextChoices):
        POINT = "point", "Located by coordinates"
        CHOICE = "choice", "Named by the person"

    stakeholder = models.ForeignKey(Stakeholder, on_delete=models.CASCADE, related_name="assignments")
    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="assignments")
    kind = models.CharField(max_length=32, choices=RegionKind.choices)
    vintage = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=8, choices=Basis.choices)

    objects = RegionAssignmentQuerySet.as_manager()

    class Meta:
        ordering = ("stakeholder", "kind", "-vintage")
        constraints = [
            models.UniqueConstraint(
                fields=["stakeholder", "kind", "vintage"],
                name="assignment_one_region_per_kind_and_vintage",
                violation_error_message="A stakeholder is in one region of a kind and vintage.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=RegionKind.values),
                name="assignment_kind_known",
                violation_error_message="Choose one of the kinds of regions.",
            ),
            models.CheckConstraint(
                condition=Q(basis__in=("point", "choice")),
                name="assignment_basis_known",
                violation_error_message="Choose how the region was found: by coordinates or by name.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stakeholder_id} in {self.region_id}"
