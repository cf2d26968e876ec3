"""The page of one e-mail: what it shows, and its buttons."""

import json
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone

from postroom.shared.rendering.renderer import Content, TemplateError
from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.adminkit.links import page_of
from postroom.web.emails import erasing, selectors
from postroom.web.emails.admin import badges, decisions
from postroom.web.emails.admin.content import READ
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating import message_outline, pauses, preview
from postroom.web.emails.operating import send_again as again

_REQUEUE: Final = "postroom.requeue_emailqueue"
_CANCEL: Final = "postroom.cancel_emailqueue"
_RESOLVE: Final = "postroom.resolve_emailqueue"
# A user who may not read an e-mail may not send it to an address of their own either.
_AGAIN: Final = ("postroom.send_again_emailqueue", READ)
TABS: Final = {
    "html": "HTML", "text": "Text", "source": "HTML source", "message": "Message", "data": "Data",
}  # fmt: skip
# A body of megabytes would freeze the browser; the database has all of it.
_LONGEST_TEXT: Final = 50_000


def context(email: EmailQueue, user: User | AnonymousUser) -> dict[str, Any]:
    """Everything the template shows besides the row itself."""
    return {
        "email": email,
        "colour": badges.STATUS_COLOURS[email.status],
        "meaning": badges.STATUS_MEANINGS[email.status],
        "is_trouble": email.status in {Status.FAILED, Status.PARTIAL, Status.UNKNOWN},
        "is_due": email.next_attempt_at <= timezone.now(),
        "is_paused": email.status == Status.PENDING and pauses.is_paused(email.priority),
        "subject": erasing.shown_subject(email),
        "can_requeue": email.status in REQUEUEABLE
        and email.content_erased_at is None
        and user.has_perm(_REQUEUE),
        "can_cancel": email.status == Status.PENDING and user.has_perm(_CANCEL),
        "can_resolve": email.status == Status.UNKNOWN and user.has_perm(_RESOLVE),
        "can_send_again": user.has_perms(_AGAIN) and not erasing.why_not_shown(email),
        "press": secrets.token_hex(8),
        "recipients": [
            {"row": row, "colour": badges.RECIPIENT_COLOURS[row.status]}
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


def texts(email: EmailQueue, content: Content | None) -> dict[str, list[dict[str, Any]]]:
    """Titles and texts by tab, cut where they would freeze the browser."""
    text = content.text if content else email.plain_body
    html = content.html if content else email.html_body
    parts = {
        "text": [("Text body, as it is sent", text)],
        "source": [("HTML body, as it is sent", html)],
        "message": _message(email, content) if content else [],
        "data": [
            ("Context of the template", _as_text(email.context)),
            ("Extra headers", _as_text(email.headers)),
            ("Metadata", _as_text(email.metadata)),
        ],
    }
    return {
        tab: [
            {"title": title, "text": part[:_LONGEST_TEXT], "cut": len(part) > _LONGEST_TEXT}
            for title, part in titled
            if part
        ]
        for tab, titled in parts.items()
    }


def _message(email: EmailQueue, content: Content) -> list[tuple[str, str]]:
    header = message_outline.header(email, content.subject, selectors.recipients(email))
    return [
        ("Header, before encoding; the mailer adds fields of its own and a signature", header),
        ("Parts", message_outline.parts(content, selectors.attachments(email))),
    ]


def content_context(email: EmailQueue, tab: str) -> dict[str, Any]:
    """Context of the card with the content; `tab` is the tab in the query string."""
    content, problem, hidden = None, "", erasing.why_not_shown(email)
    if email.sensitive:
        return {"can_read": True, "hidden": hidden}
    try:
        content = None if hidden else preview.content_of(email)
    except TemplateError as error:
        problem = str(error)
    by_tab = texts(email, content)
    tabs = [
        {"key": key, "label": label}
        for key, label in TABS.items()
        if (content and content.html if key == "html" else by_tab[key])
    ]
    keys = [one["key"] for one in tabs]
    shown = tab if tab in keys else (keys[0] if keys else "")
    return {
        "can_read": True,
        "hidden": hidden,
        "tabs": tabs,
        "tab": shown,
        "texts": by_tab.get(shown, []),
        "problem": problem,
        "rendered_subject": content.subject if content else email.subject,
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


def arrived(model_admin: Any, request: HttpRequest, email_id: int) -> HttpResponse:
    """The button "Mark as arrived"."""
    return _press(
        model_admin, request, email_id, _RESOLVE, decisions.confirm_arrived, {Status.UNKNOWN},
        "marked as arrived",
    )  # fmt: skip


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
    fields = ("pk", "email_type", "sensitive", "content_erased_at")
    email = EmailQueue.objects.filter(pk=email_id).only(*fields).first()
    if email is None:
        raise Http404(f"There is no e-mail {email_id}.")
    if decide([email_id], request.user):
        model_admin.message_user(request, f"E-mail #{email_id} {done}.", messages.SUCCESS)
    else:
        words = ", ".join(sorted(state.value for state in states))
        text = f"E-mail #{email_id} was not changed: its status is no longer one of {words}."
        if permission == _REQUEUE and (reason := erasing.why_not_shown(email)):
            text = f"E-mail #{email_id} was not changed. {reason}"
        model_admin.message_user(request, text, messages.WARNING)
    return HttpResponseRedirect(page_of(model_admin, "postroom_emailqueue_change", email_id))


def _as_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) if data else ""
