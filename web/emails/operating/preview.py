"""An e-mail's content as the mailer renders it, for a sandboxed preview."""

from typing import Final

from django.http import HttpResponse

from postroom.shared.rendering.renderer import Content
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.arguments import renderer

# `sandbox` gives the page an origin of its own, also when it is opened outside its frame: content
# from outside runs no script, sees no session, submits no form and loads nothing.
POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
LARGEST: Final = 5_000_000  # characters; browsers become very slow beyond this


def content_of(email: EmailQueue) -> Content:
    """Subject, text and HTML, rendered by the same code as in the mailer.

    Raises:
        TemplateError: the template was changed or deleted after the e-mail was queued.
    """
    if email.template_path:
        return renderer().render(
            email.template_path, email.context, subject=email.subject, text=email.plain_body
        )
    return renderer().from_bodies(
        subject=email.subject, html=email.html_body, text=email.plain_body
    )


def closed_page(html: str) -> HttpResponse:
    """The HTML of an e-mail as a sandboxed page: no scripts, no remote content, no links."""
    if len(html) > LARGEST:
        html = f"<p>This e-mail is too large to be shown: {len(html)} characters.</p>"
    # A link opens in a new window, which the sandbox forbids: an operator who clicks a confirmation
    # link by mistake would act in the recipient's name.
    response = HttpResponse(f'<!doctype html><base target="_blank">{html}')
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response
