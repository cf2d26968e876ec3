"""Names the app for Django, and makes its page the admin's home."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The dashboard; it has no tables."""

    name = "web.dashboard"
    label = "dashboard"

    def ready(self) -> None:
        """Its template stands in front of unfold's; what only a real site needs is checked."""
        from django.contrib import admin

        from web import deploy_checks  # noqa: F401

        admin.site.index_template = "dashboard/index.html"
