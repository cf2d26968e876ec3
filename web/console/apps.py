"""Names the app for Django, and makes its page the admin's home."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The dashboard; it has no tables."""

    name = "postroom.web.console"
    label = "postroom_console"

    def ready(self) -> None:
        """Its template stands in front of unfold's."""
        from unfold.sites import UnfoldAdminSite

        # Of the class: unfold, which is made ready after this app, makes a new site.
        UnfoldAdminSite.index_template = "postroom_console/index.html"
