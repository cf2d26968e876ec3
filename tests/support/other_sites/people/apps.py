"""Names the app for Django."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The site's users."""

    name = "tests.support.other_sites.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
