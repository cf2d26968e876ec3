"""The page, the fragment that refreshes it, and the buttons that pause and resume."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from postroom.shared.status import LANES
from postroom.web.console import figures
from postroom.web.emails.operating import pauses

_SEE = "postroom.view_emailqueue"
_PAUSE = "postroom.pause_queuecontrol"
_LONGEST_REASON = 500


@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The console; users who are not signed in go to the login of the admin or of the site.

    Raises:
        PermissionDenied: this user may not see e-mails.
    """
    if not admin.site.has_permission(request):
        return redirect_to_login(request.get_full_path(), _login())
    if not request.user.has_perm(_SEE):
        raise PermissionDenied
    return render(request, "postroom_console/home.html", shown(request))


def shown(request: HttpRequest) -> dict[str, Any]:
    """Context of the console for another page of the site, such as its admin's home.

    Empty if the user may not see e-mails. The page includes `postroom_console/console.html`, and
    loads `postroom_console/dashboard.css` and `dashboard.js`.
    """
    if not request.user.has_perm(_SEE):
        return {}
    context = figures.context(request.user)
    return {"sees_queue": True, "back": request.get_full_path(), **context}


@never_cache
@require_GET
def fragment(request: HttpRequest) -> HttpResponse:
    """Only the figures, as HTML."""
    # No redirect to a login: it would put a login page into the console when the session has ended.
    if not _may(request, _SEE):
        return HttpResponse("Log in again.", status=403, content_type="text/plain")
    context = figures.context(request.user) | {"back": _back(request.GET.get("back", ""), request)}
    return render(request, "postroom_console/flow.html", context)


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
    return HttpResponseRedirect(_back(request.POST.get("back", ""), request))


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
    return HttpResponseRedirect(_back(request.POST.get("back", ""), request))


def _may(request: HttpRequest, permission: str) -> bool:
    """By the rule of the site's own admin too: it may ask for more than a staff account."""
    return admin.site.has_permission(request) and request.user.has_perm(permission)


def _lane(request: HttpRequest) -> str | None:
    """The lane named in the form; None if there is no such lane.

    Raises:
        PermissionDenied: this user may not pause.
    """
    if not _may(request, _PAUSE):
        raise PermissionDenied
    lane = request.POST.get("lane", "")
    return lane if lane in LANES else None


def _back(path: str, request: HttpRequest) -> str:
    """The page of this site that the form was on, or the console itself."""
    if url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return path
    return reverse("postroom_console:home", current_app=request.resolver_match.namespace)  # type: ignore[union-attr]


def _login() -> str:
    try:
        return reverse("admin:login")
    except NoReverseMatch:  # the site mounts no admin
        return settings.LOGIN_URL
