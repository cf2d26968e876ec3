"""Names the app for Django, and makes its page the admin's home."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """The dashboard; it has no tables."""

    name = "web.dashboard"
    label = "dashboard"

    def ready(self) -> None:
        """Its template stands in front of unfold's."""
        from django.contrib import admin

        admin.site.index_template = "dashboard/index.html"
