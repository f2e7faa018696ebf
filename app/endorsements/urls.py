from django.urls import path

from app.endorsements import api

urlpatterns = [
    path("campaigns/<slug:slug>/endorsements/", api.EndorsementList.as_view(), name="endorsement-list"),
]
