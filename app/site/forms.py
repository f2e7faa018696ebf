"""The forms of the public pages."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from app.endorsements.services import Submission
from app.mail.addresses import validate_mailbox
from app.regions.models import Region, RegionKind
from app.stakeholders.models import StakeholderKind
from app.stakeholders.places import Place, resolve_place
from app.stakeholders.validators import validate_single_line


def _text(autocomplete: str, **attributes: str) -> forms.TextInput:
    return forms.TextInput({"autocomplete": autocomplete, **attributes})


def state_choices() -> list[tuple[str, str]]:
    """The states by name, each with its postal code; only the empty choice before the first import."""
    states = Region.objects.of(RegionKind.STATE).current().order_by("name").values_list("usps", "name")
    return [("", "Choose a state"), *states]


class SummarisedForm(forms.Form):
    """A form whose page lists what has to be mended."""

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, label_suffix="")

    def summary(self) -> list[tuple[str, str]]:
        """Every error with the id of the field to mend, in the order of the page."""
        return [
            (self._first_id(name) if name in self.fields else "", str(message))
            for name in (*self.fields, "__all__")
            for message in self.errors.get(name, [])
        ]

    def _first_id(self, name: str) -> str:
        """Where a link to the field leads; a group of radio buttons has no id of its own."""
        return self[name].id_for_label or f"{self[name].auto_id}_0"


class PlaceForm(SummarisedForm):
    """A county, or a point."""

    state = forms.ChoiceField(
        required=False,
        label="State or territory",
        help_text="Where you live or work.",
        widget=forms.Select({"autocomplete": "address-level1"}),
    )
    county = forms.CharField(
        max_length=140,
        required=False,
        label="County",
        help_text="As Harris, Baltimore city, or Orleans Parish.",
        widget=_text("off", list="counties", spellcheck="false"),
    )
    latitude = forms.FloatField(
        required=False,
        help_text="Degrees north, as 39.29.",
        widget=_text("off", inputmode="decimal"),
        error_messages={"invalid": "Give the latitude as a number, as 39.29."},
    )
    longitude = forms.FloatField(
        required=False,
        help_text="Degrees east; negative in the Americas, as -76.61.",
        widget=_text("off", inputmode="decimal"),
        error_messages={"invalid": "Give the longitude as a number, as -76.61."},
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        field = self.fields["state"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = self._states = state_choices()

    @property
    def has_states(self) -> bool:
        """Whether there is a state to choose."""
        return len(self._states) > 1

    @property
    def by_point(self) -> bool:
        """Whether the fields for coordinates have something to show."""
        return not self.has_states or any(
            self[field].value() not in (None, "") for field in ("latitude", "longitude")
        )

    def counties(self) -> list[str]:
        """The counties of the chosen state, to pick from."""
        state = self["state"].value()
        if not state or state not in dict(self._states):
            return []
        chosen = Region.objects.of(RegionKind.STATE).filter(usps=state)
        counties = (
            Region.objects.of(RegionKind.COUNTY).current().filter(state_fips__in=chosen.values("geoid"))
        )
        return list(counties.order_by("full_name").values_list("full_name", flat=True))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not {"state", "county", "latitude", "longitude"} & set(self.errors):
            cleaned["place"] = self._place(cleaned)
        return cleaned

    def _place(self, cleaned: dict[str, Any]) -> Place | None:
        where = {field: cleaned[field] for field in ("latitude", "longitude", "state", "county")}
        if all(value in (None, "") for value in where.values()):
            if self.has_states:
                self.add_error("state", "Say where you are: choose a state and a county.")
            else:
                self.add_error("latitude", "Say where you are: give a latitude and a longitude.")
            return None
        try:
            return resolve_place(**where)
        except ValidationError as error:
            self.add_error(None, error)
            return None


class DistrictForm(PlaceForm):
    """A place, or a ZIP code, which people know by heart and which says almost as much."""

    zip_code = forms.RegexField(
        r"^\s*[0-9]{5}(-[0-9]{4})?\s*$",
        required=False,
        label="ZIP code",
        help_text="As 21201. Some reach into several districts: you then see each.",
        widget=_text("postal-code", inputmode="numeric"),
        error_messages={"invalid": "Give the ZIP code as five digits, as 21201."},
    )
    field_order = ("zip_code", "state", "county", "latitude", "longitude")

    @property
    def has_zip_areas(self) -> bool:
        return Region.objects.of(RegionKind.ZIP_AREA).exists()

    def clean(self) -> dict[str, Any]:
        typed = (self.data.get("zip_code") or "").strip()
        cleaned = super().clean()
        if not typed or "zip_code" in self.errors:
            return cleaned
        if cleaned.get("place") or any(
            self.data.get(field) for field in ("state", "county", "latitude", "longitude")
        ):
            self.add_error("zip_code", "Give a ZIP code, or a place below. Not both.")
            return cleaned
        zip_areas = Region.objects.of(RegionKind.ZIP_AREA).current().without_shapes()
        cleaned["zip_area"] = zip_areas.filter(geoid=typed[:5]).first()
        if cleaned["zip_area"] is None:
            self.add_error(
                "zip_code",
                f"We know no area of ZIP code {typed[:5]}: some belong to one building or to post-office boxes."
                " Choose a state and a county.",
            )
        return cleaned

    def _place(self, cleaned: dict[str, Any]) -> Place | None:
        # Without a place there is still the ZIP code.
        is_empty = all(cleaned[field] in (None, "") for field in ("latitude", "longitude", "state", "county"))
        return None if is_empty and (self.data.get("zip_code") or "").strip() else super()._place(cleaned)


_EMAIL_INVALID = "Give an e-mail address as name@example.org."


class WithdrawForm(SummarisedForm):
    """Whose endorsement is to be withdrawn."""

    email = forms.EmailField(
        max_length=254,
        validators=[validate_mailbox],
        label="E-mail",
        help_text="The address that you endorsed with.",
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"required": "Give the address that you endorsed with.", "invalid": _EMAIL_INVALID},
    )


class EndorseForm(PlaceForm):
    """What the API's SubmissionSerializer takes, for people."""

    name = forms.CharField(
        max_length=160,
        widget=_text("name"),
        validators=[validate_single_line],
        error_messages={"required": "Give your name."},
    )
    email = forms.EmailField(
        max_length=254,
        validators=[validate_mailbox],
        label="E-mail",
        help_text="We send one message with a link to confirm. It is never published.",
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={
            "required": "Give your e-mail address: the endorsement is confirmed by it.",
            "invalid": _EMAIL_INVALID,
        },
    )
    kind = forms.ChoiceField(
        choices=[
            (StakeholderKind.PERSON, "For myself"),
            (StakeholderKind.ORGANISATION, "For an organisation"),
        ],
        initial=StakeholderKind.PERSON,
        required=False,
        label="You endorse",
        widget=forms.RadioSelect,
    )
    organisation = forms.CharField(
        max_length=160,
        required=False,
        help_text="Whom you speak for or work with. Needed where it is the organisation that endorses.",
        widget=_text("organization"),
        validators=[validate_single_line],
    )
    role = forms.CharField(
        max_length=120,
        required=False,
        label="Your role",
        help_text="As Mayor, Owner, or Teacher.",
        widget=_text("organization-title"),
        validators=[validate_single_line],
    )
    statement = forms.CharField(
        max_length=2000,
        required=False,
        label="In your own words",
        help_text="Why you endorse; up to 2,000 characters.",
        widget=forms.Textarea({"rows": 4}),
    )
    consent_to_publish = forms.BooleanField(
        required=False,
        label="Show my name, organisation, role, county and words on this site",
        help_text="Without this your endorsement is counted, not shown.",
    )
    terms_accepted = forms.BooleanField(
        label="I accept the terms",
        error_messages={"required": "The terms have to be accepted."},
    )
    field_order = (
        "name", "email", "kind", "organisation", "role", "state", "county", "latitude", "longitude", "statement",
        "consent_to_publish", "terms_accepted",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for_organisation = cleaned.get("kind") == StakeholderKind.ORGANISATION
        if for_organisation and "organisation" not in self.errors and not cleaned["organisation"]:
            self.add_error("organisation", "Name the organisation that endorses.")
        return cleaned

    def submission(self) -> Submission:
        """Of a valid form."""
        typed = self.cleaned_data
        return Submission(
            name=typed["name"],
            email=typed["email"],
            place=typed["place"],
            organisation=typed["organisation"],
            role=typed["role"],
            statement=typed["statement"],
            kind=typed["kind"] or StakeholderKind.PERSON,
            consent_to_publish=typed["consent_to_publish"],
        )
