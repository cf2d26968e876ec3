"""The page of one e-mail, the page that asks before a decision, and the buttons."""

import secrets
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from postroom.shared.addresses import comparison_key
from postroom.shared.status import Status
from postroom.web.console import links
from postroom.web.console.access import SEE, page
from postroom.web.console.emails import acts
from postroom.web.console.emails.story import story
from postroom.web.console.layout import render
from postroom.web.console.registry import is_known
from postroom.web.emails import erasing, selectors
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue, QueueControl
from postroom.web.emails.operating import console_lists
from postroom.web.emails.operating.deciding import offers
from postroom.web.emails.operating.deciding.forecast import Forecast
from postroom.web.emails.showing import content, states

_TROUBLE = {Status.FAILED, Status.PARTIAL, Status.UNKNOWN}
_LARGEST_ID = 2**63 - 1


@page(SEE)
def email(request: HttpRequest, email_id: int) -> HttpResponse:
    """What became of it, to whom it goes, what it holds, and what can be done."""
    row = _email(email_id)
    recipients = selectors.recipients(row)
    suppressed = console_lists.suppressions(row, [one.address for one in recipients])
    decisions = acts.history(row)
    user: Any = request.user
    offered = offers.fitting(row, user)
    is_due = row.next_attempt_at <= timezone.now()
    context = {
        "title": f"E-mail #{row.pk}",
        "section": "emails",
        "email": row,
        "subject": erasing.shown_subject(row),
        "meaning": states.meaning(row),
        "is_trouble": row.status in _TROUBLE,
        "is_due": is_due,
        "pause": _pause(row),
        "direct": [offer for offer in offered if not offer.asks],
        "asking": [offer for offer in offered if offer.asks],
        "held": offers.why_not_requeued(row),
        "recipients": [
            (one, states.recipient_state(row, one), suppressed.get(comparison_key(one.address)))
            for one in recipients
        ],
        "events": story(row, selectors.timeline(row), decisions),
        "attachments": selectors.attachments(row),
        "related": _related(row, request),
        "run": _run(row, request),
        "again_from": _again_from(row),
        "can_read": user.has_perm(content.READ),
        "can_send_again": user.has_perms(acts.AGAIN) and not erasing.why_not_shown(row),
        "press": secrets.token_hex(8),
    }
    if context["can_read"]:
        context |= content.context(row, request.GET.get("tab", ""))
    return render(request, "postroom_console/emails/email.html", context)


@page(SEE, methods="GET POST")
def decide(request: HttpRequest, email_id: int, name: str) -> HttpResponse:
    """GET asks, and says what will happen; POST does it."""
    action = offers.ACTIONS.get(name)
    if action is None:
        raise Http404(f"There is no action {name!r}.")
    if not offers.may(action, request.user):
        raise PermissionDenied("You do not have permission to do this.")
    row = _email(email_id)
    seen = offers.look(name, row)
    if not (seen.total or seen.expired_ids):
        return _unchanged(request, action, row)
    # What has expired needs the answer that only the page which asks gives.
    if request.method != "POST" or (seen.expired_ids and not request.POST.get("expired")):
        return _ask(request, action, row, seen)
    if not action.decide([row.pk], request.user):
        return _unchanged(request, action, row)
    messages.success(request, f"E-mail #{row.pk} {action.done}.")
    return HttpResponseRedirect(links.to(request, "email", row.pk))


@page(SEE, *acts.AGAIN, methods="POST")
def send_again(request: HttpRequest, email_id: int) -> HttpResponse:
    """The form "Send again to another address"; redirects to the new e-mail."""
    from postroom.web.emails.operating import send_again as again  # needs the admin's log

    row = _email(email_id)
    press, address = request.POST.get("press", "")[:64], request.POST.get("address", "")
    try:
        new = again.send_again(row, address, request.user, press=press)  # type: ignore[arg-type]
    except EmailRequestError as error:
        messages.error(request, f"Not sent: {error}")
        return HttpResponseRedirect(links.to(request, "email", row.pk))
    messages.success(request, f"E-mail #{row.pk} will be sent again as #{new.pk}.")
    return HttpResponseRedirect(links.to(request, "email", new.pk))


def _ask(
    request: HttpRequest, action: offers.Action, row: EmailQueue, seen: Forecast
) -> HttpResponse:
    offer = offers.offer_of(action, row, seen)
    context = {
        "title": f"{action.label}: e-mail #{row.pk}",
        "section": "emails",
        "action": action,
        "email": row,
        "subject": erasing.shown_subject(row),
        "warning": offer.warning if offer else "",
        "addresses": acts.open_addresses(selectors.recipients(row)),
        "expired": bool(seen.expired_ids),
        "forbidding": selectors.forbidding(row) if action.name == "allow" else [],
    }
    return render(request, "postroom_console/emails/ask.html", context)


def _unchanged(request: HttpRequest, action: offers.Action, row: EmailQueue) -> HttpResponse:
    messages.warning(request, offers.refusal(action, row))
    return HttpResponseRedirect(links.to(request, "email", row.pk))


def _email(email_id: int) -> EmailQueue:
    row = EmailQueue.objects.filter(pk=email_id).first() if email_id <= _LARGEST_ID else None
    if row is None:
        raise Http404(f"There is no e-mail #{email_id}. It may have been deleted by the clean-up.")
    return row


def _pause(row: EmailQueue) -> QueueControl | None:
    """The pause that keeps it waiting."""
    if row.status != Status.PENDING:
        return None
    return QueueControl.objects.filter(lane__in=("all", row.priority)).first()


def _related(row: EmailQueue, request: HttpRequest) -> Any:
    """The record it is about, with its page in the site's admin if this user may view it."""
    if not row.related_model_id:
        return None
    if not apps.is_installed("django.contrib.admin"):
        return {"text": row.related_model_id}
    from django.contrib import admin
    from django.urls import NoReverseMatch

    from postroom.web.emails.admin.related import related_record

    try:
        return related_record(row, request, admin.site)
    except NoReverseMatch:  # the site mounts no admin
        return {"text": row.related_model_id}


def _run(row: EmailQueue, request: HttpRequest) -> Any:
    """The run of the job that queued it, with its page if this user may view it."""
    if row.task_run is None:
        return None
    text = f"{row.task_name}, run #{row.task_run}"
    may_see = request.user.has_perms(
        ("postroom_jobs.view_scheduledjob", "postroom_jobs.view_jobrun")
    )
    if not (is_known("jobs") and may_see):
        return {"text": text}
    return {"text": text, "address": links.to(request, "run", row.task_run)}


def _again_from(row: EmailQueue) -> Any:
    known = row.metadata.get("sent_again_from") if isinstance(row.metadata, dict) else None
    return known if isinstance(known, int) and 0 < known <= _LARGEST_ID else None
