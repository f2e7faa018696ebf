from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from app.accounts.models import User

admin.site.site_header = "Coalition Builder"
admin.site.site_title = "Coalition Builder"
admin.site.index_title = "Staff area"


@admin.register(User)
class StaffAdmin(UserAdmin[User]):
    """Roles are groups; single permissions are not given to people."""

    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
