"""Django's configuration of the app."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """The forms app."""

    name = "postroom.web.systems.submissions"
    label = "postroom_submissions"
    verbose_name = "Forms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from postroom.web.systems.submissions import checks  # noqa: F401
