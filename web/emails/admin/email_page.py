"""The page of one e-mail: what it shows, and its buttons."""

import secrets
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone

from postroom.shared.status import Status
from postroom.web.adminkit.links import page_of
from postroom.web.emails import erasing, selectors
from postroom.web.emails.admin import badges
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue, EmailRecipient
from postroom.web.emails.operating import pauses
from postroom.web.emails.operating import send_again as again
from postroom.web.emails.operating.deciding import decisions, offers
from postroom.web.emails.showing import states
from postroom.web.emails.showing.content import READ

# A user who may not read an e-mail may not send it to an address of their own either.
_AGAIN: Final = ("postroom.send_again_emailqueue", READ)


def context(email: EmailQueue, user: User | AnonymousUser) -> dict[str, Any]:
    """Everything the template shows besides the row itself."""
    offered = offers.fitting(email, user)
    return {
        "email": email,
        "colour": badges.STATUS_COLOURS[email.status],
        "meaning": states.meaning(email),
        "is_trouble": email.status in {Status.FAILED, Status.PARTIAL, Status.UNKNOWN},
        "is_due": email.next_attempt_at <= timezone.now(),
        "is_paused": email.status == Status.PENDING and pauses.is_paused(email.priority),
        "subject": erasing.shown_subject(email),
        "offers": [offer for offer in offered if not offer.asks],
        "asking": [offer for offer in offered if offer.asks],
        "held": offers.why_not_requeued(email),
        "can_send_again": user.has_perms(_AGAIN) and not erasing.why_not_shown(email),
        "press": secrets.token_hex(8),
        "recipients": [
            {
                "row": row,
                "colour": badges.RECIPIENT_COLOURS[row.status],
                "state": states.recipient_state(email, row),
                "earlier": _earlier(row),
            }
            for row in selectors.recipients(email)
        ],
        "attempts": [
            {"row": row, "colour": badges.OUTCOME_COLOURS[row.outcome]}
            for row in selectors.timeline(email)
        ],
        "attachments": selectors.attachments(email),
        "decisions": decisions.history(email),
        "sent_again_from": email.metadata.get(again.ORIGINAL) if email.metadata else None,
    }


def send_again(model_admin: Any, request: HttpRequest, email_id: int) -> HttpResponse:
    """The form "Send again to another address"; redirects to the new e-mail."""
    if not (model_admin.has_view_permission(request) and request.user.has_perms(_AGAIN)):
        raise PermissionDenied
    email = get_object_or_404(EmailQueue, pk=email_id)
    press = request.POST.get("press", "")[:64]
    try:
        new = again.send_again(email, request.POST.get("address", ""), request.user, press=press)  # type: ignore[arg-type]
    except EmailRequestError as error:
        model_admin.message_user(request, f"Not sent: {error}", messages.ERROR)
        return HttpResponseRedirect(page_of(model_admin, "postroom_emailqueue_change", email_id))
    text = f"E-mail #{email.pk} will be sent again as #{new.pk}."
    model_admin.message_user(request, text, messages.SUCCESS)
    return HttpResponseRedirect(page_of(model_admin, "postroom_emailqueue_change", new.pk))


def _earlier(row: EmailRecipient) -> list[dict[str, Any]]:
    """What was known of this address before each requeue, newest first."""
    return [
        {**entry, "until": datetime.fromisoformat(entry["until"])}
        for entry in reversed(row.earlier_replies or [])
    ]
