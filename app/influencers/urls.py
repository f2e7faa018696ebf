from django.urls import path, register_converter

from app.influencers import api, consent_api
from app.influencers.converters import PlatformConverter

register_converter(PlatformConverter, "platform")

urlpatterns = [
    path("influencers/", api.InfluencerList.as_view(), name="influencer-list"),
    path("influencers/<int:pk>/", api.InfluencerDetail.as_view(), name="influencer-detail"),
    path("influencers/<int:pk>/merge/", api.InfluencerMerge.as_view(), name="influencer-merge"),
    path(
        "influencers/<int:pk>/consent-forms/", consent_api.ConsentFormList.as_view(), name="consent-form-list"
    ),
    path(
        "influencers/<int:pk>/consent-forms/<int:form>/",
        consent_api.ConsentFormDetail.as_view(),
        name="consent-form-detail",
    ),
    path(
        "influencers/<int:pk>/consent-forms/<int:form>/download/",
        consent_api.ConsentFormDownload.as_view(),
        name="consent-form-download",
    ),
    path("platforms/<platform:platform>/accounts/", api.AccountList.as_view(), name="account-list"),
    path(
        "platforms/<platform:platform>/accounts/<int:pk>/", api.AccountDetail.as_view(), name="account-detail"
    ),
    path(
        "platforms/<platform:platform>/accounts/<int:pk>/metrics/",
        api.AccountMetrics.as_view(),
        name="account-metrics",
    ),
]
