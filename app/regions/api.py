"""Regions as the public reads them. Without a vintage the newest one of each kind is meant."""

import json
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.ratelimit.throttling import AddressThrottle
from app.regions.files import FILE_NAME, IMMUTABLE_SECONDS, MANIFEST, MANIFEST_SECONDS, store
from app.regions.geometry import AsGeoJSON, Point
from app.regions.models import Region, RegionKind, RegionQuerySet


class ParentSerializer(serializers.ModelSerializer[Region]):
    class Meta:
        model = Region
        fields: tuple[str, ...] = ("kind", "geoid", "name", "usps")


class RegionSerializer(serializers.ModelSerializer[Region]):
    parent = ParentSerializer(read_only=True, allow_null=True)
    bounds = serializers.SerializerMethodField(help_text="West, south, east, north in degrees.")

    class Meta:
        model = Region
        fields = (
            "kind", "geoid", "vintage", "name", "full_name", "usps", "parent",
            "land_area_m2", "water_area_m2", "bounds",
        )  # fmt: skip

    def get_bounds(self, region: Region) -> list[float]:
        return [region.west, region.south, region.east, region.north]


class RegionQuery(serializers.Serializer[Any]):
    """The filters of the list."""

    kind = serializers.ChoiceField(choices=RegionKind.choices, required=False)
    state = serializers.RegexField(
        r"^[A-Za-z0-9]{2}$", required=False, help_text="Postal code or FIPS code of a state, as MD or 24."
    )
    vintage = serializers.IntegerField(required=False, min_value=1990, max_value=2100)
    search = serializers.CharField(required=False, max_length=100, help_text="Part of the name.")


class LocateQuery(serializers.Serializer[Any]):
    latitude = serializers.FloatField(help_text="Degrees north, WGS 84.")
    longitude = serializers.FloatField(help_text="Degrees east, WGS 84; negative in the Americas.")

    def validate(self, attrs: dict[str, float]) -> dict[str, Any]:
        return {"point": Point.checked(attrs["longitude"], attrs["latitude"])}


class LocatedSerializer(serializers.Serializer[Any]):
    results = RegionSerializer(many=True)


def _valid(query: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = query(data=request.query_params)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _vintage(regions: RegionQuerySet, vintage: int | None) -> RegionQuerySet:
    return regions.current() if vintage is None else regions.filter(vintage=vintage)


def _with_parent(regions: RegionQuerySet) -> RegionQuerySet:
    return regions.select_related("parent").without_shapes()


class RegionList(generics.ListAPIView[Region]):
    """Regions by name, without their shapes."""

    serializer_class = RegionSerializer
    ordering = ("geoid", "kind", "-vintage")

    def get_queryset(self) -> RegionQuerySet:
        query = _valid(RegionQuery, self.request)
        regions = _with_parent(_vintage(Region.objects.all(), query.get("vintage")))
        if kind := query.get("kind"):
            regions = regions.of(kind)
        if state := query.get("state"):
            by_code = Region.objects.of(RegionKind.STATE).filter(usps=state.upper()).values("state_fips")
            regions = regions.filter(Q(state_fips=state) | Q(state_fips__in=by_code))
        if search := query.get("search"):
            regions = regions.filter(full_name__icontains=search)
        return regions

    @extend_schema(parameters=[RegionQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class RegionLocate(APIView):
    """The regions that a point lies in, one of each kind."""

    throttle_classes = [AddressThrottle]
    rate_limit_scope = "locate"

    @extend_schema(parameters=[LocateQuery], responses=LocatedSerializer)
    def get(self, request: Request) -> Response:
        point = _valid(LocateQuery, request)["point"]
        located = Region.objects.located_at(point)
        return Response({"results": RegionSerializer(located, many=True).data})


class _OneRegion(APIView):
    def region(self, request: Request, kind: str, geoid: str, regions: RegionQuerySet) -> Region:
        vintage = _valid(RegionQuery, request).get("vintage")
        region = _vintage(regions.of(kind).filter(geoid=geoid), vintage).first()
        if region is None:
            raise Http404
        return region


_PARAMETERS = [
    OpenApiParameter("kind", location="path", enum=RegionKind.values),
    OpenApiParameter("geoid", location="path", description="The Census identifier, as 24510."),
    OpenApiParameter("vintage", type=int, description="The year of the boundaries; the newest if not given."),
]


class RegionDetail(_OneRegion):
    """One region, without its shape."""

    @extend_schema(parameters=_PARAMETERS, responses=RegionSerializer)
    def get(self, request: Request, kind: str, geoid: str) -> Response:
        region = self.region(request, kind, geoid, _with_parent(Region.objects.all()))
        return Response(RegionSerializer(region).data)


class RegionBoundary(_OneRegion):
    """One region as a GeoJSON feature (RFC 7946)."""

    @extend_schema(parameters=_PARAMETERS, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, kind: str, geoid: str) -> Response:
        regions = _with_parent(Region.objects.all()).annotate(geojson=AsGeoJSON("geometry"))
        region = self.region(request, kind, geoid, regions)
        feature = {
            "type": "Feature",
            "id": region.geoid,
            "bbox": [region.west, region.south, region.east, region.north],
            "properties": RegionSerializer(region).data,
            "geometry": json.loads(region.geojson),  # type: ignore[attr-defined]  # annotated above
        }
        return Response(feature, content_type="application/geo+json")


class RegionMap(APIView):
    """A file of a whole map as TopoJSON, by a name that `manifest.json` gives; it never changes."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "name", location="path", description="A `file` of manifest.json, or that itself."
            )
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        del request
        kept_in = store()
        is_known = name == MANIFEST or FILE_NAME.fullmatch(name)
        content = kept_in.read(name) if kept_in and is_known else None
        if content is None:
            raise Http404
        response = HttpResponse(content, content_type="application/json")
        if name == MANIFEST:
            patch_cache_control(response, public=True, max_age=MANIFEST_SECONDS)
        else:
            patch_cache_control(response, public=True, max_age=IMMUTABLE_SECONDS, immutable=True)
        return response
