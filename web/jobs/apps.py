"""Django's configuration of the app; loads the jobs of all apps."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """The job engine; it imports no system built on it."""

    name = "postroom.web.jobs"
    label = "postroom_jobs"
    verbose_name = "Scheduled jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import each app's `jobs.py`, which registers its jobs; register what else is ours."""
        from postroom.web.emails.operating import health as queue_health
        from postroom.web.emails.operating.deciding import histories
        from postroom.web.jobs import channels, checks, figures, health, webhook  # noqa: F401
        from postroom.web.jobs.running import history

        histories.register("job runs", history.old)
        queue_health.register(*health.RULES, figures=health.FIGURES, read=figures.read)
        channels.register(webhook.post)
        autodiscover_modules("jobs")
