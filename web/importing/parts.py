"""Files of old e-mails: MIME parts as `(name, bytes, mimetype)`."""

import mimetypes
from collections.abc import Mapping
from email.message import Message
from typing import Any

from postroom.web.importing.old_mail import UnreadableMailError

File = tuple[str, bytes, str]


def file_of_part(name: str, payload: bytes, mimetype: str, headers: Mapping[str, Any]) -> File:
    """The file of a part that was stored as payload and header fields.

    Raises:
        UnreadableMailError: it is embedded in the HTML (Content-ID, RFC 2392).
    """
    lower = {str(key).lower(): str(value) for key, value in headers.items()}
    if "content-id" in lower:
        raise UnreadableMailError(
            f"its file {name!r} is embedded in the HTML (Content-ID), which Postroom cannot send; "
            "let the old queue send it"
        )
    encoding = lower.get("content-transfer-encoding", "").strip().lower()
    if encoding in ("base64", "quoted-printable"):
        part = Message()
        part["Content-Transfer-Encoding"] = encoding
        part.set_payload(payload.decode("ascii", "replace"))
        payload = _bytes(part)
    return name, payload, mimetype


def file_of_message_part(part: Message) -> File:
    """The file of a part of the standard library. Raises UnreadableMailError."""
    mimetype = part.get_content_type()
    name = part.get_filename() or f"attachment{mimetypes.guess_extension(mimetype) or ''}"
    if part.is_multipart():
        raise UnreadableMailError(f"its file {name!r} is a multipart message")
    return file_of_part(
        name, _bytes(part), mimetype, {"Content-ID": ""} if part["Content-ID"] else {}
    )


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
