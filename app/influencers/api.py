"""Influencers and their accounts, platform by platform, for staff and their programs (accounts/policy.py)."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers, status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.influencers import merging
from app.influencers.listing import (
    ACCOUNT_SORTS,
    INFLUENCER_SORTS,
    METRICS_SORTS,
    AccountQuery,
    InfluencerQuery,
    Sort,
    found_accounts,
    found_influencers,
)
from app.influencers.models import (
    Account,
    AccountQuerySet,
    DailyMetrics,
    Influencer,
    InfluencerQuerySet,
    Platform,
)
from app.influencers.pages import KeysetPages
from app.influencers.serializers import (
    AccountSerializer,
    InfluencerSerializer,
    MergeQuery,
    MergeSerializer,
    MetricsSerializer,
    PreviewSerializer,
)
from app.influencers.services import ConsentFormKeptError, delete_influencer, record_metrics

_PLATFORM = OpenApiParameter("platform", location="path", enum=Platform.values)


class ConsentFormKept(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "consent_form_kept"


def _valid(query: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = query(data=request.query_params)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


@extend_schema_view(get=extend_schema(parameters=[InfluencerQuery]))
class InfluencerList(generics.ListCreateAPIView[Influencer]):
    """Influencers with the names of their accounts."""

    serializer_class = InfluencerSerializer
    pagination_class = KeysetPages

    def sort(self, request: Request) -> Sort:
        return Sort.parse(_valid(InfluencerQuery, request)["ordering"], INFLUENCER_SORTS)

    def get_queryset(self) -> InfluencerQuerySet:
        return found_influencers(_valid(InfluencerQuery, self.request)).with_accounts()


class InfluencerDetail(generics.RetrieveUpdateDestroyAPIView[Influencer]):
    """One influencer. Deleting takes the accounts and their metrics along."""

    serializer_class = InfluencerSerializer

    def get_queryset(self) -> InfluencerQuerySet:
        return Influencer.objects.with_accounts()

    def perform_destroy(self, instance: Influencer) -> None:
        try:
            delete_influencer(instance, self.request.user.get_username())
        except ConsentFormKeptError as error:
            raise ConsentFormKept(str(error)) from None


class InfluencerMerge(APIView):
    """Make one influencer of two."""

    @extend_schema(parameters=[MergeQuery], responses=PreviewSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What a merge would do, and what somebody has to choose."""
        both = Influencer.objects.with_accounts()
        kept = get_object_or_404(both, pk=pk)
        removed = get_object_or_404(both, pk=_valid(MergeQuery, request)["other"])
        try:
            found = merging.preview(kept, removed)
        except merging.UnresolvedError as error:
            raise ValidationError(error.fields) from None
        return Response(PreviewSerializer(found).data)

    @extend_schema(request=MergeSerializer, responses=InfluencerSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Move everything to this influencer and delete the other, in one transaction that is kept on record."""
        serializer = MergeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        choices = dict(serializer.validated_data)
        try:
            merging.merge(pk, choices.pop("other"), choices, request.user)
        except Influencer.DoesNotExist:
            raise NotFound from None
        except merging.UnresolvedError as error:
            raise ValidationError(error.fields) from None
        return Response(InfluencerSerializer(Influencer.objects.with_accounts().get(pk=pk)).data)


class _AccountViews(generics.GenericAPIView[Account]):
    serializer_class = AccountSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "platform": self.kwargs.get("platform")}


@extend_schema_view(
    get=extend_schema(parameters=[_PLATFORM, AccountQuery]), post=extend_schema(parameters=[_PLATFORM])
)
class AccountList(_AccountViews, generics.ListCreateAPIView[Account]):
    """Accounts on a platform, each with the same influencer's accounts on the other one."""

    pagination_class = KeysetPages

    def sort(self, request: Request) -> Sort:
        return Sort.parse(_valid(AccountQuery, request)["ordering"], ACCOUNT_SORTS)

    def get_queryset(self) -> AccountQuerySet:
        return found_accounts(self.kwargs["platform"], _valid(AccountQuery, self.request)).with_elsewhere()


_ONE = extend_schema(parameters=[_PLATFORM])


@extend_schema_view(get=_ONE, put=_ONE, patch=_ONE, delete=_ONE)
class AccountDetail(_AccountViews, generics.RetrieveUpdateDestroyAPIView[Account]):
    """One account, with the same influencer's accounts on the other platform."""

    def get_queryset(self) -> AccountQuerySet:
        return Account.objects.on(self.kwargs["platform"]).with_elsewhere()


class AccountMetrics(generics.ListAPIView[DailyMetrics]):
    """What an account's metrics were day by day, the newest first."""

    serializer_class = MetricsSerializer
    pagination_class = KeysetPages

    def sort(self, request: Request) -> Sort:
        del request
        return Sort.parse("-day", METRICS_SORTS)

    def account(self) -> Account:
        return get_object_or_404(Account.objects.on(self.kwargs["platform"]), pk=self.kwargs["pk"])

    def get_queryset(self) -> Any:
        return self.account().metrics.all()

    @extend_schema(parameters=[_PLATFORM])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(parameters=[_PLATFORM], request=MetricsSerializer, responses=MetricsSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep what was measured on a day; said twice it changes nothing."""
        del args, kwargs
        serializer = MetricsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        kept = record_metrics(self.account(), values.pop("day"), values, DailyMetrics.Source.MANUAL)
        return Response(MetricsSerializer(kept).data)
