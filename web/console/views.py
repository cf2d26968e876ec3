"""The home page, the fragment that refreshes it, and the choice of the time zone."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from postroom.web.console import figures, health_view, links, registry, zones
from postroom.web.console.access import REFUSED, SEE, page
from postroom.web.console.charts import RANGES
from postroom.web.console.layout import render


@page()
def home(request: HttpRequest) -> HttpResponse:
    """The sentence of the health, and the figures; else the first page that the user may see."""
    if not request.user.has_perm(SEE):
        for section in registry.sections():
            if request.user.has_perm(section.permission):
                return HttpResponseRedirect(links.to(request, section.name))
        raise PermissionDenied(REFUSED)
    context = {"title": "Home", "section": "home", **_figures(request)}
    return render(request, "postroom_console/home.html", context)


@page(SEE, fragment=True)
def fragment(request: HttpRequest) -> HttpResponse:
    """Only the figures, as HTML."""
    return render(request, "postroom_console/figures.html", _figures(request))


@page(methods="POST")
def zone(request: HttpRequest) -> HttpResponse:
    """Switch between UTC and the browser's zone."""
    response = links.back(request)
    zones.choose(response, request, request.POST.get("zone", ""))
    return response


def shown(request: HttpRequest) -> dict[str, Any]:
    """Context for another page of the site, such as its admin's home: the sentence of the health.

    Empty if the user may not see e-mails.
    """
    if not request.user.has_perm(SEE):
        return {}
    verdict, headline = health_view.sentence()
    return {"mail_verdict": verdict, "mail_headline": headline}


def _figures(request: HttpRequest) -> dict[str, Any]:
    span = request.GET.get("range", "")
    span = span if span in RANGES else "hour"
    shown = {"range": span, "now": timezone.now()}
    return {**health_view.shown(request), **figures.context(request.user, span), **shown}
