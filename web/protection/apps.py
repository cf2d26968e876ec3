"""Django's configuration of the app."""

from django.apps import AppConfig


class ProtectionConfig(AppConfig):
    """One table: the counters of all limits."""

    name = "postroom.web.protection"
    label = "postroom_protection"
    verbose_name = "Protection"
    default_auto_field = "django.db.models.BigAutoField"
