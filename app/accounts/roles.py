"""What each role may do. A role is the group of that name; this table is the one place that grants permissions."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from app.accounts.models import Scope, User

_VIEW = frozenset(
    {
        "campaigns.view_bill",
        "campaigns.view_campaign",
        "endorsements.view_endorsement",
        "regions.view_importrun",
        "regions.view_region",
        "stakeholders.view_regionassignment",
        "stakeholders.view_stakeholder",
    }
)
_CAMPAIGNS = frozenset(
    f"campaigns.{action}_{model}" for action in ("add", "change", "delete") for model in ("campaign", "bill")
)
# Names and telephone numbers of private people: for those who work with them, not for every member of staff.
_READ_INFLUENCERS = frozenset({"influencers.view_influencer"})
_WRITE_INFLUENCERS = _READ_INFLUENCERS | {"influencers.change_influencer"}
_CONSENT_FORMS = frozenset({"influencers.view_consentform", "influencers.change_consentform"})

PERMISSIONS_BY_ROLE: dict[str, frozenset[str]] = {
    "viewer": _VIEW | _READ_INFLUENCERS,
    "outreach": _VIEW
    | _WRITE_INFLUENCERS
    | _CONSENT_FORMS
    | {"stakeholders.add_stakeholder", "stakeholders.change_stakeholder"},
    "moderator": _VIEW | {"endorsements.moderate_endorsement"},
    "editor": _VIEW | _CAMPAIGNS,
    "administrator": _VIEW
    | _CAMPAIGNS
    | _WRITE_INFLUENCERS
    | _CONSENT_FORMS
    | {
        "accounts.change_machinetoken",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.view_user",
        "auth.view_group",
        "django_tasks_database.change_dbtaskresult",
        "django_tasks_database.view_dbtaskresult",
        "endorsements.moderate_endorsement",
        "stakeholders.add_stakeholder",
        "stakeholders.change_stakeholder",
        "stakeholders.delete_stakeholder",
    },
}

# What a program may do, by the scopes of its token (tokens.py).
PERMISSIONS_BY_SCOPE: dict[str, frozenset[str]] = {
    Scope.INFLUENCERS_READ: _READ_INFLUENCERS,
    Scope.INFLUENCERS_WRITE: _WRITE_INFLUENCERS,
    Scope.CONSENT_FORMS: _CONSENT_FORMS,
}


class RoleBackend(ModelBackend):
    """Signs staff in by password and grants what PERMISSIONS_BY_ROLE says of their groups, nothing else."""

    def get_user_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        del user_obj, obj
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        if (
            obj is not None
            or not isinstance(user_obj, User)
            or not (user_obj.is_active and user_obj.is_staff)
        ):
            return set()
        if not hasattr(user_obj, "_role_permissions"):
            roles = user_obj.groups.values_list("name", flat=True)
            granted = frozenset[str]().union(*(PERMISSIONS_BY_ROLE.get(role, frozenset()) for role in roles))
            user_obj._role_permissions = granted  # type: ignore[attr-defined]  # noqa: SLF001 - a cache per user object, as ModelBackend keeps one
        return set(user_obj._role_permissions)  # type: ignore[attr-defined]  # noqa: SLF001
