"""Django's configuration of the app; loads the report types of all apps."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from postroom.web.parts import JOBS, PROTECTION, NeedsParts


class ReportingConfig(NeedsParts, AppConfig):
    """Report schedules, recipients and executions; imports no system built on it."""

    name = "postroom.web.reporting"
    label = "postroom_reporting"
    verbose_name = "Reports"
    default_auto_field = "django.db.models.BigAutoField"
    needs = (JOBS, PROTECTION)

    def ready(self) -> None:
        """Import each app's `reports.py`, which registers its report types."""
        autodiscover_modules("reports")
