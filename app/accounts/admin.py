from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from app.accounts.models import User
from app.accounts.sign_in import SignInForm

admin.site.site_header = "Coalition Builder"
admin.site.site_title = "Coalition Builder"
admin.site.index_title = "Staff area"
admin.site.login_form = SignInForm
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

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _outranks(obj, request)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _outranks(obj, request)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only a superuser makes superusers: else an administrator could grant themself everything."""
        del obj
        dates = ("last_login", "date_joined")
        return dates if _is_superuser(request) else ("is_superuser", *dates)


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _outranks(other: User | None, request: HttpRequest) -> bool:
    """Whether the other is a superuser and who asks is not: whoever sets a password owns the account."""
    return other is not None and other.is_superuser and not _is_superuser(request)
