"""Names the app for Django, and makes its page the admin's home."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The dashboard; it has no tables."""

    name = "postroom.web.console"
    label = "postroom_console"

    def ready(self) -> None:
        """Use the dashboard's template instead of unfold's."""
        from unfold.sites import UnfoldAdminSite

        # Set on the class: unfold, whose `ready` runs after this one, creates a new site.
        UnfoldAdminSite.index_template = "postroom_console/index.html"
