"""Entities of what comes with a body: files, parts within the HTML, other forms of the body."""

from postroom.mailer.errors import MessageError
from postroom.mailer.message.embedded import as_7bit
from postroom.mailer.message.entities import Chunks, base64_lines, text_entity
from postroom.mailer.message.headers import file_name_parameters
from postroom.mailer.rows.claimed_email import Attachment
from postroom.shared import content_type
from postroom.shared.message_parts import Disposition, check_content_id


def attached_entity(attachment: Attachment) -> Chunks:
    """One file, in base64 so that its bytes arrive as they are; a message as the text it is.

    Raises:
        MessageError: its type cannot be written.
        HeaderError: its name or Content-ID cannot be written.
    """
    kind, *parameters = _type_of(attachment)
    embedded = as_7bit(attachment.content) if kind == "message/rfc822" else None
    if kind.startswith(("message/", "multipart/")) and embedded is None:
        # These may not be base64 (RFC 2046 5.2.1, RFC 2045 6.4); an opaque file may.
        kind, parameters = "application/octet-stream", []
    named = any(parameter.startswith("charset=") for parameter in parameters)
    if kind.startswith("text/") and not named and _is_utf8(attachment.content):
        parameters.append("charset=utf-8")
    encoding = "base64" if embedded is None else "7bit"
    head = _head(attachment, ";\r\n ".join([kind, *parameters]), encoding)
    return [head, *(base64_lines(attachment.content) if embedded is None else [embedded])]


def alternative_entity(part: Attachment) -> tuple[Chunks, bytes]:
    """Another form of the body, and those of its bytes that are unencoded in the message.

    Raises:
        MessageError, HeaderError: as for `attached_entity`.
    """
    kind, *parameters = _type_of(part)
    charset = next((p for p in parameters if p.startswith("charset=")), "charset=utf-8")
    is_text = kind.startswith("text/") and charset.lower() in _UTF_8 and _is_utf8(part.content)
    if not is_text or part.name or part.content_id:
        return attached_entity(part), b""
    others = [p for p in parameters if not p.startswith("charset=")]
    subtype = ";\r\n ".join([kind.removeprefix("text/"), *others])
    return text_entity(subtype, part.content.decode(), f"{kind} body", alone=False)


_UTF_8 = frozenset({"charset=utf-8", 'charset="utf-8"', "charset=us-ascii", 'charset="us-ascii"'})


def is_poorer(part: Attachment) -> bool:
    """Whether a form of the body comes before the HTML, so that readers prefer the HTML.

    Texts do (an AMP page must: readers without AMP may show the last form). A calendar, a second
    HTML and whatever is not a text come after it.
    """
    kind = part.mimetype.partition(";")[0].strip().lower()
    return kind.startswith("text/") and kind not in ("text/html", "text/calendar")


def _type_of(part: Attachment) -> list[str]:
    """The type, and each parameter."""
    try:
        return content_type.normal(part.mimetype).split("; ")
    except ValueError:
        raise MessageError("The MIME type of an attachment is not like application/pdf.") from None


def _head(part: Attachment, kind: str, encoding: str) -> bytes:
    """The entity's header fields (RFC 2045, 2183, 2231) and the empty line."""
    name = filename = ""
    if part.name or part.disposition == Disposition.ATTACHMENT:
        name, filename = (f";\r\n {text}" for text in file_name_parameters(part.name))
    head = f"Content-Type: {kind}{name}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    if part.disposition != Disposition.ALTERNATIVE:
        shown = "inline" if part.disposition == Disposition.INLINE else "attachment"
        head += f"Content-Disposition: {shown}{filename}\r\n"
    if part.content_id:
        check_content_id(part.content_id)
        head += f"Content-ID: <{part.content_id}>\r\n"
    return f"{head}\r\n".encode("ascii")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
