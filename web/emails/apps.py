"""Names the app for Django."""

from django.apps import AppConfig


class EmailsConfig(AppConfig):
    """The queue app."""

    name = "postroom.web.emails"
    label = "postroom"
    verbose_name = "E-mails"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from postroom.web.emails import checks  # noqa: F401
