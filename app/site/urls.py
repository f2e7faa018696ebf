from django.urls import path
from django.views.generic import TemplateView

app_name = "site"
v = TemplateView.as_view(template_name="site/base.html")
urlpatterns = [
    path("", v, name="home"),
    path("campaigns/", v, name="campaigns"),
    path("campaigns/<slug:slug>/", v, name="campaign"),
    path("confirm/<str:token>/", v, name="confirm"),
    path("withdraw/<str:token>/", v, name="withdraw"),
]
