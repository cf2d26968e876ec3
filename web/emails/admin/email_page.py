"""The page of one e-mail: what it shows, and its two buttons."""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from shared.status import REQUEUEABLE, Status
from web.emails import selectors
from web.emails.admin import badges, decisions
from web.emails.models import EmailQueue

_REQUEUE: Final = "emails.requeue_emailqueue"
_CANCEL: Final = "emails.cancel_emailqueue"
# A body of megabytes would freeze the browser; who needs it whole has the API.
_LONGEST_TEXT: Final = 50_000


def context(email: EmailQueue, user: User | AnonymousUser) -> dict[str, Any]:
    """Everything the template shows beside the row itself."""
    return {
        "email": email,
        "colour": badges.STATUS_COLOURS[email.status],
        "meaning": badges.STATUS_MEANINGS[email.status],
        "is_trouble": email.status in {Status.FAILED, Status.PARTIAL, Status.UNKNOWN},
        "is_due": email.next_attempt_at <= timezone.now(),
        "can_requeue": email.status in REQUEUEABLE and user.has_perm(_REQUEUE),
        "can_cancel": email.status == Status.PENDING and user.has_perm(_CANCEL),
        "recipients": [
            {"row": row, "colour": badges.RECIPIENT_COLOURS[row.status]}
            for row in selectors.recipients(email)
        ],
        "attempts": [
            {"row": row, "colour": badges.OUTCOME_COLOURS[row.outcome]}
            for row in selectors.timeline(email)
        ],
        "attachments": selectors.attachments(email),
        "texts": [
            {"title": title, "text": text[:_LONGEST_TEXT], "cut": len(text) > _LONGEST_TEXT}
            for title, text in (
                ("Text body", email.plain_body),
                ("HTML body, as source", email.html_body),
                ("Context of the template", _as_text(email.context)),
                ("Extra headers", _as_text(email.headers)),
                ("Metadata", _as_text(email.metadata)),
            )
            if text
        ],
    }


def requeue(model_admin: Any, request: HttpRequest, email_id: int) -> HttpResponse:
    """The Requeue button."""
    return _press(
        model_admin, request, email_id, _REQUEUE, decisions.requeue, REQUEUEABLE, "requeued"
    )


def cancel(model_admin: Any, request: HttpRequest, email_id: int) -> HttpResponse:
    """The Cancel button."""
    return _press(
        model_admin, request, email_id, _CANCEL, decisions.cancel, {Status.PENDING}, "cancelled"
    )


def _press(
    model_admin: Any,
    request: HttpRequest,
    email_id: int,
    permission: str,
    decide: Callable[[Sequence[int], Any], int],
    states: Collection[Status],
    done: str,
) -> HttpResponse:
    if not (model_admin.has_view_permission(request) and request.user.has_perm(permission)):
        raise PermissionDenied
    email = EmailQueue.objects.filter(pk=email_id).only("pk", "email_type").first()
    if email is None:
        raise Http404(f"There is no e-mail {email_id}.")
    if decide([email_id], request.user):
        model_admin.message_user(request, f"{email} was {done}.", messages.SUCCESS)
    else:
        words = ", ".join(sorted(state.value for state in states))
        text = f"{email} was left alone: its state is no longer one of {words}."
        model_admin.message_user(request, text, messages.WARNING)
    return HttpResponseRedirect(reverse("admin:emails_emailqueue_change", args=(email_id,)))


def _as_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) if data else ""
