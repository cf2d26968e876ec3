"""Names the app for Django."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The console; it has no tables, and changes no page of the site."""

    name = "postroom.web.console"
    label = "postroom_console"
    verbose_name = "Console"
