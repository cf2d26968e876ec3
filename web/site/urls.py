"""URL routes of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from postroom.web import metrics

# This import registers our tokens with drf-spectacular; commands need not load it.
from postroom.web.api import schema  # noqa: F401

admin.autodiscover()

urlpatterns = [
    path("admin/queue/", include("postroom.web.console.urls")),
    path("admin/", admin.site.urls),
    path("metrics", metrics.metrics),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema")),
    path("", include("postroom.web.systems.tracker.urls")),
    path("", include("postroom.web.reporting.urls")),
    path("", include("postroom.web.systems.submissions.urls")),
]
