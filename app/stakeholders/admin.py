from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from app.accounts.read_only import ReadOnlyAdminMixin
from app.stakeholders.models import RegionAssignment, Stakeholder


class RegionAssignmentInline(ReadOnlyAdminMixin, admin.TabularInline[RegionAssignment, Stakeholder]):
    model = RegionAssignment
    fields = readonly_fields = ("region", "kind", "vintage", "basis")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegionAssignment]:
        return super().get_queryset(request).with_regions()  # type: ignore[attr-defined,no-any-return]


@admin.register(Stakeholder)
class StakeholderAdmin(admin.ModelAdmin[Stakeholder]):
    list_display = ("name", "organisation", "role", "kind", "email")
    list_filter = ("kind",)
    search_fields = ("name", "organisation", "email")
    exclude = ("location", "county_geoid")
    inlines = (RegionAssignmentInline,)
