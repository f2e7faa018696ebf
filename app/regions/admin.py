from django.contrib import admin

from app.accounts.read_only import ReadOnlyAdminMixin
from app.regions.models import Region


@admin.register(Region)
class RegionAdmin(ReadOnlyAdminMixin, admin.ModelAdmin[Region]):
    """To look at: regions come from the import alone."""

    list_display = ("full_name", "kind", "geoid", "vintage", "usps")
    list_filter = ("kind", "vintage")
    search_fields = ("full_name", "geoid")
    exclude = ("geometry", "outline")
    list_select_related = False
