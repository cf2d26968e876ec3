"""URL routes of the reports' API and of the unsubscribe page."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from postroom.web.reporting import pages
from postroom.web.reporting.api.schedules import ReportScheduleViewSet

app_name = "postroom_reporting"
router = SimpleRouter()
router.register("schedules", ReportScheduleViewSet, basename="schedule")
urlpatterns = [
    path("reports/unsubscribe/<str:token>/", pages.unsubscribe, name="unsubscribe"),
    path("api/reports/", include(router.urls)),
]
