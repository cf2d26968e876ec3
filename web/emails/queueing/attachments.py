"""Reads attachments within limits and stores their bytes, once per content."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import connection

from postroom.shared import content_type
from postroom.shared.header_rules import HeaderError, check_text, without_turns
from postroom.shared.message_parts import Disposition
from postroom.web.conf import conf
from postroom.web.emails.attachment import Attachment
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.queueing import parts

# An existing blob is only touched when it is old enough for clean-up to consider it, so that
# requests sharing one file do not wait for each other.
_STORE = """
INSERT INTO postroom_attachmentblob (sha256, size, content) VALUES (%s, %s, %s)
ON CONFLICT (sha256) DO UPDATE SET created_at = now()
WHERE postroom_attachmentblob.created_at < now() - interval '1 hour'
"""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An attachment in memory, checked, with its SHA-256 in hex."""

    name: str
    mimetype: str
    content: bytes
    sha256: str
    disposition: str = Disposition.ATTACHMENT.value
    content_id: str = ""


def read_attachments(values: Iterable[Any] | None) -> list[StoredFile]:
    """Read paths, `(name, content, mimetype)`, Django files and `Attachment`s.

    `content` is bytes, text, or a message (`email.message.Message`, Django's `EmailMessage`).

    Raises:
        EmailRequestError: unreadable, of another type, too many or too large.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable | None):
        raise EmailRequestError("attachments", f"must be a list, not {type(values).__name__}")
    files: list[StoredFile] = []
    total = 0
    for value in values or ():
        if len(files) == conf.email_max_attachments:
            raise EmailRequestError(
                "attachments",
                f"more than {conf.email_max_attachments} files (EMAIL_MAX_ATTACHMENTS)",
            )
        part = value if isinstance(value, Attachment) else None
        name, content, mimetype = _read(value) if part is None else _read_part(part)
        total += len(content)
        if total > conf.email_max_attachment_bytes:
            raise EmailRequestError(
                "attachments",
                f"{name!r} makes the files {total} bytes in total; at most "
                f"{conf.email_max_attachment_bytes} together (EMAIL_MAX_ATTACHMENT_BYTES)",
            )
        files.append(_checked(name, content, mimetype, part))
    return files


def store(files: Iterable[StoredFile]) -> None:
    """Write the bytes that are not there yet, in the caller's transaction."""
    with connection.cursor() as cursor:
        # Sorted, so that two requests with the same two files cannot wait for each other in turn.
        for file in sorted({f.sha256: f for f in files}.values(), key=lambda f: f.sha256):
            cursor.execute(_STORE, (file.sha256, len(file.content), file.content))


def _enough() -> int:
    """One byte more than the limit, so that a huge file is refused without reading all of it."""
    return int(conf.email_max_attachment_bytes) + 1


def _read(value: Any) -> tuple[str, bytes, str]:
    if isinstance(value, str | Path):
        path = Path(value)
        try:
            with path.open("rb") as file:
                return path.name, file.read(_enough()), ""
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise EmailRequestError(
                "attachments", f"cannot read {path.name!r}: {reason}"
            ) from error
    if isinstance(value, File):
        try:
            value.open("rb")
            content = value.read(_enough())
        except (OSError, ValueError) as error:
            raise EmailRequestError("attachments", f"cannot read the file: {error}") from error
        if isinstance(content, str):  # ContentFile("text")
            content = content.encode()
        name = Path(value.name or "attachment").name
        return name, content, _declared(value)
    if isinstance(value, tuple) and len(value) in (2, 3):
        name, content, *rest = value
        mimetype = (rest[0] if rest else "") or ""
        if isinstance(name, str) and isinstance(mimetype, str):
            mimetype = mimetype or content_type.guessed(name)
            data = _bytes_of(content, name, mimetype)
            if data is not None:
                return name, data, mimetype
    raise EmailRequestError(
        "attachments",
        "each is a path, (name, content, mimetype), a Django File or an Attachment, not "
        f"{type(value).__name__}; content is bytes, text or a message",
    )


def _declared(file: Any) -> str:
    """The type that came with a file, '' if it is none: a browser wrote it, not the caller."""
    kind = getattr(file, "content_type", "") or ""
    try:
        return content_type.normal(kind) if kind else ""
    except ValueError:
        return ""


def _read_part(part: Attachment) -> tuple[str, bytes, str]:
    """Name, bytes and type of an `Attachment`, whose content may be a path or a File as well."""
    texts = (part.name, part.mimetype, part.content_id)
    if not all(isinstance(text, str) for text in texts):
        raise EmailRequestError(
            "attachments", "name, mimetype and content_id of an Attachment must be text"
        )
    if isinstance(part.content, Path | File):
        name, content, mimetype = _read(part.content)
        return part.name or name, content, part.mimetype or mimetype
    return _read((part.name, part.content, part.mimetype))


def _bytes_of(content: Any, name: str, mimetype: str) -> bytes | None:
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    if isinstance(content, str):
        charset = content_type.charset(mimetype)
        try:
            return content.encode(charset)
        except (UnicodeError, LookupError) as error:
            raise EmailRequestError(
                "attachments", f"{name!r} cannot be written as {charset}: {error}"
            ) from error
    if callable(getattr(content, "message", None)):  # Django's EmailMessage
        content = content.message()
    if isinstance(content, Message):
        return content.as_bytes()
    return None


def _checked(name: str, content: bytes, mimetype: str, part: Attachment | None) -> StoredFile:
    disposition, content_id = Disposition.ATTACHMENT.value, ""
    if part is not None:
        disposition, content_id = parts.place(part)
    # Only the last part of a name is sent: a path would reveal folders of the sender's machine.
    # "evil", a character that turns what follows, and "fdp.exe" would read "evilexe.pdf".
    name = without_turns(name.replace("\\", "/").rpartition("/")[2]).strip()
    if len(name) > 255 or not (name or disposition != Disposition.ATTACHMENT):
        raise EmailRequestError("attachments", "a file name must have 1 to 255 characters")
    try:
        check_text(name, "file name")
    except HeaderError as error:
        raise EmailRequestError("attachments", str(error)) from error
    try:
        mimetype = content_type.normal(mimetype or content_type.guessed(name))
    except ValueError as error:
        raise EmailRequestError("attachments", str(error)) from error
    digest = hashlib.sha256(content).hexdigest()
    return StoredFile(name, mimetype, content, digest, disposition, content_id)
