"""URL routes of a site that mounts its admin and our pages where it likes."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from postroom.web import metrics

urlpatterns = [path("office/", admin.site.urls), path("figures", metrics.metrics)]
if apps.is_installed("postroom.web.console"):
    urlpatterns.append(path("post/", include("postroom.web.console.urls")))
if apps.is_installed("postroom.web.reporting"):
    urlpatterns.append(path("", include("postroom.web.reporting.urls")))
