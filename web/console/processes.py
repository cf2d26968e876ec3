"""The page of the running processes: mailers, relays, schedulers."""

from django.http import HttpRequest, HttpResponse

from postroom.web.console import figures
from postroom.web.console.access import SEE, page
from postroom.web.console.layout import render


@page(SEE)
def processes(request: HttpRequest) -> HttpResponse:
    """Every process that has reported within a day; a silent one is shown as silent."""
    return render(request, "postroom_console/processes.html", _context())


@page(SEE, fragment=True)
def fragment(request: HttpRequest) -> HttpResponse:
    """Only the tables, as HTML."""
    return render(request, "postroom_console/processes_tables.html", _context())


def _context() -> dict[str, object]:
    return {
        "title": "Processes",
        "section": "processes",
        "mailers": figures.mailers(),
        "heartbeats": figures.heartbeats(),
    }
