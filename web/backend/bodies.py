"""Bodies of Django's messages: text, HTML, and other forms of the body."""

from typing import Any, NamedTuple

from postroom.web.backend.texts import charset_of
from postroom.web.emails.attachment import Attachment
from postroom.web.emails.errors import UnsupportedMessageError


class Bodies(NamedTuple):
    """`alternatives` are the forms besides the first text and the first HTML."""

    text: str
    html: str
    alternatives: list[Attachment]


def bodies_of(message: Any) -> Bodies:
    """The body and the alternatives of a message.

    Raises:
        UnsupportedMessageError: a body that is neither text nor HTML, or an alternative that is not
            text, bytes or a message.
    """
    body = _as_text(message, message.body or "", "body")
    if message.content_subtype not in ("plain", "html"):
        raise UnsupportedMessageError(
            "content_subtype",
            f"the body is text/{message.content_subtype}; it can be plain or html. Add another "
            "form with attach_alternative()",
        )
    text, html = ("", body) if message.content_subtype == "html" else (body, "")
    others = []
    for content, mimetype in getattr(message, "alternatives", None) or ():
        kind = str(mimetype).partition(";")[0].strip().lower()
        if kind == "text/html" and not html:
            html = _as_text(message, content, kind)
        elif kind == "text/plain" and not text:
            text = _as_text(message, content, kind)
        else:
            others.append(_alternative(message, content, str(mimetype)))
    if not (text.strip() or html):
        text = text or "\n"  # an empty body is a line: a message always has one
    return Bodies(text, html, others)


def _as_text(message: Any, content: Any, kind: str) -> str:
    if isinstance(content, bytes | bytearray | memoryview):
        try:
            return bytes(content).decode(charset_of(message))
        except UnicodeDecodeError as error:
            raise UnsupportedMessageError(
                "alternatives", f"the {kind} is not {charset_of(message)}: {error.reason}"
            ) from error
    return str(content)


def _alternative(message: Any, content: Any, mimetype: str) -> Attachment:
    """Another form of the body. Texts become UTF-8, as the body does."""
    if mimetype.lower().startswith("text/") and not isinstance(content, bytes | bytearray):
        content = str(content)
    return Attachment("", content, mimetype, disposition="alternative")
