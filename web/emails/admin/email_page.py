"""The page of one e-mail: what it shows, and its buttons."""

import json
import secrets
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone

from postroom.shared.rendering.renderer import Content, TemplateError
from postroom.shared.status import Status
from postroom.web.adminkit.links import page_of
from postroom.web.emails import erasing, selectors
from postroom.web.emails.admin import badges
from postroom.web.emails.admin.content import READ
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue, EmailRecipient
from postroom.web.emails.operating import decisions, message_outline, offers, pauses, preview
from postroom.web.emails.operating import send_again as again

# A user who may not read an e-mail may not send it to an address of their own either.
_AGAIN: Final = ("postroom.send_again_emailqueue", READ)
TABS: Final = {
    "html": "HTML", "text": "Text", "source": "HTML source", "message": "Message", "data": "Data",
}  # fmt: skip
# A body of megabytes would freeze the browser; the database has all of it.
_LONGEST_TEXT: Final = 50_000


def context(email: EmailQueue, user: User | AnonymousUser) -> dict[str, Any]:
    """Everything the template shows besides the row itself."""
    offered = offers.fitting(email, user)
    return {
        "email": email,
        "colour": badges.STATUS_COLOURS[email.status],
        "meaning": badges.meaning(email),
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
                "state": badges.recipient_state(email, row),
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


def _as_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) if data else ""
