"""Names the app for Django."""

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    """Commands that take over the mail of other queues; it has no tables."""

    name = "postroom.web.importing"
    label = "postroom_importing"
    verbose_name = "Import"
