"""Django's configuration of the app."""

from django.apps import AppConfig


class TrackerConfig(AppConfig):
    """The tracker app."""

    name = "postroom.web.systems.tracker"
    label = "postroom_tracker"
    verbose_name = "Tracker"
    default_auto_field = "django.db.models.BigAutoField"
