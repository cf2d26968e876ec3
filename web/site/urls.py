"""URL routes of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from postroom.web import metrics

# This import also registers our tokens with drf-spectacular; commands need not load it.
from postroom.web.api.schema import CachedSchemaView
from postroom.web.protection import error_pages
from postroom.web.protection.login_page import LoginPage

admin.autodiscover()
login = LoginPage.as_view(staff_page="admin:index", place="admin")

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.page_not_found
handler500 = error_pages.server_error

urlpatterns = [
    path("postroom/", include("postroom.web.console.urls")),
    # Instead of the admin's own page: one page, with one set of limits.
    path("admin/login/", login),
    path("admin/", admin.site.urls),
    path("metrics", metrics.metrics),
    path("api/schema/", CachedSchemaView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="schema", template_name="postroom_api/docs.html"
        ),
    ),
    path("", include("postroom.web.systems.tracker.urls")),
    path("", include("postroom.web.reporting.urls")),
    path("", include("postroom.web.emails.lists.urls")),
    path("", include("postroom.web.notifications.urls")),
    path("", include("postroom.web.systems.submissions.urls")),
]
