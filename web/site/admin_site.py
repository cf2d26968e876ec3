"""The admin of `make demo`: Django's own, with the console on its home."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from postroom.web.console import views


class DemoAdminSite(AdminSite):
    """Shows the console to users who may see e-mails; others get the plain list of apps."""

    site_title = site_header = "Postroom"
    index_template = "postroom_site/index.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The admin's home."""
        return super().index(request, (extra_context or {}) | views.shown(request))
