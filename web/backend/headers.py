"""`extra_headers` of Django's messages: fields with an argument of their own, and the others."""

from collections.abc import Mapping
from typing import Any, Final

from postroom.web.backend.mailboxes import key, listed, mailbox, mailboxes
from postroom.web.backend.texts import text_of
from postroom.web.emails.errors import UnsupportedMessageError

_REASONS: Final = {
    "date": "the mailer writes Date: when the e-mail was queued or scheduled",
    "bcc": "use the argument bcc",
    "subject": "use the argument subject",
    "sender": "there is no Sender apart from From",
    "return-path": "there is no envelope sender apart from From",
}
_LISTS: Final = ("to", "cc", "reply-to")


def fields_of(message: Any) -> dict[str, Any]:
    """Arguments of `send_email_task`: sender, recipients, reply-to, headers; and `message_id`.

    Raises:
        UnsupportedMessageError: a field that cannot be carried; names it.
    """
    fields: dict[str, Any] = {
        "from_email": mailbox(message.from_email),
        "recipients": mailboxes(message.to),
        "cc": mailboxes(message.cc),
        "bcc": mailboxes(message.bcc),
        "reply_to": mailboxes(message.reply_to),
        "headers": {},
        "message_id": "",
        "language": "",
    }
    shown: dict[str, list[str]] = {}
    for name, value in message.extra_headers.items():
        lower = str(name).lower()
        if lower in _LISTS:
            shown[lower] = listed(str(name), value)
        elif lower == "from":
            fields["from_email"] = _sender(message, fields["from_email"], value)
        elif lower == "message-id":
            fields["message_id"] = str(value).strip()
        elif lower == "content-language":
            fields["language"] = text_of(value)
        elif lower in _REASONS:
            raise UnsupportedMessageError("headers", f"{name}: {_REASONS[lower]}")
        elif lower == "mime-version" and str(value).strip() == "1.0":
            continue
        elif text := text_of(value).strip(" "):  # an empty field says nothing
            fields["headers"][str(name)] = text
    if "reply-to" in shown:
        fields["reply_to"] = shown.pop("reply-to")
    return fields | (_people(fields, shown) if shown else {})


def _sender(message: Any, envelope: str, value: Any) -> str:
    """The From field, if the envelope has the same address."""
    (shown, *more) = listed("From", value) or [""]
    if more or key(shown) != key(envelope):
        raise UnsupportedMessageError(
            "headers",
            f"From: {value!s} and from_email {message.from_email!s} are two addresses; the "
            "envelope sender is always that of From. Give one address",
        )
    return shown


def _people(fields: Mapping[str, Any], shown: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Recipients when the fields To and Cc are given as headers.

    Recipients whom no field names are mailed as Bcc.
    """
    to, cc, bcc = fields["recipients"], fields["cc"], fields["bcc"]
    everyone = {key(one) for one in (*to, *cc, *bcc)}
    new = {"recipients": shown.get("to", to), "cc": shown.get("cc", cc)}
    for field, given in shown.items():
        for one in given:
            if key(one) not in everyone:
                raise UnsupportedMessageError(
                    "headers",
                    f"{field.capitalize()}: names {one}, which is not among the recipients; the "
                    "queue mails everybody whom To and Cc name",
                )
    visible = {key(one) for one in (*new["recipients"], *new["cc"])}
    hidden = [one for one in (*to, *cc, *bcc) if key(one) not in visible]
    return {**new, "bcc": hidden}
