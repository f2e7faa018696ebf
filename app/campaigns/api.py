"""Campaigns as the public reads them."""

from typing import Any

from rest_framework import filters, generics, serializers

from app.campaigns.models import Bill, Campaign, CampaignQuerySet


class BillSerializer(serializers.ModelSerializer[Bill]):
    class Meta:
        model = Bill
        fields = ("level", "jurisdiction", "number", "session", "title", "status", "url")


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    is_open = serializers.SerializerMethodField(help_text="Whether it takes endorsements now.")

    class Meta:
        model = Campaign
        fields: tuple[str, ...] = ("slug", "title", "summary", "status", "is_open", "opens_at", "closes_at")

    def get_is_open(self, campaign: Campaign) -> bool:
        return campaign.is_open()


class CampaignDetailSerializer(CampaignSerializer):
    bills = BillSerializer(many=True, read_only=True)

    class Meta(CampaignSerializer.Meta):
        fields = (*CampaignSerializer.Meta.fields, "description", "endorsement_statement", "bills")


class CampaignList(generics.ListAPIView[Campaign]):
    """Active and closed campaigns, the newest first."""

    serializer_class = CampaignSerializer
    filter_backends = (filters.SearchFilter, filters.OrderingFilter)
    search_fields = ("title", "summary")
    ordering_fields = ("created_at", "title")
    ordering = ("-created_at", "-pk")

    def get_queryset(self) -> CampaignQuerySet:
        return Campaign.objects.published()


class CampaignDetail(generics.RetrieveAPIView[Campaign]):
    """One campaign with its bills."""

    serializer_class = CampaignDetailSerializer
    lookup_field = "slug"

    def get_queryset(self) -> Any:
        return Campaign.objects.published().prefetch_related("bills")
