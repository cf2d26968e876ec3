"""What every page has around its content: navigation, the reader's zone, trouble in the title."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.urls import NoReverseMatch, reverse

from postroom.web.conf import conf
from postroom.web.console import health_view, registry, zones
from postroom.web.console.links import to
from postroom.web.people import name_of


def render(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of the console: `context` and what the layout needs."""
    return render_template(request, template, _around(request) | context, status=status)


def error_page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A refusal in the console's look; plain for users who are not signed in."""
    if not request.user.is_authenticated:
        return HttpResponse(title, status=status, content_type="text/plain; charset=utf-8")
    context = {"title": title, "text": text, "section": ""}
    return render(request, "postroom_console/error.html", context, status=status)


def _around(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    shown = [one for one in registry.sections() if user.has_perm(one.permission)]
    return {
        "site_name": conf.site_name,
        "navigation": [(one, to(request, one.name)) for one in shown],
        "in_trouble": bool(shown) and health_view.is_trouble(),
        "user_name": name_of(user),
        "utc_chosen": zones.is_utc_chosen(request),
        "logout": _logout(),
        "here": request.get_full_path(),
    }


def _logout() -> str:
    """The address that ends the session by a POST; empty if the site has none."""
    for name in ("admin:logout", "logout", "account_logout"):
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""
