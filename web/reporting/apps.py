"""Django's configuration of the app; loads the report types of all apps."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import autodiscover_modules

from postroom.web.parts import JOBS, PROTECTION, NeedsParts

if TYPE_CHECKING:
    from postroom.web.reporting.models import ReportScheduleExecution


def _old(age: timedelta) -> "QuerySet[ReportScheduleExecution]":
    """Executions that ended longer ago, whose e-mails have ended too."""
    from postroom.web.reporting.models import ReportScheduleExecution
    from postroom.web.reporting.models.execution import UNSENT

    rows = ReportScheduleExecution.objects.filter(finished_at__lt=Now() - age)
    return rows.exclude(deliveries__email__status__in=UNSENT)


class ReportingConfig(NeedsParts, AppConfig):
    """Report schedules, recipients and executions; imports no system built on it."""

    name = "postroom.web.reporting"
    email_source = "reports"  # `source_app` of its e-mails
    label = "postroom_reporting"
    verbose_name = "Reports"
    default_auto_field = "django.db.models.BigAutoField"
    needs = (JOBS, PROTECTION)

    def ready(self) -> None:
        """Import each app's `reports.py`, which registers its report types; register our rule."""
        from postroom.web.emails.operating import health as queue_health
        from postroom.web.emails.operating.deciding import histories
        from postroom.web.reporting import health

        histories.register("report executions", _old)
        queue_health.register(health.RULE, figures=health.FIGURES, read=health.read)
        autodiscover_modules("reports")
