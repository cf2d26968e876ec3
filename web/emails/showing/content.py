"""An e-mail's content: its tabs, the sandboxed HTML part, and its files to download."""

import json
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from postroom.shared.rendering.renderer import Content, TemplateError
from postroom.web.emails import erasing, selectors
from postroom.web.emails.models import EmailAttachment, EmailQueue
from postroom.web.emails.operating import message_outline, preview

READ: Final = "postroom.read_emailqueue"  # the permission that all of it needs
TABS: Final = {
    "html": "HTML", "text": "Text", "source": "HTML source", "message": "Message", "data": "Data",
}  # fmt: skip
# A body of megabytes would freeze the browser; the database has all of it.
_LONGEST_TEXT: Final = 50_000


def framed(email: EmailQueue) -> HttpResponse:
    """The HTML part as a sandboxed page.

    Raises:
        Http404: it is not shown to anybody, or cannot be rendered.
    """
    refuse_hidden(email)
    try:
        content = preview.content_of(email)
    except TemplateError as problem:
        raise Http404(str(problem)) from problem
    return preview.closed_page(content.html)


def download(email_id: int, attachment_id: int) -> HttpResponse:
    """One attached file, as a download that the browser does not open.

    Raises:
        Http404: there is no such file, or it is not shown to anybody.
    """
    files = EmailAttachment.objects.select_related("blob", "email")
    file = get_object_or_404(files, pk=attachment_id, email_id=email_id)
    refuse_hidden(file.email)
    response = HttpResponse(bytes(file.blob.content), content_type="application/octet-stream")
    response["Content-Disposition"] = (
        content_disposition_header(True, file.name or "part") or "attachment"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def refuse_hidden(email: EmailQueue) -> None:
    """Raise Http404, with the reason, for content that is shown to nobody."""
    if reason := erasing.why_not_shown(email):
        raise Http404(reason)


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
    header = message_outline.header(email, content, selectors.recipients(email))
    return [
        ("Header, before encoding; the mailer adds fields of its own and a signature", header),
        ("Parts", message_outline.parts(content, selectors.attachments(email))),
    ]


def context(email: EmailQueue, tab: str) -> dict[str, Any]:
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


def _as_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) if data else ""
