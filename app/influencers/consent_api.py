"""Consent forms for programs: asked for, sent to the store by whoever has the form, given out by a signed address, deleted."""

import logging
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.influencers import consent
from app.influencers.listing import Sort
from app.influencers.models import ConsentForm, Influencer
from app.influencers.pages import KeysetPages
from app.influencers.serializers import by_field
from app.uploads.stores import ADDRESS_SECONDS, FORM_SECONDS, Form, StoreError

logger = logging.getLogger(__name__)


class StoreAway(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "store_away"
    default_detail = consent.NOT_DELETED


class ConsentFormSerializer(serializers.ModelSerializer[ConsentForm]):
    content_type = serializers.ChoiceField(choices=[kind.content_type for kind in consent.PURPOSE.kinds])
    retain_until = serializers.DateField(
        required=False,
        help_text=f"The last day on which it is kept: {consent.KEPT_YEARS} years after it was signed, if nothing is said.",
    )

    class Meta:
        model = ConsentForm
        fields = (
            "id", "state", "refusal", "content_type", "signed_on", "retain_until", "filename", "size_bytes", "created_at",
            "stored_at", "deleted_at",
        )  # fmt: skip
        read_only_fields = (
            "state", "refusal", "filename", "size_bytes", "created_at", "stored_at", "deleted_at",
        )  # fmt: skip


class UploadSerializer(serializers.Serializer[Form]):
    action = serializers.CharField(help_text="Where to post the file, as multipart/form-data.")
    inputs = serializers.DictField(
        source="fields",
        child=serializers.CharField(),
        help_text="All of them, as they are, and behind them the file as `file`.",
    )
    expires_at = serializers.DateTimeField(help_text=f"{FORM_SECONDS // 60} minutes from now.")


class AskedForSerializer(serializers.Serializer[Any]):
    form = ConsentFormSerializer()
    upload = UploadSerializer()


class AddressSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(help_text=f"Gives the file, for {ADDRESS_SECONDS // 60} minutes.")


def _forms(influencer_id: int) -> QuerySet[ConsentForm]:
    return get_object_or_404(Influencer, pk=influencer_id).consent_forms.all()


class ConsentFormList(generics.ListAPIView[ConsentForm]):
    """An influencer's consent forms, the newest first: also those that never came, were refused, or are deleted."""

    serializer_class = ConsentFormSerializer
    pagination_class = KeysetPages

    def sort(self, request: Request) -> Sort:
        del request
        return Sort.parse("-created", {"created": F("created_at")})

    def get_queryset(self) -> QuerySet[ConsentForm]:
        return _forms(self.kwargs["pk"])

    @extend_schema(request=ConsentFormSerializer, responses={201: AskedForSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Ask for a form's file.

        Post it to `upload.action`. Its state is `stored` or `refused` once its content was looked at: within seconds where
        the bucket tells of it (prod), within the hour elsewhere.
        """
        serializer = ConsentFormSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            form = consent.ask_for_form(pk, who=request.user.get_username(), **serializer.validated_data)
        except Influencer.DoesNotExist:
            raise NotFound from None
        except DjangoValidationError as error:
            raise ValidationError(by_field(error)) from None
        made = {"form": form, "upload": consent.upload_form(form, back_to="")}
        return Response(AskedForSerializer(made).data, status.HTTP_201_CREATED)


class ConsentFormDetail(generics.RetrieveDestroyAPIView[ConsentForm]):
    """One consent form. Deleting takes the file, and leaves this record."""

    serializer_class = ConsentFormSerializer
    lookup_url_kwarg = "form"

    def get_queryset(self) -> QuerySet[ConsentForm]:
        return _forms(self.kwargs["pk"])

    def perform_destroy(self, instance: ConsentForm) -> None:
        try:
            consent.delete_form(instance.pk, self.request.user.get_username())
        except ConsentForm.DoesNotExist:
            raise NotFound("It has no file.") from None
        except StoreError:
            logger.exception("a consent form could not be deleted")
            raise StoreAway from None


class ConsentFormDownload(APIView):
    """Where a form's file can be downloaded."""

    @extend_schema(request=None, responses=AddressSerializer)
    def post(self, request: Request, pk: int, form: int) -> Response:
        """Get an address; that it was asked for is written down first."""
        found = get_object_or_404(_forms(pk), pk=form)
        try:
            address = consent.download_address(found.pk, request.user.get_username())
        except ConsentForm.DoesNotExist:
            raise NotFound("It has no file.") from None
        return Response({"address": request.build_absolute_uri(address)})
