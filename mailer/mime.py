"""A claimed e-mail and its content to the bytes that go over the wire (RFC 5322, RFC 2045-2047).

The bytes are put together by hand because `EmailMessage` costs fifty times as much; the property
tests read them back with the standard library and compare everything. The same e-mail gives the
same bytes on every try: nothing is random and no clock is read.
"""

import re
import struct
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from mailer.claimed import Attachment, ClaimedEmail
from mailer.headers import (
    address_list,
    automatic,
    bare_message_id,
    callers_own,
    date_time,
    file_name_parameters,
    mailbox,
    sender,
    unstructured,
    wire_address,
)
from shared.header_rules import HeaderProblem, check_headers, check_language
from shared.status import RecipientKind

if TYPE_CHECKING:
    from mailer.dkim_signing import DkimSigner
    from shared.rendering import Content

LONGEST_LINE: Final = 998  # octets without CRLF (RFC 5322 2.1.1)


class MessageProblem(Exception):
    """The e-mail cannot be built, now or later; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Built:
    """`data` has CRLF lines, is not dot-stuffed and ends with CRLF; `smtputf8`: RFC 6531 needed."""

    data: bytes
    smtputf8: bool
    envelope_from: str


def build(email: ClaimedEmail, content: "Content", *, dkim: "DkimSigner | None" = None) -> Built:
    """The message of `email`, signed when `dkim` is given. Raises MessageProblem."""
    try:
        fields = _fields(email, content)
        envelope_from = sender(email.from_email)[1]
        smtputf8 = not envelope_from.isascii() or _names_need_utf8(email)
        body = _body(email, content)
    except HeaderProblem as problem:
        raise MessageProblem(str(problem)) from problem
    block = "\r\n".join(fields.values()).encode("utf-8" if smtputf8 else "ascii") + b"\r\n"
    names = [*fields, *_PART_FIELDS[body[0].startswith(b"Content-Type: multipart/")]]
    _check_block(block + body[0], names)
    data = b"".join((block, *body))
    if dkim is not None:
        data = dkim.sign(data, names) + data
    return Built(data, smtputf8, envelope_from)


# --- header fields


def _fields(email: ClaimedEmail, content: "Content") -> dict[str, str]:
    """Each field by its name, in the order of the message."""
    check_headers(email.headers)
    fields = {"From": address_list("From", [_sender("From", email.from_email)[0]])}
    to = _mailboxes(email, RecipientKind.TO)
    cc = _mailboxes(email, RecipientKind.CC)
    if to:
        fields["To"] = address_list("To", to)
    elif not cc:
        fields["To"] = "To: undisclosed-recipients:;"  # RFC 5322 3.6.3: Bcc is never written
    if cc:
        fields["Cc"] = address_list("Cc", cc)
    if email.reply_to:
        reply_to = [_sender("Reply-To", value)[0] for value in email.reply_to]
        fields["Reply-To"] = address_list("Reply-To", reply_to)
    fields["Subject"] = unstructured("Subject", content.subject, "subject")
    fields["Date"] = f"Date: {date_time(email.created_at)}"
    fields["Message-ID"] = f"Message-ID: <{bare_message_id(email.message_id)}>"
    fields["MIME-Version"] = "MIME-Version: 1.0"
    fields |= automatic(email.headers)
    if email.language:
        check_language(email.language)
        fields["Content-Language"] = f"Content-Language: {email.language}"
    for name, value in email.headers.items():
        fields[name] = callers_own(name, value)
    return fields


def _mailboxes(email: ClaimedEmail, kind: RecipientKind) -> list[list[str]]:
    boxes = []
    for recipient in email.recipients:
        if recipient.kind == kind:
            try:
                boxes.append(mailbox(recipient.display_name, recipient.address))
            except HeaderProblem as problem:
                where = f"{kind.capitalize()} address {len(boxes) + 1}"
                raise HeaderProblem(f"{where}: {problem}") from problem
    return boxes


def _names_need_utf8(email: ClaimedEmail) -> bool:
    """Whether an address in a header or still to be sent to is not ASCII on the wire (RFC 6531)."""
    shown = (r.address for r in email.recipients if r.pending or r.kind != RecipientKind.BCC)
    wire = [wire_address(address) for address in shown if not address.isascii()]
    wire += [sender(value)[1] for value in email.reply_to]
    return not "".join(wire).isascii()


def _sender(field: str, value: str) -> tuple[tuple[str, ...], str]:
    try:
        return sender(value)
    except HeaderProblem as problem:
        raise HeaderProblem(f"{field}: {problem}") from problem


_PART_FIELDS: Final = (["Content-Type", "Content-Transfer-Encoding"], ["Content-Type"])


def _check_block(block: bytes, names: list[str]) -> None:
    """Look at the header as a server would: the intended fields, nothing else (CVE-2024-6923)."""
    lines = block.removesuffix(b"\r\n\r\n").split(b"\r\n")
    found = [line.partition(b":")[0] for line in lines if line[:1] != b" "]
    bare = block.count(b"\r") != len(lines) + 1 or block.count(b"\n") != len(lines) + 1
    if b":".join(found) != ":".join(names).encode() or bare:
        raise MessageProblem("The header that was built holds fields nobody asked for.")
    if max(map(len, lines)) > LONGEST_LINE:
        raise MessageProblem("The header that was built has a line longer than 998 octets.")


# --- body: each entity is a list of chunks, the first of them its header with the empty line


def _body(email: ClaimedEmail, content: "Content") -> list[bytes]:
    alone = not content.html and not email.attachments
    text, unsafe = _text("plain", content.text, "text body", alone=alone)
    if alone:
        return [*text, b"\r\n"] if not text[-1].endswith(b"\r\n") else text
    shown = [unsafe]
    entity = text
    key = blake2b(bare_message_id(email.message_id).encode(), digest_size=12).hexdigest()
    if content.html:
        html, unsafe = _text("html", content.html, "HTML body", alone=False)
        shown.append(unsafe)
        entity = _multipart("alternative", _boundary(f"a{key}", shown), [text, html])
    if email.attachments:
        entities = [entity, *map(_attachment, email.attachments)]
        entity = _multipart("mixed", _boundary(f"m{key}", shown), entities)
    return entity


def _boundary(key: str, shown: list[bytes]) -> str:
    """A boundary that no part contains. `=_` occurs in no encoded part (RFC 2045 6.7)."""
    number = 0
    while any(f"=_{key}.{number}".encode() in part for part in shown):
        number += 1
    return f"=_{key}.{number}"


def _multipart(subtype: str, boundary: str, entities: Iterable[list[bytes]]) -> list[bytes]:
    chunks = [f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()]
    delimiter = f"--{boundary}\r\n".encode()
    for entity in entities:
        chunks += (delimiter, *entity, b"\r\n")  # this CRLF belongs to the next delimiter
    chunks.append(f"--{boundary}--\r\n".encode())
    return chunks


_PLAIN: Final = bytes((9, 10, *range(32, 127)))


def _text(subtype: str, text: str, what: str, *, alone: bool) -> tuple[list[bytes], bytes]:
    """A text part, and what of it stands unencoded in the message.

    7bit when it may, quoted-printable when mostly ASCII, else base64; never 8bit, which a server
    may refuse. Alone it ends with a line break, because the message has to.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as problem:
        raise MessageProblem(
            f"The {what} has half a surrogate pair at character {problem.start + 1}, which is no "
            "text in any encoding."
        ) from None
    if b"\0" in data:
        raise MessageProblem(f"The {what} has a NUL character at byte {data.index(0) + 1}.")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if alone and not data.endswith(b"\n"):
        data += b"\n"
    other = len(data.translate(None, _PLAIN))
    if not other and _lines_fit(data):
        lines = data.replace(b"\n", b"\r\n")
        return [_text_header(subtype, "7bit"), lines], lines
    if other * 6 <= len(data):  # beyond that base64 is shorter
        quoted = b2a_qp(data)
        # binascii passes 76 where a line ends in a space it has to encode (RFC 2045 6.7 (5)).
        if max(map(len, quoted.split(b"\n"))) <= 76:
            lines = quoted.replace(b"\n", b"\r\n")
            return [_text_header(subtype, "quoted-printable"), lines], b""
    # A line break is CRLF before it is encoded (RFC 2045 6.8).
    return [_text_header(subtype, "base64"), *_base64(data.replace(b"\n", b"\r\n"))], b""


