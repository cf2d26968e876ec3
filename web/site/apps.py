"""Django's configuration of the site's own app."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The site that `make demo` runs; it has no tables."""

    name = "postroom.web.site"
    label = "postroom_site"

    def ready(self) -> None:
        """Register the checks for deployment."""
        from postroom.web.site import deploy_checks  # noqa: F401
