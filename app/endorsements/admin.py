"""Moderation."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from app.accounts.read_only import ReadOnlyAdminMixin
from app.accounts.sign_in import who_signed_in
from app.endorsements.models import Endorsement, State
from app.endorsements.services import moderate


class AwaitingFirst(admin.SimpleListFilter):
    """The state, with what waits for a moderator as the default."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        del request, model_admin
        others = [(value, label) for value, label in State.choices if value != State.CONFIRMED]
        return [("all", "All"), *others]

    def choices(self, changelist: Any) -> Any:
        for index, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "Awaiting moderation"} if index == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Endorsement]) -> QuerySet[Endorsement]:
        del request
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or State.CONFIRMED)


@admin.register(Endorsement)
class EndorsementAdmin(ReadOnlyAdminMixin, admin.ModelAdmin[Endorsement]):
    """To read and to decide: nobody edits what an endorser wrote."""

    list_display = (
        "name",
        "excerpt",
        "organisation",
        "campaign",
        "state",
        "may_be_shown",
        "submitted_at",
    )
    list_filter = (AwaitingFirst, "campaign", "consent_to_publish", "kind", "submitted_at")
    list_select_related = ("campaign",)
    search_fields = ("name", "organisation", "email", "statement")
    date_hierarchy = "submitted_at"
    show_full_result_count = False
    actions = ("approve", "reject")

    @admin.display(description="show", boolean=True, ordering="consent_to_publish")
    def may_be_shown(self, endorsement: Endorsement) -> bool:
        return endorsement.consent_to_publish

    @admin.display(description="statement")
    def excerpt(self, endorsement: Endorsement) -> str:
        limit = 200
        text = endorsement.statement
        return text if len(text) <= limit else f"{text[:limit]}…"

    @admin.action(description="Approve the selected endorsements", permissions=["moderate"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Endorsement]) -> None:
        self._moderate(request, queryset, State.APPROVED)

    @admin.action(description="Reject the selected endorsements", permissions=["moderate"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Endorsement]) -> None:
        self._moderate(request, queryset, State.REJECTED)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("endorsements.moderate_endorsement")

    def _moderate(self, request: HttpRequest, queryset: QuerySet[Endorsement], state: State) -> None:
        # By key: a filter of the list page on the state would no longer hold while the state changes.
        selected = list(queryset.values_list("pk", flat=True))
        changed = moderate(Endorsement.objects.filter(pk__in=selected), state, who_signed_in(request))
        if changed:
            now = f"endorsement is now {state}" if changed == 1 else f"endorsements are now {state}"
            self.message_user(request, f"{changed} {now}.", messages.SUCCESS)
        if len(selected) > changed:
            self.message_user(
                request,
                f"{len(selected) - changed} stayed as they were: unconfirmed, withdrawn, or {state} already.",
                messages.WARNING,
            )
