"""An e-mail's content: its tabs, the sandboxed preview, and its files to download."""

import json
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from postroom.shared.rendering.renderer import Content, TemplateError
from postroom.web.console import links
from postroom.web.console.access import SEE, page
from postroom.web.console.emails.acts import READ
from postroom.web.emails import erasing, selectors
from postroom.web.emails.models import EmailAttachment, EmailQueue
from postroom.web.emails.operating import message_outline, preview

TABS: Final = {
    "html": "HTML", "text": "Text", "source": "HTML source", "message": "Message", "data": "Data",
}  # fmt: skip
# A body of megabytes would freeze the browser; the database has all of it.
_LONGEST_TEXT: Final = 50_000


@page(SEE, READ)
def frame(request: HttpRequest, email_id: int) -> HttpResponse:
    """The HTML part as a sandboxed page."""
    email = get_object_or_404(EmailQueue, pk=email_id)
    _refuse_hidden(email)
    if request.headers.get("Sec-Fetch-Dest", "iframe") != "iframe":
        # Opened outside its frame, its links would work.
        return HttpResponseRedirect(links.to(request, "email", email_id))
    try:
        content = preview.content_of(email)
    except TemplateError as problem:
        raise Http404(str(problem)) from problem
    return preview.closed_page(content.html)


@page(SEE, READ)
def download(request: HttpRequest, email_id: int, attachment_id: int) -> HttpResponse:
    """One attached file, as a download that the browser does not open."""
    files = EmailAttachment.objects.select_related("blob", "email")
    file = get_object_or_404(files, pk=attachment_id, email_id=email_id)
    _refuse_hidden(file.email)
    response = HttpResponse(bytes(file.blob.content), content_type="application/octet-stream")
    response["Content-Disposition"] = (
        content_disposition_header(True, file.name or "part") or "attachment"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def shown(email: EmailQueue, tab: str) -> dict[str, Any]:
    """Context of the card with the content; `tab` is the one in the address."""
    content, problem, hidden = None, "", erasing.why_not_shown(email)
    if email.sensitive:
        return {"hidden": hidden}
    try:
        content = None if hidden else preview.content_of(email)
    except TemplateError as error:
        problem = str(error)
    by_tab = _texts(email, content)
    tabs = [
        (key, label)
        for key, label in TABS.items()
        if (content and content.html if key == "html" else by_tab[key])
    ]
    keys = [key for key, _ in tabs]
    chosen = tab if tab in keys else (keys[0] if keys else "")
    return {
        "hidden": hidden,
        "content_tabs": tabs,
        "tab": chosen,
        "texts": by_tab.get(chosen, []),
        "problem": problem,
    }


def _texts(email: EmailQueue, content: Content | None) -> dict[str, list[dict[str, Any]]]:
    """Titles and texts by tab, cut where they would freeze the browser."""
    parts = {
        "text": [("Text body, as it is sent", content.text if content else email.plain_body)],
        "source": [("HTML body, as it is sent", content.html if content else email.html_body)],
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


def _refuse_hidden(email: EmailQueue) -> None:
    if reason := erasing.why_not_shown(email):
        raise Http404(reason)


def _as_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) if data else ""
