from django.contrib import admin
from django.http import HttpRequest

from app.regions.models import Region


@admin.register(Region)
class RegionAdmin(admin.ModelAdmin[Region]):
    """To look at: regions come from the import alone."""

    list_display = ("full_name", "kind", "geoid", "vintage", "usps")
    list_filter = ("kind", "vintage")
    search_fields = ("full_name", "geoid")
    exclude = ("geometry", "outline")
    list_select_related = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Region | None = None) -> bool:
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Region | None = None) -> bool:
        del request, obj
        return False
