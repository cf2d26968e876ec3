"""The console's page of notices that could not be built, with a button to send each later.

The console imports this module where a site has both parts.
"""

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path

from postroom.web.console import links, listing
from postroom.web.console.access import page
from postroom.web.console.errors import NonsenseError
from postroom.web.console.layout import render
from postroom.web.console.recording import record
from postroom.web.console.registry import Section, register
from postroom.web.notifications.failures import NoticeNotSentError, send_again
from postroom.web.notifications.models import NoticeFailure

_SEE: Final = "postroom_notifications.view_noticefailure"
_SEND: Final = "postroom_notifications.send_noticefailure"
_STATES: Final = {"": "Not sent", "sent": "Sent later"}


@page(_SEE)
def notices(request: HttpRequest) -> HttpResponse:
    """Those not sent, newest first; with `state=sent` those that were sent later."""
    state, past = request.GET.get("state", ""), request.GET.get("past", "")
    if state not in _STATES:
        raise NonsenseError("'state' is empty, or sent.")
    if past and not (past.isascii() and past.isdigit() and len(past) < 19):
        raise NonsenseError("'past' is the number of a notice.")
    rows = NoticeFailure.objects.defer("traceback").order_by("-pk")
    rows = rows.filter(sent_at__isnull=state != "sent")
    found = list((rows.filter(pk__lt=int(past)) if past else rows)[: listing.ROWS + 1])
    more = len(found) > listing.ROWS
    context = {
        "title": "Notices",
        "section": "notices",
        "rows": found[: listing.ROWS],
        "is_sent": state == "sent",
        "tabs": [
            listing.Tab(label, listing.link({"state": key}), "", key == state)
            for key, label in _STATES.items()
        ],
        "further": listing.link({"state": state}, past=str(found[-2].pk)) if more else "",
    }
    return render(request, "postroom_notifications/console/notices.html", context)


@page(_SEE)
def notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """What changed, why its notice could not be built, and the button."""
    row = NoticeFailure.objects.filter(pk=notice_id).first() if notice_id < 2**63 else None
    if row is None:
        raise Http404(f"There is no notice #{notice_id}.")
    can_send = row.sent_at is None and request.user.has_perm(_SEND)
    context = {"title": str(row), "section": "notices", "notice": row, "can_send": can_send}
    return render(request, "postroom_notifications/console/notice.html", context)


@page(_SEE, _SEND, methods="POST")
def send(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Send it, if it can be built now; else say why not."""
    row = NoticeFailure.objects.filter(pk=notice_id).first() if notice_id < 2**63 else None
    if row is None:
        raise Http404(f"There is no notice #{notice_id}.")
    try:
        number = send_again(row.pk)
    except NoticeNotSentError as problem:
        messages.warning(request, f"Not sent: {problem}")
    else:
        record(request, NoticeFailure.objects.filter(pk=row.pk), "Sent later.")
        messages.success(request, f"Sent: {number} {'e-mail' if number == 1 else 'e-mails'}.")
    return HttpResponseRedirect(links.to(request, "notice", row.pk))


register(
    Section(
        "notices",
        "Notices",
        70,
        _SEE,
        (
            path("notices/", notices, name="notices"),
            path("notices/<int:notice_id>/", notice, name="notice"),
            path("notices/<int:notice_id>/send/", send, name="notice_send"),
        ),
        key="n",
    )
)
