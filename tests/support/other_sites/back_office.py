"""An admin site of the site's own, with a permission rule and a look of its own."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest


class BackOffice(AdminSite):
    """Only users whose address is the house's may come in."""

    site_header = "The back office"
    index_title = "What the house does"

    def has_permission(self, request: HttpRequest) -> bool:
        """The site's own rule."""
        name = request.user.get_username() if request.user.is_active else ""
        return super().has_permission(request) and name.endswith("@house.example")


class BackOfficeConfig(AdminConfig):
    """Django's own way to replace the default site."""

    default_site = "tests.support.other_sites.back_office.BackOffice"
