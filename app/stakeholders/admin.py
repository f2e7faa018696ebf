from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from app.accounts.read_only import ReadOnlyAdminMixin
from app.regions.geocoding import geocoder, known_answer
from app.stakeholders.models import RegionAssignment, Stakeholder
from app.stakeholders.tasks import contradicts, request_location, unfinished_look_ups


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
    readonly_fields = ("located",)
    actions = ("locate_by_address",)

    def save_model(
        self,
        request: HttpRequest,
        obj: Stakeholder,
        form: ModelForm[Stakeholder],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        del request
        # A job or a confirmation may have located them since the row was read.
        obj.save(update_fields=[*form.changed_data, "updated_at"] if change else None)
        if "address" in form.changed_data:
            request_location(obj)

    @admin.display(description="located")
    def located(self, stakeholder: Stakeholder) -> str:
        """What staff can do about where somebody is."""
        if stakeholder.location is not None:
            return "By coordinates."
        by_county = "By the county they named. " if stakeholder.county_geoid else ""
        return by_county + (
            _of_address(stakeholder) if stakeholder.waits_for_geocoder else "No address to look up."
        )

    @admin.action(description="Locate by address", permissions=["change"])
    def locate_by_address(self, request: HttpRequest, queryset: QuerySet[Stakeholder]) -> None:
        if not geocoder().is_available:
            self.message_user(request, "This site looks no address up: GEOCODER is none.", messages.WARNING)
            return
        asked = sum(map(request_location, queryset))
        self.message_user(request, f"{asked} addresses will be looked up.", messages.SUCCESS)
        if left := queryset.count() - asked:
            self.message_user(
                request, f"{left} have coordinates already, or no address: they stay.", messages.WARNING
            )


def _of_address(stakeholder: Stakeholder) -> str:
    answer = known_answer(stakeholder.address)
    if answer is None:
        return _unanswered(stakeholder)
    if answer.point is None:
        if not answer.matches:
            return "The geocoder knows no such address: look for a slip, and add city, state and ZIP."
        return f"The address can mean {answer.matches} places: add city, state and ZIP."
    if contradicts(stakeholder, answer.point):
        return "The address is in another county than the one they named: ask them."
    return "The address was found."


def _unanswered(stakeholder: Stakeholder) -> str:
    if not geocoder().is_available:
        return "No address is looked up."
    if unfinished_look_ups().filter(args_kwargs={"args": [stakeholder.pk], "kwargs": {}}).exists():
        return "The address waits for the geocoder."
    return (
        "Nothing looks the address up now: it failed, is too long ago, or nobody asked for it. Choose “Locate by"
        " address” in the list."
    )
