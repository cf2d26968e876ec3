"""The structure of an e-mail for operators: its header fields and its MIME parts.

These are not the bytes that are sent: `mailer/message/build.py` makes those, which the web service
cannot import (the two share only `shared`), and a signature needs the mailer's key.
"""

from collections.abc import Iterable, Mapping, Sequence
from email.utils import format_datetime, formataddr
from typing import Any

from postroom.shared.branding import LOGO_ID, Logo
from postroom.shared.message_parts import Disposition
from postroom.shared.rendering.renderer import Content
from postroom.shared.status import RecipientKind
from postroom.web.conf import conf
from postroom.web.emails.models import EmailQueue, EmailRecipient


def header(email: EmailQueue, content: Content, recipients: Iterable[EmailRecipient]) -> str:
    """One field per line, before encoding and folding, in the order of the message."""
    people: dict[str, list[str]] = {kind.value: [] for kind in RecipientKind}
    for one in recipients:
        name, address = one.display_name, one.address
        shown = formataddr((name, address)) if name.isascii() and address.isascii() else address
        people[one.kind].append(shown)
    to, cc = ", ".join(people["to"]), ", ".join(people["cc"])
    fields = {
        "From": email.from_email,
        "To": to or ("" if cc else "undisclosed-recipients:;"),
        "Cc": cc,
        "Reply-To": ", ".join(email.reply_to),
        "Subject": content.subject,
        "Date": format_datetime(email.ready_at),
        "Message-ID": email.message_id,
        "Content-Language": content.language or email.language,
        **email.headers,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    if people["bcc"]:
        lines.append(f"(in the envelope only, as Bcc) {', '.join(people['bcc'])}")
    return "\n".join(lines)


def parts(content: Content, attachments: Sequence[Mapping[str, Any]]) -> str:
    """The tree of MIME parts, each with its size before encoding."""
    lines = [f"text/plain, {_size(content.text)}"]
    if content.html:
        lines.append(f"text/html, {_size(content.html)}")
    if (logo := conf.brand.logo) and f"cid:{LOGO_ID}" in content.html:
        attachments = [*attachments, _logo(logo)]  # the mailer adds it
    by = {one: [f for f in attachments if f["disposition"] == one] for one in Disposition}
    lines += map(_line, by[Disposition.ALTERNATIVE])
    if len(lines) > 1:
        lines = ["multipart/alternative", *_below(lines)]
    shown = [f for f in by[Disposition.INLINE] if f["content_id"] and content.html]
    if shown:
        lines = ["multipart/related", *_below([*lines, *map(_line, shown)])]
    others = [f for f in attachments if f["disposition"] != "alternative" and f not in shown]
    if others:
        lines = ["multipart/mixed", *_below([*lines, *map(_line, others)])]
    return "\n".join(lines)


def _logo(logo: Logo) -> dict[str, Any]:
    shown = {"mimetype": logo.mimetype, "name": "", "size": len(logo.content)}
    return {**shown, "content_id": LOGO_ID, "disposition": Disposition.INLINE}


def _line(file: Mapping[str, Any]) -> str:
    facts = [file["mimetype"], file["name"], f"{file['size']} bytes"]
    if file["content_id"]:
        facts.append(f"cid:{file['content_id']}")
    return ", ".join(fact for fact in facts if fact)


def _below(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _size(text: str) -> str:
    return f"{len(text.encode())} bytes"
