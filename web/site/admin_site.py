"""The admin of `make demo`: django-unfold's, with the console on its home."""

from typing import Any

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite

from postroom.web.console import views


class DemoAdminSite(UnfoldAdminSite):
    """Shows the console to users who may see e-mails; others get the plain list of apps."""

    index_template = "postroom_site/index.html"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The admin's home."""
        return super().index(request, (extra_context or {}) | views.shown(request))
