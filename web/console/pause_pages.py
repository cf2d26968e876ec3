"""Pause and resume: a page that says what will happen and asks; then a POST."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from postroom.shared.status import LANES
from postroom.web.console import links
from postroom.web.console.access import page
from postroom.web.console.errors import NonsenseError
from postroom.web.console.layout import render
from postroom.web.emails.models import QueueControl
from postroom.web.emails.operating import queue_figures

_PAUSE = "postroom.pause_queuecontrol"
_LONGEST_REASON = 500


@page(_PAUSE, methods="GET POST")
def pause(request: HttpRequest) -> HttpResponse:
    """GET asks, with nothing chosen unless the address names a lane; POST pauses that lane."""
    if request.method != "POST":
        return _ask(request)
    from postroom.web.emails.operating import pauses  # records the decision: needs the admin's log

    lane = _lane(request.POST.get("lane", ""))
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:_LONGEST_REASON]
    if pauses.pause(lane, request.user, reason):  # type: ignore[arg-type]
        messages.warning(request, f"Paused: {_words(lane)}. It waits until you resume it.")
    else:
        messages.info(request, f"{_words(lane).capitalize()} was paused already.")
    return HttpResponseRedirect(links.to(request, "home"))


@page(_PAUSE, methods="POST")
def resume(request: HttpRequest) -> HttpResponse:
    """Resume the lane named in the form."""
    from postroom.web.emails.operating import pauses

    lane = _lane(request.POST.get("lane", ""))
    if pauses.resume(lane, request.user):  # type: ignore[arg-type]
        messages.success(request, f"Resumed: {_words(lane)}.")
    else:
        messages.info(request, f"{_words(lane).capitalize()} was not paused.")
    return links.back(request)


def _ask(request: HttpRequest) -> HttpResponse:
    chosen = request.GET.get("lane", "")
    flow = queue_figures.read_flow()
    paused = set(QueueControl.objects.values_list("lane", flat=True))
    waiting = {lane.lane.value: lane.unpublished + lane.published for lane in flow.lanes}
    waiting["all"] = sum(waiting.values())
    context = {
        "title": "Pause sending",
        "section": "home",
        "chosen": _lane(chosen) if chosen else "",
        "lanes": [(lane, _words(lane), waiting[lane], lane in paused) for lane in LANES],
    }
    return render(request, "postroom_console/pause.html", context)


def _lane(name: str) -> str:
    if name not in LANES:
        raise NonsenseError("There is no such lane.")
    return name


def _words(lane: str) -> str:
    return "all mail" if lane == "all" else f"{lane} mail"
