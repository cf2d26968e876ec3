"""The unsubscribe page: every report links to it, and mail programs post to it.

No login, no cookie, no CSRF token (RFC 8058 section 3.2): the token identifies the recipient. GET
changes nothing, because mail scanners open every link.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from postroom.web.conf import conf
from postroom.web.page_language import in_readers_language, text_attributes
from postroom.web.protection import counters
from postroom.web.protection.client import client_of
from postroom.web.reporting import subscriptions
from postroom.web.reporting.models import ReportScheduleRecipient
from postroom.web.reporting.recurrence import Frequency

_HOUR = 3600
_WRONG_TOKENS = 60  # per client and hour


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@in_readers_language
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page; on POST unsubscribe or subscribe again. 404 for an invalid token."""
    recipient = subscriptions.by_token(token)
    if recipient is None:
        # Only wrong tokens count: mail programs of many people may share one address.
        wait = counters.hit(
            "unsubscribe_page", client_of(request), limit=_WRONG_TOKENS, seconds=_HOUR
        )
        response = _page(request, {"recipient": None}, status=429 if wait else 404)
        if wait:
            response["Retry-After"] = str(wait)
        return response
    done = False
    if request.method == "POST":
        if request.POST.get("action") == "resubscribe":
            subscriptions.resubscribe(recipient)
        elif (
            request.POST.get("action") == "unsubscribe"
            or request.POST.get("List-Unsubscribe") == "One-Click"
        ):
            subscriptions.unsubscribe(recipient)
        else:
            return _page(request, _about(recipient, done=False), status=400)
        done = True
    return _page(request, _about(recipient, done=done))


def _about(recipient: ReportScheduleRecipient, *, done: bool) -> dict[str, object]:
    frequency = recipient.schedule.frequency
    often = "on a schedule" if frequency == Frequency.CRON else str(frequency)
    return {"recipient": recipient, "done": done, "frequency": often}


def _page(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    values = {"site_name": conf.site_name, **text_attributes(), **context}
    response = render(request, "postroom_reporting/unsubscribe.html", values, status=status)
    # The URL is a secret: no other site and no search engine may learn it.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
