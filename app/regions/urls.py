from django.urls import path

from app.regions import api

urlpatterns = [
    path("regions/", api.RegionList.as_view(), name="region-list"),
    path("regions/locate/", api.RegionLocate.as_view(), name="region-locate"),
    path("regions/maps/<str:name>", api.RegionMap.as_view(), name="region-map"),
    path("regions/<str:kind>/<str:geoid>/", api.RegionDetail.as_view(), name="region-detail"),
    path("regions/<str:kind>/<str:geoid>/boundary/", api.RegionBoundary.as_view(), name="region-boundary"),
]
