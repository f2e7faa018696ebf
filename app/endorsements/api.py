"""Endorsements as the public sends and reads them."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from app.campaigns.models import Campaign
from app.endorsements.models import Endorsement
from app.endorsements.services import CampaignNotOpenError, Submission, limited_clients, submit
from app.mail.addresses import validate_mailbox
from app.ratelimit.requests import address_of
from app.ratelimit.throttling import require
from app.stakeholders.models import StakeholderKind
from app.stakeholders.places import resolve_place
from app.stakeholders.validators import validate_single_line

ACCEPTED = {
    "status": "accepted",
    "message": "Thank you. Please open the link in the e-mail that we send you to confirm your endorsement.",
}


class NotOpenError(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "campaign_not_open"
    default_detail = "This campaign takes no endorsements now."


class SubmissionSerializer(serializers.Serializer[Submission]):
    name = serializers.CharField(
        max_length=160,
        validators=[validate_single_line],
        help_text="The person's, or the organisation's own where none is named.",
    )
    email = serializers.EmailField(max_length=254, validators=[validate_mailbox])
    organisation = serializers.CharField(
        max_length=160, required=False, allow_blank=True, validators=[validate_single_line]
    )
    role = serializers.CharField(
        max_length=120, required=False, allow_blank=True, validators=[validate_single_line]
    )
    statement = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=StakeholderKind.choices, required=False)
    latitude = serializers.FloatField(required=False, allow_null=True, help_text="Degrees north, WGS 84.")
    longitude = serializers.FloatField(
        required=False, allow_null=True, help_text="Degrees east, negative in the Americas."
    )
    state = serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Name, postal code or FIPS code.",
    )
    county = serializers.CharField(
        max_length=140,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Name or five-digit GEOID.",
    )
    consent_to_publish = serializers.BooleanField(
        required=False, default=False, help_text="Without it the endorsement is counted, not shown."
    )
    terms_accepted = serializers.BooleanField()

    def validate_terms_accepted(self, accepted: bool) -> bool:  # noqa: FBT001 - DRF's signature
        if not accepted:
            raise serializers.ValidationError("The terms have to be accepted.")
        return accepted

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        where = {
            field: value
            for field in ("latitude", "longitude", "state", "county")
            if (value := attrs.pop(field, None)) is not None
        }
        attrs.pop("terms_accepted")
        return {**attrs, "place": resolve_place(**where)}


class AcceptedSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()
    message = serializers.CharField()


class CountySerializer(serializers.Serializer[Any]):
    geoid = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField(help_text="Postal code.")


class EndorsementSerializer(serializers.ModelSerializer[Endorsement]):
    county = serializers.SerializerMethodField()

    class Meta:
        model = Endorsement
        fields = ("name", "kind", "organisation", "role", "statement", "submitted_at", "county")

    @extend_schema_field(CountySerializer(allow_null=True))
    def get_county(self, endorsement: Endorsement) -> dict[str, str] | None:
        county = endorsement.county
        if county is None:
            return None
        return {
            "geoid": county.geoid,
            "name": county.full_name,
            "state": county.parent.usps if county.parent else "",
        }


class EndorsementList(generics.ListAPIView[Endorsement]):
    """Published endorsements of a campaign, the newest first; or submit one."""

    serializer_class = EndorsementSerializer
    ordering = ("-pk",)

    def get_queryset(self) -> Any:
        campaign = get_object_or_404(Campaign.objects.published(), slug=self.kwargs["slug"])
        return campaign.endorsements.published().with_counties()

    @extend_schema(request=SubmissionSerializer, responses={202: AcceptedSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Submit an endorsement. The answer is the same whether or not the address is known."""
        campaign = get_object_or_404(Campaign.objects.published(), slug=slug)
        serializer = SubmissionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        submission = Submission(**serializer.validated_data)
        require(request, limited_clients(submission, address_of(request)))
        try:
            submit(campaign, submission)
        except CampaignNotOpenError:
            raise NotOpenError from None
        return Response(ACCEPTED, status=status.HTTP_202_ACCEPTED)
