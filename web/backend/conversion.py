"""From Django's message to the arguments of `send_email_task`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.core.mail import EmailMessage, EmailMultiAlternatives

from postroom.web.backend.bodies import bodies_of
from postroom.web.backend.headers import fields_of
from postroom.web.backend.mailboxes import key
from postroom.web.backend.options import defaults, own_options
from postroom.web.backend.parts import parts_of
from postroom.web.backend.rules import options_by_rule
from postroom.web.backend.texts import text_of
from postroom.web.conf import conf
from postroom.web.emails.errors import UnsupportedMessageError

# Methods that build Django's MIME message, in 5.2 and 6.1. A class that changes one means bytes
# that the mailer does not write.
_BUILDERS: Final = (
    "message", "_create_message", "_create_attachments", "_create_attachment",
    "_create_mime_attachment", "_create_alternatives", "_add_bodies", "_add_attachments",
    "_add_attachment",
)  # fmt: skip
# Undocumented attributes of Django before 6.0; pictures are always related to the HTML here.
_SUBTYPES: Final = {"mixed_subtype": ("mixed", "related"), "alternative_subtype": ("alternative",)}


def calls_of(message: Any, mailer_options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The calls that queue a message: one, or several with more recipients than one e-mail takes.

    Each has `message_id` besides the arguments of `send_email_task`; empty: the queue makes one.

    Raises:
        EmailRequestError: an option or argument cannot be used.
        UnsupportedMessageError: the message holds what cannot be carried.
    """
    _check_builders(message)
    fields = fields_of(message)
    bodies = bodies_of(message)
    call: dict[str, Any] = {
        **fields,
        "subject": text_of(message.subject or "").replace("\t", " "),
        "plain_body": bodies.text,
        "html_body": bodies.html,
        "attachments": [*bodies.alternatives, *parts_of(message, bodies.html)],
    }
    options = defaults() | dict(mailer_options) | options_by_rule(message, bodies.html)
    options |= own_options(message)
    if not options.get("language"):
        options.pop("language", None)
    return list(_divided(call | options))


def _check_builders(message: Any) -> None:
    base = EmailMultiAlternatives if hasattr(message, "alternatives") else EmailMessage
    for name in _BUILDERS:
        ours = getattr(base, name, None)
        if ours is not None and getattr(type(message), name, None) is not ours:
            raise UnsupportedMessageError(
                "message",
                f"{type(message).__name__} has its own {name}(), whose result the queue cannot "
                "carry. Send it with a backend that writes that message itself",
            )
    for name, carried in _SUBTYPES.items():
        given = getattr(message, name, carried[0])
        if given not in carried:
            raise UnsupportedMessageError(name, f"{given!r} is not {' or '.join(carried)}")


def _divided(call: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The call, and one for each further group of Bcc recipients beyond EMAIL_MAX_RECIPIENTS.

    To and Cc are never divided, because all of them are in the header: if they are too many, the
    call refuses them.
    """
    limit = conf.email_max_recipients
    shown = {key(one) for one in (*call["recipients"], *call["cc"])}
    hidden = list({key(one): one for one in call["bcc"] if key(one) not in shown}.values())
    room = max(limit - len(shown), 0)
    if len(hidden) <= room or len(shown) > limit:
        yield call
        return
    yield call | {"bcc": hidden[:room]}
    more = {"recipients": [], "cc": [], "message_id": ""}
    for number, start in enumerate(range(room, len(hidden), limit), 2):
        part = call | more | {"bcc": hidden[start : start + limit]}
        if given := call.get("idempotency_key"):
            part["idempotency_key"] = f"{given}#{number}"
        yield part
