"""Attachments of Django's messages: tuples, `MIMEBase`, `MIMEPart`, messages (RFC 2045, 2183)."""

import mimetypes
from collections.abc import Iterable
from email.message import Message
from typing import Any, Final

from postroom.shared import content_type
from postroom.shared.message_parts import Disposition, references
from postroom.web.backend.texts import charset_of, text_of
from postroom.web.emails.attachment import Attachment
from postroom.web.emails.errors import UnsupportedMessageError

# What the mailer writes itself, and Gmail's second name for a Content-ID.
_OURS: Final = frozenset(
    {
        "content-type", "content-transfer-encoding", "content-disposition", "content-id",
        "mime-version", "x-attachment-id",
    }
)  # fmt: skip


def parts_of(message: Any, html: str) -> list[Attachment]:
    """The attachments, in their order; a part that `html` names as `cid:` is inline.

    Raises:
        UnsupportedMessageError: one of them cannot be carried.
    """
    shown = frozenset(references(html))
    return [
        part_of(one, shown) if isinstance(one, Message) else _file(message, one)
        for one in message.attachments
    ]


def _file(message: Any, attachment: Any) -> Attachment:
    """The file of `(name, content, type)`; a text is in the message's charset, as in Django."""
    try:
        name, content, mimetype = attachment
    except (TypeError, ValueError):
        raise UnsupportedMessageError(
            "attachments",
            f"{type(attachment).__name__} is neither (name, content, type) nor a MIME part",
        ) from None
    name = str(name or "")
    mimetype = str(mimetype or content_type.guessed(name))
    if mimetype.lower().startswith("text/") and isinstance(content, str):
        if "charset" not in mimetype.lower():
            mimetype = f"{mimetype}; charset={charset_of(message)}"
    elif not isinstance(content, str | bytes | bytearray | memoryview | Message) and not callable(
        getattr(content, "message", None)
    ):
        content = str(content)
    return Attachment(name or _named(mimetype), content, mimetype)


def part_of(part: Message, shown: Iterable[str] = ()) -> Attachment:
    """A MIME part; `shown`: the Content-IDs that the HTML names.

    Raises:
        UnsupportedMessageError: it is a multipart, or has a header field that cannot be carried.
    """
    for name in part:
        if name.lower() not in _OURS:
            raise UnsupportedMessageError(
                "attachments",
                f"the header {name} of a {part.get_content_type()} part cannot be carried; delete "
                "it from the part",
            )
    mimetype = _type_of(part)
    name = part.get_filename() or ""
    content_id = text_of(part["Content-ID"] or "").strip().removeprefix("<").removesuffix(">")
    disposition = str(part.get_content_disposition() or "inline")
    if content_id in shown:
        disposition = Disposition.INLINE
    elif disposition != Disposition.INLINE:
        disposition = Disposition.ATTACHMENT  # and so is a value that nobody knows (RFC 2183 2.8)
    if disposition == Disposition.ATTACHMENT:
        name = name or _named(mimetype)
    return Attachment(name, _content_of(part), mimetype, str(disposition), content_id)


def _type_of(part: Message) -> str:
    """The type with its parameters, but those of the mailer: name and boundary."""
    _, *parameters = part.get_params() or [(part.get_content_type(), "")]
    texts = [part.get_content_type()]
    for key, value in parameters:
        text = str(part.get_param(key) if isinstance(value, str) else value[2])
        if key.lower() not in ("name", "boundary"):
            texts.append(f'{key}="{text}"' if _needs_quotes(text) else f"{key}={text}")
    return "; ".join(texts)


def _needs_quotes(value: str) -> bool:
    return not value or any(one in ' \t()<>@,;:\\"/[]?=' for one in value)


def _content_of(part: Message) -> Any:
    payload = part.get_payload()
    if part.get_content_type() == "message/rfc822" and isinstance(payload, list):
        return payload[0]
    if part.is_multipart():
        raise UnsupportedMessageError(
            "attachments",
            f"a {part.get_content_type()} part cannot be carried; attach its parts one by one",
        )
    return part.get_payload(decode=True) or b""


def _named(mimetype: str) -> str:
    """A name for a file without one: readers would show it as "noname"."""
    extension = mimetypes.guess_extension(mimetype.partition(";")[0].strip()) or ""
    return f"attachment{'.eml' if mimetype.startswith('message/rfc822') else extension}"
