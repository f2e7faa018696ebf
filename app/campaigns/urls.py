from django.urls import path

from app.campaigns import api

urlpatterns = [
    path("campaigns/", api.CampaignList.as_view(), name="campaign-list"),
    path("campaigns/<slug:slug>/", api.CampaignDetail.as_view(), name="campaign-detail"),
]
