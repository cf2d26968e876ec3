"""An e-mail's content as the mailer makes it, for people to look at in a closed frame."""

from typing import Final

from django.http import HttpResponse

from postroom.shared.rendering.renderer import Content
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.arguments import renderer

# `sandbox` gives the page an origin of its own, also when it is opened outside its frame: what a
# stranger wrote runs no script, sees no session, sends no form and loads nothing from anywhere.
POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
LARGEST: Final = 5_000_000  # characters; a browser shows more than this only with pain


def content_of(email: EmailQueue) -> Content:
    """Subject, text and HTML by the code that sends.

    Raises:
        TemplateError: the template has changed or gone since it was queued.
    """
    if email.template_path:
        return renderer().render(email.template_path, email.context, subject=email.subject)
    return renderer().from_bodies(
        subject=email.subject, html=email.html_body, text=email.plain_body
    )


def closed_page(html: str) -> HttpResponse:
    """The HTML of an e-mail as a page that can do nothing; links lead nowhere."""
    if len(html) > LARGEST:
        html = f"<p>This e-mail is too large to be shown: {len(html)} characters.</p>"
    # A link opens in a new window, which the sandbox forbids: a confirmation link pressed here by
    # mistake would act in somebody else's name.
    response = HttpResponse(f'<!doctype html><base target="_blank">{html}')
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response
