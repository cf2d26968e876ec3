"""Files of old e-mails: MIME parts as `(name, bytes, mimetype)`, pictures within the HTML."""

import mimetypes
from collections.abc import Mapping
from email.message import Message
from typing import Any

from postroom.shared.message_parts import references
from postroom.web.emails.attachment import Attachment
from postroom.web.importing.old_mail import UnreadableMailError

File = tuple[str, bytes, str] | Attachment


def file_of_part(
    name: str, payload: bytes, mimetype: str, headers: Mapping[str, Any], html: str
) -> File:
    """The file of a part that was stored as payload and header fields.

    One with a Content-ID is a picture within the HTML (RFC 2392), unless it is called an attachment
    and `html` does not name it.
    """
    lower = {str(key).lower(): str(value) for key, value in headers.items()}
    encoding = lower.get("content-transfer-encoding", "").strip().lower()
    if encoding in ("base64", "quoted-printable"):
        part = Message()
        part["Content-Transfer-Encoding"] = encoding
        part.set_payload(payload.decode("ascii", "replace"))
        payload = _bytes(part)
    content_id = lower.get("content-id", "").strip().removeprefix("<").removesuffix(">")
    if not content_id:
        return name, payload, mimetype
    is_file = lower.get("content-disposition", "").strip().lower().startswith("attachment")
    place = "attachment" if is_file and content_id not in references(html) else "inline"
    return Attachment(name, payload, mimetype, place, content_id)


def file_of_message_part(part: Message, html: str) -> File:
    """The file of a part of the standard library. Raises UnreadableMailError."""
    mimetype = part.get_content_type()
    name = part.get_filename() or f"attachment{mimetypes.guess_extension(mimetype) or ''}"
    if part.is_multipart():
        raise UnreadableMailError(f"its file {name!r} is a multipart message")
    kept = ("Content-ID", "Content-Disposition")
    headers = {field: str(part[field]) for field in kept if part[field]}
    return file_of_part(name, _bytes(part), mimetype, headers, html)


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
