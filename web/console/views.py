"""The fragment that refreshes the dashboard, and the buttons that pause and resume."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from postroom.shared.status import LANES
from postroom.web.console import figures
from postroom.web.emails.operating import pauses

_SEE = "postroom.view_emailqueue"
_PAUSE = "postroom.pause_queuecontrol"
_LONGEST_REASON = 500


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's DASHBOARD_CALLBACK; users who may not see e-mails get the plain list of apps."""
    if request.user.has_perm(_SEE):
        context |= {"sees_queue": True} | figures.context(request.user)
    return context


@never_cache
@require_GET
def fragment(request: HttpRequest) -> HttpResponse:
    """Only the figures, as HTML."""
    # Not admin_view: after the session has ended it would put a login page into the dashboard.
    if not (admin.site.has_permission(request) and request.user.has_perm(_SEE)):
        return HttpResponse("Log in again.", status=403, content_type="text/plain")
    return render(request, "postroom_console/flow.html", figures.context(request.user))


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Pause the lane named in the form."""
    lane = _lane(request)
    if lane is None:
        return HttpResponseBadRequest("There is no such lane.")
    reason = request.POST.get("reason", "").strip()[:_LONGEST_REASON]
    if pauses.pause(lane, request.user, reason):  # type: ignore[arg-type]
        messages.warning(request, f"Paused: {lane}. Mail waits until you resume it.")
    else:
        messages.info(request, f"{lane} was paused already.")
    return HttpResponseRedirect(reverse("admin:index"))


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Resume the lane named in the form."""
    lane = _lane(request)
    if lane is None:
        return HttpResponseBadRequest("There is no such lane.")
    if pauses.resume(lane, request.user):  # type: ignore[arg-type]
        messages.success(request, f"Resumed: {lane}.")
    else:
        messages.info(request, f"{lane} was not paused.")
    return HttpResponseRedirect(reverse("admin:index"))


def _lane(request: HttpRequest) -> str | None:
    """The lane named in the form; None if there is no such lane.

    Raises:
        PermissionDenied: this user may not pause.
    """
    if not (admin.site.has_permission(request) and request.user.has_perm(_PAUSE)):
        raise PermissionDenied
    lane = request.POST.get("lane", "")
    return lane if lane in LANES else None
