"""Legislative and statistical regions, one row per kind, vintage and GEOID."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q, Subquery
from django.db.models.functions import Length
from django.utils import timezone

from app.regions import geometry
from app.regions.geometry import (
    Area,
    Intersects,
    MultiPolygonField,
    Point,
    PointField,
    SharedArea,
    SpatialIndex,
)

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

models.CharField.register_lookup(Length)

FIRST_VINTAGE, LAST_VINTAGE = 1990, 2100
LEAST_SHARE = 0.005


class RegionKind(models.TextChoices):
    STATE = "state", "State"
    COUNTY = "county", "County"
    CONGRESSIONAL_DISTRICT = "congressional_district", "Congressional district"
    STATE_SENATE = "state_senate", "State senate district"
    STATE_HOUSE = "state_house", "State house district"
    ZIP_AREA = "zip_area", "ZIP area"


class RegionQuerySet(models.QuerySet["Region"]):
    def of(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def current(self) -> Self:
        """Only regions that no newer layer replaces, see succession.py."""
        return self.filter(superseded_in=None)

    def covering(self, point: Point) -> Self:
        """Regions of every kind and vintage that cover the point; a shared edge belongs to both sides."""
        return geometry.covering(self, point)

    def covering_current(self, point: Point) -> Self:
        """The query of `located_at`: of each kind the newest first, and the lowest GEOID."""
        covering = self.covering(point).current().select_related("parent").without_shapes()
        return covering.order_by("kind", "-vintage", "geoid")

    def located_at(self, point: Point) -> list["Region"]:
        """The current region of each kind that covers the point, in one query; the lowest GEOID on a shared edge.

        Where two states with layers of different age meet, the newer one wins.
        """
        newest: dict[str, Region] = {}
        for region in self.covering_current(point):
            newest.setdefault(region.kind, region)
        order = RegionKind.values
        return sorted(newest.values(), key=lambda region: order.index(region.kind))

    def sharing_ground_with(self, area: "Region") -> list[tuple["Region", float]]:
        """The current regions of other kinds on an area's ground, each with the part of that ground it has, 0 to 1.

        By kind, the largest part first. What has less than LEAST_SHARE is a border drawn twice, not a neighbour.
        """
        shape = Subquery(Region.objects.filter(pk=area.pk).values("geometry"))
        nearby = (
            self.current()
            .exclude(kind=area.kind)
            .filter(west__lte=area.east, east__gte=area.west, south__lte=area.north, north__gte=area.south)
        )
        touching = nearby.filter(Intersects(F("geometry"), shape)).select_related("parent").without_shapes()
        sharing = touching.annotate(share=SharedArea(F("geometry"), shape) / Area(shape))
        found = [(region, float(region.share)) for region in sharing]  # type: ignore[attr-defined]  # annotated above
        order = RegionKind.values
        found.sort(key=lambda pair: (order.index(pair[0].kind), -pair[1], pair[0].geoid))
        return [(region, share) for region, share in found if share >= LEAST_SHARE]

    def without_shapes(self) -> Self:
        return self.defer("geometry", "outline", "parent__geometry", "parent__outline")

    def to_be_written(self) -> Self:
        """With what their written form needs (written.py)."""
        return self.select_related("parent").without_shapes()


class RegionManager(models.Manager["Region"]):
    """Leaves the shapes, up to a megabyte each, in the database until they are asked for."""

    def get_queryset(self) -> RegionQuerySet:
        return RegionQuerySet(self.model, using=self._db).defer("geometry", "outline")


class Region(models.Model):
    kind = models.CharField(max_length=32, choices=RegionKind.choices)
    geoid = models.CharField(
        "GEOID", max_length=14, help_text="The Census identifier, unique within a kind and vintage."
    )
    vintage = models.PositiveSmallIntegerField(help_text="The year of the boundaries.")
    name = models.CharField(max_length=100, help_text="The bare name, as Baltimore.")
    full_name = models.CharField(
        max_length=140, help_text="The name with its legal description, as Baltimore County."
    )
    state_fips = models.CharField(max_length=2, blank=True, help_text="FIPS code of the state it lies in.")
    superseded_in = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="The vintage of the newer layer that has this region again, or its ground; empty if it is current.",
    )
    usps = models.CharField("USPS code", max_length=2, blank=True, help_text="Postal code of a state, as MD.")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    land_area_m2 = models.BigIntegerField("land area (m²)", default=0)
    water_area_m2 = models.BigIntegerField("water area (m²)", default=0)
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    geometry = MultiPolygonField()
    outline = MultiPolygonField(help_text="The shape simplified for maps.")
    updated_at = models.DateTimeField(auto_now=True)

    objects = RegionManager.from_queryset(RegionQuerySet)()

    if TYPE_CHECKING:
        children: RelatedManager["Region"]

    class Meta:
        ordering = ("kind", "geoid", "-vintage")
        constraints = [
            models.UniqueConstraint(fields=["kind", "vintage", "geoid"], name="region_identity"),
            # What an assignment's foreign key refers to: its kind and vintage are its region's.
            models.UniqueConstraint(fields=["id", "kind", "vintage"], name="region_of_layer"),
            models.CheckConstraint(condition=Q(kind__in=RegionKind.values), name="region_kind_known"),
            models.CheckConstraint(
                condition=Q(vintage__range=(FIRST_VINTAGE, LAST_VINTAGE)), name="region_vintage_plausible"
            ),
            models.CheckConstraint(condition=~Q(geoid="") & ~Q(name=""), name="region_named"),
            models.CheckConstraint(
                condition=~Q(kind="state") | Q(parent=None), name="region_state_has_no_parent"
            ),
            models.CheckConstraint(
                condition=Q(kind="state", usps__length=2) | (~Q(kind="state") & Q(usps="")),
                name="region_usps_for_states",
            ),
            models.CheckConstraint(
                condition=Q(superseded_in=None) | Q(superseded_in__gt=F("vintage")),
                name="region_superseded_by_newer",
            ),
            models.CheckConstraint(
                condition=Q(west__lte=F("east"), south__lte=F("north")), name="region_bounds_ordered"
            ),
        ]
        indexes = [
            SpatialIndex(fields=["geometry"], name="region_geometry_gist"),
            models.Index(fields=["kind", "state_fips", "name"], name="region_kind_state_name"),
            # The order of the API's list.
            models.Index(fields=["geoid", "kind", "-vintage"], name="region_list"),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} ({self.get_kind_display()} {self.geoid}, {self.vintage})"


class Zoom(models.TextChoices):
    """What a simplified shape is drawn on; a picture of one region uses the own `outline` of that region."""

    COUNTRY = "country", "A map of the country"
    STATE = "state", "A map of a state"


class RegionOutline(models.Model):
    """A region as a map shows it: simplified together with its neighbours, so that no gap opens between them.

    It is for the eye: where the grid pressed a shape together, its rings may touch.
    """

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="outlines")
    zoom = models.CharField(max_length=8, choices=Zoom.choices)
    shape = MultiPolygonField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "zoom"], name="outline_one_for_each_zoom"),
            models.CheckConstraint(condition=Q(zoom__in=Zoom.values), name="outline_zoom_known"),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} for {self.get_zoom_display().lower()}"


class AddressAnswer(models.Model):
    """What a geocoder said of an address, which itself is not kept: `geocoding` looks it up by a keyed digest."""

    key = models.CharField(max_length=64, unique=True)
    matches = models.PositiveIntegerField(help_text="How many places the address can mean.")
    point = PointField(null=True, blank=True, help_text="Where it is, if that is certain.")
    asked_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(matches=1, point__isnull=False) | (~Q(matches=1) & Q(point=None)),
                name="address_answer_certain_or_without_point",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matches} places, asked {self.asked_at:%Y-%m-%d}"


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def unfinished(self) -> Self:
        return self.filter(status=ImportRun.Status.RUNNING)


class ImportRun(models.Model):
    """One import of a layer, for whoever asks later what stands in it and why. Only the import writes it."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        KILLED = "killed", "Killed"

    kind = models.CharField(max_length=32, choices=RegionKind.choices)
    vintage = models.PositiveSmallIntegerField()
    source = models.TextField(help_text="What was asked for.")
    files = models.JSONField(default=list, help_text="Name, size in bytes and SHA-256 of each file.")
    checksum = models.CharField(
        "SHA-256",
        max_length=64,
        blank=True,
        help_text="Of the file; of several, of their listing by sha256sum.",
    )
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.RUNNING)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    read = models.PositiveIntegerField("records read", default=0)
    inserted = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    repaired = models.PositiveIntegerField("shapes repaired", default=0)
    linked = models.PositiveIntegerField("linked to their state", default=0)
    placed = models.PositiveIntegerField("stakeholders in the layer", default=0)
    moved = models.PositiveIntegerField("stakeholders newly or elsewhere in it", default=0)
    skipped_by_reason = models.JSONField(default=dict)
    rejections = models.JSONField(default=list, help_text="Record, GEOID and reason of each.")
    absent = models.JSONField(
        default=list, help_text="Regions of the layer that the source lacks; they stay."
    )
    vanished = models.JSONField(
        default=list, help_text="Regions of older layers whose ground this one gives to others."
    )
    notices = models.JSONField(default=list)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=("running", "succeeded", "failed", "killed")),
                name="import_run_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="succeeded")
                | Q(
                    read=F("inserted") + F("updated") + F("unchanged") + F("skipped") + F("rejected"),
                    finished_at__isnull=False,
                ),
                name="import_run_counts_every_record",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.vintage}, {self.started_at:%Y-%m-%d %H:%M}"
