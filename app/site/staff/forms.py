"""The forms of the staff pages. What they save is held to the models' own rules."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from app.accounts.models import Scope
from app.campaigns.models import Campaign
from app.influencers.models import Account, AccountStatus, Influencer, Platform
from app.influencers.services import save_checked, tags_named
from app.influencers.workbook.columns import CellError
from app.influencers.workbook.region_cells import cell, named_in
from app.regions.models import Region
from app.site.forms import SummarisedForm

MAX_TOKEN_DAYS = 365


class _RowForm(SummarisedForm):
    """A form over a row: it begins with what the row says, and saves by the row's rules."""

    def __init__(self, row: Any, initial: dict[str, Any], data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        self.row = row
        self.initial = initial

    def saved(self, assign: Callable[[], None], relate: Callable[[], None]) -> bool:
        """Whether it was saved; if not, the form has the reasons and nothing was changed.

        Args:
            assign: gives the row's columns what was typed.
            relate: writes what needs the row to be there.
        """
        if not self.is_valid():
            return False
        try:
            with transaction.atomic():
                assign()
                save_checked(self.row, vars(self.row).keys() & self.fields.keys())
                relate()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.add_error(name if name in self.fields else None, messages)
            return False
        return True


class InfluencerForm(_RowForm):
    name = forms.CharField(max_length=160, widget=forms.TextInput({"autocomplete": "off"}))
    phone = forms.CharField(
        max_length=40,
        required=False,
        label="Telephone number",
        help_text="With country code, as +1 202 555 0143.",
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "tel"}),
    )
    notes = forms.CharField(required=False, widget=forms.Textarea({"rows": 4}))
    campaigns = forms.ModelMultipleChoiceField(
        Campaign.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    # Compared with what the page showed: what others changed meanwhile stays unless this field was changed too.
    regions = forms.CharField(
        required=False,
        show_hidden_initial=True,
        help_text="Separated by semicolons, as MD; Howard County, MD; Congressional district 3, MD; ZIP area 21201.",
        widget=forms.Textarea({"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, row: Influencer, data: Mapping[str, Any] | None = None) -> None:
        campaigns = list(row.campaigns.all()) if row.pk else []
        self._regions = list(row.regions.all()) if row.pk else []
        columns = {"name": row.name, "phone": row.phone, "notes": row.notes}
        super().__init__(row, {**columns, "campaigns": campaigns, "regions": cell(self._regions)}, data)

    def clean_regions(self) -> list[Region]:
        if "regions" not in self.changed_data:
            return self._regions
        try:
            return named_in(self.cleaned_data["regions"], self._regions)
        except CellError as error:
            text = str(error)
            raise ValidationError(f"{text[:1].upper()}{text[1:]}.") from None

    def save(self) -> bool:
        return self.saved(self._assign, self._relate)

    def _assign(self) -> None:
        for name in ("name", "phone", "notes"):
            setattr(self.row, name, self.cleaned_data[name])

    def _relate(self) -> None:
        # What nobody touched may have been changed by an import since it was read.
        for name in ("campaigns", "regions"):
            if name in self.changed_data:
                getattr(self.row, name).set(self.cleaned_data[name])


class AccountForm(_RowForm):
    platform = forms.ChoiceField(choices=Platform.choices)
    handle = forms.CharField(
        max_length=200,
        help_text="The handle, or the account's address.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    email = forms.EmailField(required=False, label="E-mail", widget=forms.EmailInput({"autocomplete": "off"}))
    status = forms.ChoiceField(choices=AccountStatus.choices)
    tags = forms.CharField(
        max_length=400,
        required=False,
        help_text="Separated by commas, as food, rivers.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    notes = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}))

    def __init__(self, row: Account, data: Mapping[str, Any] | None = None) -> None:
        columns = {name: getattr(row, name) for name in ("platform", "email", "status", "notes")}
        tags = ", ".join(tag.name for tag in row.tags.all()) if row.pk else ""
        super().__init__(row, {**columns, "handle": row.handle and row.shown_handle, "tags": tags}, data)
        if row.pk:
            # An account stays on its platform: its metrics are of that one.
            del self.fields["platform"]

    def save(self) -> bool:
        return self.saved(self._assign, self._relate)

    def _assign(self) -> None:
        before = self.row.handle
        for name in ("platform", "handle", "email", "status", "notes"):
            if name in self.fields:
                setattr(self.row, name, self.cleaned_data[name])
        self.row.normalise()
        if self.row.handle != before:
            # An address that followed from the old handle would be another account's.
            self.row.url = ""

    def _relate(self) -> None:
        try:
            self.row.tags.set(tags_named(self.cleaned_data["tags"].split(",")))
        except ValidationError as error:
            raise ValidationError({"tags": error.messages}) from None


class BulkForm(forms.Form):
    """What to do with the chosen accounts."""

    accounts = forms.ModelMultipleChoiceField(
        Account.objects.none(),
        error_messages={"required": "Choose at least one account: tick the box in front of it."},
    )
    status = forms.ChoiceField(choices=[("", "leave as it is"), *AccountStatus.choices], required=False)
    add_tag = forms.CharField(max_length=40, required=False)
    remove_tag = forms.CharField(max_length=40, required=False)

    def __init__(self, platform: str, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        field: Any = self.fields["accounts"]
        field.queryset = Account.objects.on(platform)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not any(cleaned.get(name) for name in ("status", "add_tag", "remove_tag")):
            raise ValidationError("Choose a status or a tag to set.")
        return cleaned


class TokenForm(SummarisedForm):
    name = forms.CharField(
        max_length=60,
        help_text="Which program will have it, and where.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, label="What it may do", widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=MAX_TOKEN_DAYS,
        initial=90,
        label="Days it is good for",
        help_text="At most 365.",
    )