def _lines_fit(data: bytes) -> bool:
    """Whether no line passes 998 octets, found in leaps to the last line end within reach."""
    start = 0
    while len(data) - start > LONGEST_LINE:
        start = data.rfind(b"\n", start, start + LONGEST_LINE + 1) + 1
        if not start:
            return False
    return True


@cache
def _text_header(subtype: str, encoding: str) -> bytes:
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


_MIMETYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def _attachment(attachment: Attachment) -> list[bytes]:
    """One file, always base64, so that its bytes arrive as they are."""
    kind = attachment.mimetype.lower()
    if not _MIMETYPE.fullmatch(kind):
        raise MessageProblem("The MIME type of an attachment is not like application/pdf.")
    if kind.startswith(("message/", "multipart/")):
        # These may not be base64 (RFC 2046 5.2.1, RFC 2045 6.4); an opaque file may.
        kind = "application/octet-stream"
    if kind.startswith("text/") and _is_utf8(attachment.content):
        kind += "; charset=utf-8"
    name, filename = file_name_parameters(attachment.name)
    head = (
        f"Content-Type: {kind};\r\n {name}\r\n"
        f"Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {filename}\r\n\r\n"
    )
    return [head.encode("ascii"), *_base64(attachment.content)]


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


_LINES: Final = struct.Struct("76s" * 128)


def _base64(data: bytes) -> list[bytes]:
    """Base64 in lines of 76, without a line break at the end (RFC 2045 6.8).

    `struct` cuts 128 lines at once, three times as fast as slicing.
    """
    step = 57 * 128
    view = memoryview(data)
    whole = len(data) // step * step
    chunks: list[bytes] = []
    for start in range(0, whole, step):
        block = b2a_base64(view[start : start + step], newline=False)
        chunks += (b"\r\n".join(_LINES.unpack(block)), b"\r\n")
    if whole < len(data):
        rest = b2a_base64(view[whole:], newline=False)
        chunks.append(b"\r\n".join([rest[i : i + 76] for i in range(0, len(rest), 76)]))
    elif chunks:
        chunks.pop()
    return chunks
