"""Admin pages to look at, for rows that come from elsewhere."""

from django.db.models import Model
from django.http import HttpRequest


class ReadOnlyAdminMixin:
    """Nobody adds, edits or deletes; actions have permissions of their own."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        del request, obj
        return False
