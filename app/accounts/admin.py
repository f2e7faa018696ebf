from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from app.accounts.models import User

admin.site.site_header = "Coalition Builder"
admin.site.site_title = "Coalition Builder"
admin.site.index_title = "Staff area"
# Its place is needed: the moderators read in their list.
admin.site.enable_nav_sidebar = False


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

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only a superuser makes superusers: else an administrator could grant themself everything."""
        del obj
        dates = ("last_login", "date_joined")
        is_superuser = isinstance(request.user, User) and request.user.is_superuser
        return dates if is_superuser else ("is_superuser", *dates)
