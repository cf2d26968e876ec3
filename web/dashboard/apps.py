"""Names the app for Django, and makes its page the admin's home."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The dashboard; it has no tables."""

    name = "postroom.web.dashboard"
    label = "dashboard"

    def ready(self) -> None:
        """Its template stands in front of unfold's; what only a real site needs is checked."""
        from unfold.sites import UnfoldAdminSite

        from postroom.web import deploy_checks  # noqa: F401

        # Of the class: unfold, which is made ready after this app, makes a new site.
        UnfoldAdminSite.index_template = "dashboard/index.html"
