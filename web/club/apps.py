"""Names the app for Django."""

from django.apps import AppConfig


class ClubConfig(AppConfig):
    """The flying club app."""

    name = "postroom.web.club"
    label = "club"
    verbose_name = "Flying club"
    default_auto_field = "django.db.models.BigAutoField"
