"""Every address of the application."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from app.accounts.sign_in import sign_in
from app.config.health import healthz, readyz
from app.config.not_found import NothingHere

api: list[URLPattern | URLResolver] = [
    path("", include("app.campaigns.urls")),
    path("", include("app.endorsements.urls")),
    path("", include("app.influencers.urls")),
    path("", include("app.regions.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    # The template without inline style, the view without inline script: the content policy allows neither.
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="config/swagger_ui.html"),
        name="docs",
    ),
    # With a slash at the end only: an address that lacks it is still sent on to the one that has it.
    re_path(r"^(?:.*/)?$", NothingHere.as_view(), name="nothing"),
]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/", include((api, "api"))),
    # Before the staff area's own, which does not know of the limits.
    path("admin/login/", sign_in),
    path("admin/", admin.site.urls),
    path("uploads/", include("app.uploads.urls")),
    path("", include("app.site.urls")),
]

handler400 = "app.config.api.bad_request"
handler403 = "app.config.api.permission_denied"
handler404 = "app.config.api.page_not_found"
handler500 = "app.config.api.server_error"
