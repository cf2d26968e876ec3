"""Names the app for Django."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The reports app."""

    name = "postroom.web.reports"
    label = "reports"
    verbose_name = "Reports"
    default_auto_field = "django.db.models.BigAutoField"
