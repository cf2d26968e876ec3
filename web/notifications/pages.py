"""Where people choose how they get notices: by the link in each e-mail, or signed in.

The link needs no login, no cookie, no CSRF token (RFC 8058 section 3.2): its token identifies the
person and the kind. GET changes nothing, because mail scanners open every link.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from postroom.web.conf import conf
from postroom.web.notifications.models import How
from postroom.web.notifications.recipients import Person
from postroom.web.notifications.registry import kinds
from postroom.web.notifications.wishes import links, preferences
from postroom.web.page_language import in_readers_language, text_attributes
from postroom.web.people import address_of
from postroom.web.protection import counters
from postroom.web.protection.client import client_of

_HOUR = 3600
_WRONG_TOKENS = 60  # per client and hour
_LONGEST_ZONE = 64


class _NonsenseError(Exception):
    """The form holds a value that is not offered; the message is for the reader."""


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@in_readers_language
def preference(request: HttpRequest, token: str) -> HttpResponse:
    """One person's choice about one kind. 404 for an invalid token."""
    found = links.by_token(token)
    if found is None:
        # Only wrong tokens count: mail programs of many people may share one address.
        wait = counters.hit("notice_page", client_of(request), limit=_WRONG_TOKENS, seconds=_HOUR)
        response = _page(request, {"rows": []}, status=429 if wait else 404)
        if wait:
            response["Retry-After"] = str(wait)
        return response
    kind, person = found
    problem, done = "", False
    if request.method == "POST":
        try:
            if request.POST.get("List-Unsubscribe") == "One-Click":
                preferences.choose(kind, person, How.OFF)
            else:
                _choose(request, kind, person)
            done = True
        except _NonsenseError as error:
            problem = str(error)
    rows = [_row(kind, person, request.POST if problem else {})]
    context = {"rows": rows, "done": done, "problem": problem}
    return _page(request, context, status=400 if problem else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@in_readers_language
def preferences_page(request: HttpRequest) -> HttpResponse:
    """All kinds of notices, for a user who is signed in."""
    user: Any = request.user
    person = Person(address_of(user).strip(), user)
    if not person.address:
        return _page(request, {"rows": [], "without_address": True})
    problem = ""
    if request.method == "POST":
        try:
            kind = request.POST.get("kind", "")
            _choose(request, kind, person)
            return HttpResponseRedirect(reverse("postroom_notifications:preferences"))
        except _NonsenseError as error:
            problem = str(error)
    typed = {request.POST.get("kind", ""): request.POST} if problem else {}
    rows = [_row(kind, person, typed.get(kind, {})) for kind in sorted(kinds())]
    context = {"rows": rows, "problem": problem, "signed_in": True}
    return _page(request, context, status=400 if problem else 200)


def _choose(request: HttpRequest, kind: str, person: Person) -> None:
    how, zone = request.POST.get("how", ""), request.POST.get("timezone")
    zone = None if zone is None else zone.strip()  # a form without it leaves it as it is
    if kind not in kinds():
        raise _NonsenseError(pgettext("postroom", "There are no notices of this kind any more."))
    if how not in _offered():
        raise _NonsenseError(pgettext("postroom", "Choose one of the ways that are offered."))
    if zone and not _is_zone(zone):
        raise _NonsenseError(
            pgettext("postroom", "This is not the name of a time zone, such as Europe/Berlin.")
        )
    preferences.choose(kind, person, How(how), zone)


def _is_zone(name: str) -> bool:
    try:
        return len(name) <= _LONGEST_ZONE and bool(ZoneInfo(name))
    except (LookupError, OSError, ValueError):
        return False


def _offered() -> dict[str, str]:
    """The choices; a digest only where a job sends it."""
    found = {how.value: str(how.label) for how in How}
    if not preferences.can_wait():
        del found[How.DAILY.value]
    return found


def _row(kind: str, person: Person, typed: Mapping[str, Any]) -> dict[str, Any]:
    """`typed`: what the person sent that could not be stored; it is shown again."""
    wish = preferences.wish_of(kind, person)
    how = typed.get("how", "")
    return {
        "kind": kind,
        "about": kinds().get(kind, kind),
        "how": how if how in _offered() else wish.how,
        "zone": typed.get("timezone", wish.zone),
        "choices": list(_offered().items()),
    }


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    values = {
        "site_name": conf.site_name,
        **text_attributes(),
        "hour": conf.notices_digest_hour,
        "can_wait": preferences.can_wait(),
        **context,
    }
    page = "postroom_notifications/preferences.html"
    response = render(request, page, values, status=status)
    # The URL is a secret: no other site and no search engine may learn it.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
