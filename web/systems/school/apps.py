"""Django's configuration of the app."""

from django.apps import AppConfig


class SchoolConfig(AppConfig):
    """The school app."""

    name = "postroom.web.systems.school"
    label = "postroom_school"
    verbose_name = "School"
    default_auto_field = "django.db.models.BigAutoField"
