"""`SEND = "console"` and `SEND = "off"`: rows of a developer's site, which nothing sends."""

import sys
from email.utils import formataddr
from functools import partial

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone

from postroom.shared.status import RecipientKind, Status
from postroom.web.conf import conf
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating.preview import content_of
from postroom.web.emails.queueing.insertion import NewEmail


def end(new: NewEmail) -> NewEmail:
    """The e-mail as a row that has ended: `cancelled`, with the reason in `last_error`.

    With "console" it is printed when the caller's transaction commits. A sensitive one loses its
    content, as any that has ended.
    """
    if conf.send == "console":
        text = _as_text(new)
        transaction.on_commit(partial(_show, text), robust=True)
    values = new.values | {
        "status": Status.CANCELLED.value,
        "last_error": f"not sent: SEND={conf.send}",
    }
    json = dict(new.json)
    if values.get("sensitive"):
        values |= {"subject": "", "html_body": "", "plain_body": "", "context": {}}
        values["content_erased_at"] = timezone.now()
        json["context"] = "{}"
    return new._replace(values=values, json=json)


def _as_text(new: NewEmail) -> str:
    values = new.values
    content = content_of(EmailQueue(**values))
    people = {
        kind: [formataddr((a.display_name, a.address)) for a in new.addresses if a.kind is kind]
        for kind in RecipientKind
    }
    message = EmailMultiAlternatives(
        content.subject,
        content.text,
        values["from_email"],
        people[RecipientKind.TO],
        cc=people[RecipientKind.CC],
        reply_to=values["reply_to"],
        headers={**values["headers"], "Message-ID": values["message_id"]},
    )
    if content.html:
        message.attach_alternative(content.html, "text/html")
    for file in new.stored:
        message.attach(file.name, file.content, file.mimetype)
    bcc = people[RecipientKind.BCC]
    hidden = f"(Bcc, in no header: {', '.join(bcc)})\n" if bcc else ""
    return f"{message.message().as_string()}\n{hidden}{'-' * 79}\n"


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
