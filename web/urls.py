"""Which address leads where."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from web import metrics

# drf-spectacular learns by the import how our tokens are sent; commands need not load it.
from web.api import schema  # noqa: F401

admin.autodiscover()

urlpatterns = [
    path("admin/queue/", include("web.dashboard.urls")),
    path("admin/", admin.site.urls),
    path("metrics", metrics.metrics),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema")),
    path("", include("web.tracker.urls")),
    path("", include("web.reports.urls")),
    path("", include("web.submissions.urls")),
]
