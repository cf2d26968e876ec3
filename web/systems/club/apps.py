"""Django's configuration of the app."""

from django.apps import AppConfig


class ClubConfig(AppConfig):
    """The flying club app."""

    name = "postroom.web.systems.club"
    label = "postroom_club"
    verbose_name = "Flying club"
    default_auto_field = "django.db.models.BigAutoField"
