"""An e-mail's content as the mailer renders it, for a sandboxed preview."""

import re
from base64 import b64encode
from typing import Final

from django.http import HttpResponse

from postroom.shared.branding import LOGO_ID
from postroom.shared.list_links import unsubscribe_link
from postroom.shared.rendering.renderer import Content
from postroom.web.conf import conf
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.content import renderer

# `sandbox` gives the page an origin of its own, also when it is opened outside its frame: content
# from outside runs no script, sees no session, submits no form and loads nothing.
POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
# Elements that load or refresh a page, or name another place to load from. Browsers connect for
# some of them although the policy forbids what follows. A tag's name ends at one of these
# characters (HTML 13.2.5.8), so renaming it leaves no spelling out, wherever it is.
_LOADS: Final = re.compile(
    r"<(/?)(?=(?:iframe|frame|frameset|object|embed|applet|fencedframe|portal|link|base|script)"
    r"[\t\n\f\r />])",
    re.IGNORECASE,
)
_REFRESHES: Final = re.compile(r"(?<=[\s/\"'])http-equiv(?=[\s=/>])", re.IGNORECASE)
# Where the same attribute stands twice, browsers take the first (HTML 13.2.5.33).
_LINKS: Final = re.compile(r"<(a|area)(?=[\t\n\f\r />])", re.IGNORECASE)
_HIDDEN: Final = "<style>removed-script{display:none}</style>"  # a program is nothing to read
LARGEST: Final = 5_000_000  # characters; browsers become very slow beyond this


def content_of(email: EmailQueue) -> Content:
    """Subject, text and HTML, rendered by the same code as in the mailer.

    Raises:
        TemplateError: the template was changed or deleted after the e-mail was queued.
    """
    if email.template_path:
        return renderer().render(
            email.template_path,
            email.context,
            subject=email.subject,
            text=email.plain_body,
            language=email.language,
            unsubscribe=unsubscribe_link(email.headers),
        )
    return renderer().from_bodies(
        subject=email.subject, html=email.html_body, text=email.plain_body
    )


def closed_page(html: str) -> HttpResponse:
    """The HTML of an e-mail as a sandboxed page: no scripts, frames, remote content, no links."""
    if len(html) > LARGEST:
        html = f"<p>This e-mail is too large to be shown: {len(html)} characters.</p>"
    if logo := conf.brand.logo:
        picture = f"data:{logo.mimetype};base64,{b64encode(logo.content).decode()}"
        html = html.replace(f"cid:{LOGO_ID}", picture)
    html = _REFRESHES.sub("data-http-equiv", _LOADS.sub(r"<\1removed-", html))
    # A link opens in a new window, which the sandbox forbids, whatever target it names itself: an
    # operator who clicks a confirmation link by mistake would act in the recipient's name.
    html = _LINKS.sub(r'<\1 target="_blank" ', html)
    response = HttpResponse(f'<!doctype html><base target="_blank">{_HIDDEN}{html}')
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    response["X-DNS-Prefetch-Control"] = "off"
    response["Cache-Control"] = "private, no-store"
    return response
