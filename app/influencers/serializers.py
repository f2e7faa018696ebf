"""Influencers and accounts as the API writes and reads them."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.settings import api_settings

from app.campaigns.models import Campaign
from app.influencers import merging
from app.influencers.listing import MAX_METRIC
from app.influencers.models import Account, DailyMetrics, Influencer
from app.influencers.services import save_checked, tags_named
from app.regions.models import Region, RegionKind

_TYPED_PHONE_LENGTH = 40


class AccountReference(serializers.ModelSerializer[Account]):
    """An account, as short as another row refers to it."""

    class Meta:
        model = Account
        fields: tuple[str, ...] = ("id", "platform", "handle", "url")


class InfluencerReference(serializers.ModelSerializer[Influencer]):
    class Meta:
        model = Influencer
        fields = ("id", "name", "phone")


class RegionReference(serializers.ModelSerializer[Region]):
    """A region by kind and GEOID; to write, the newest vintage is meant."""

    kind = serializers.ChoiceField(choices=RegionKind.choices)
    geoid = serializers.CharField(max_length=14)

    class Meta:
        model = Region
        fields = ("kind", "geoid", "full_name")
        read_only_fields = ("full_name",)
        # Another row of the same kind and GEOID is what it refers to.
        validators: tuple[Any, ...] = ()


class _CheckedSerializer(serializers.ModelSerializer[Any]):
    """Saves by the model's own rules, and answers with what they say."""

    def _save(self, row: Any, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(row, name, value)
        try:
            save_checked(row, values)
        except DjangoValidationError as error:
            raise serializers.ValidationError(by_field(error)) from None


class InfluencerSerializer(_CheckedSerializer):
    phone = serializers.CharField(
        max_length=_TYPED_PHONE_LENGTH,
        required=False,
        allow_blank=True,
        help_text="As people write it; kept as +12025550143. Name and number together are unique.",
    )
    campaigns = serializers.SlugRelatedField(
        slug_field="slug", queryset=Campaign.objects.all(), many=True, required=False
    )
    regions = RegionReference(many=True, required=False)
    accounts = AccountReference(many=True, read_only=True)

    class Meta:
        model = Influencer
        fields = (
            "id", "name", "phone", "notes", "campaigns", "regions", "accounts", "created_at", "updated_at",
        )  # fmt: skip
        # The model's own check compares what is normalised first.
        validators: tuple[Any, ...] = ()

    def validate_regions(self, asked: list[dict[str, str]]) -> list[Region]:
        found = []
        for region in asked:
            newest = Region.objects.current().filter(kind=region["kind"], geoid=region["geoid"]).first()
            if newest is None:
                raise serializers.ValidationError(f"There is no {region['kind']} {region['geoid']}.")
            found.append(newest)
        return found

    def create(self, validated_data: dict[str, Any]) -> Influencer:
        return self.update(Influencer(), validated_data)

    @transaction.atomic
    def update(self, instance: Influencer, validated_data: dict[str, Any]) -> Influencer:
        related = {
            name: validated_data.pop(name) for name in ("campaigns", "regions") if name in validated_data
        }
        self._save(instance, validated_data)
        for name, rows in related.items():
            getattr(instance, name).set(rows)
        return instance


class TagsField(serializers.ListField):
    """Tags by name; a name that is new makes one."""

    child = serializers.CharField(max_length=40)

    def to_representation(self, data: Any) -> list[str]:
        return [tag.name for tag in data.all()]


class AccountSerializer(_CheckedSerializer):
    handle = serializers.CharField(
        max_length=200,
        help_text="The handle, with or without @, or the account's address; kept in one spelling.",
    )
    influencer_id = serializers.PrimaryKeyRelatedField(
        source="influencer", queryset=Influencer.objects.all(), help_text="Whose account it is."
    )
    influencer = InfluencerReference(read_only=True)
    tags = TagsField(required=False, max_length=50)
    elsewhere = serializers.SerializerMethodField(
        help_text="The same influencer's accounts on the other platforms."
    )

    class Meta:
        model = Account
        fields = (
            "id", "platform", "handle", "influencer_id", "influencer", "elsewhere", "email", "url", "status", "tags", "notes",
            "followers", "daily_views", "posts", "measured_on", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("platform", "followers", "daily_views", "posts", "measured_on")
        validators: tuple[Any, ...] = ()

    @extend_schema_field(AccountReference(many=True))
    def get_elsewhere(self, account: Account) -> Any:
        return AccountReference(account.elsewhere, many=True).data

    def create(self, validated_data: dict[str, Any]) -> Account:
        return self.update(Account(platform=self.context["platform"]), validated_data)

    @transaction.atomic
    def update(self, instance: Account, validated_data: dict[str, Any]) -> Account:
        names = validated_data.pop("tags", None)
        if "handle" in validated_data and "url" not in validated_data:
            # An address that followed from the old handle would be another account's.
            instance.url = ""
        self._save(instance, validated_data)
        if names is not None:
            try:
                instance.tags.set(tags_named(names))
            except DjangoValidationError as error:
                raise serializers.ValidationError({"tags": error.messages}) from None
        return instance


class MetricsSerializer(serializers.ModelSerializer[DailyMetrics]):
    class Meta:
        model = DailyMetrics
        fields = ("day", *DailyMetrics.VALUES, "source")
        read_only_fields = ("source",)
        extra_kwargs = {name: {"max_value": MAX_METRIC, "allow_null": False} for name in DailyMetrics.VALUES}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.keys() & set(DailyMetrics.VALUES):
            raise serializers.ValidationError("Give at least one metric.")
        return attrs


class ConflictSerializer(serializers.Serializer[merging.Conflict]):
    field = serializers.ChoiceField(choices=list(merging.EXCLUSIVE))
    kept = serializers.CharField()
    removed = serializers.CharField()


class PreviewSerializer(serializers.Serializer[merging.Preview]):
    kept = InfluencerSerializer()
    removed = InfluencerSerializer()
    conflicts = ConflictSerializer(many=True, help_text="What somebody has to choose; the rest is joined.")


class MergeQuery(serializers.Serializer[Any]):
    other = serializers.IntegerField(
        min_value=1, max_value=MAX_METRIC, help_text="The influencer whose row would go."
    )


class MergeSerializer(MergeQuery):
    name = serializers.ChoiceField(
        choices=merging.SIDES, required=False, help_text="Whose, where they differ."
    )
    phone = serializers.ChoiceField(
        choices=merging.SIDES, required=False, help_text="Whose, where they differ."
    )


def by_field(error: DjangoValidationError) -> dict[str, list[str]]:
    return {
        api_settings.NON_FIELD_ERRORS_KEY if name == NON_FIELD_ERRORS else name: messages
        for name, messages in error.message_dict.items()
    }
