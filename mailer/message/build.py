"""Builds the bytes of a message from a claimed e-mail and its content (RFC 5322, RFC 2045-2047).

Without `EmailMessage`; see what-speed-costs: messages built by hand. Property tests read them back
with the standard library and compare everything. The same e-mail gives the same bytes on every try:
nothing is random and no clock is read.
"""

from collections.abc import Iterable
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from postroom.mailer.errors import MessageError
from postroom.mailer.message.body import body_of
from postroom.mailer.message.entities import LARGE, Chunks, encoded
from postroom.mailer.message.headers import (
    LONGEST,
    automatic,
    callers_own,
    date_time,
    feedback,
    unstructured,
)
from postroom.mailer.message.mailboxes import (
    Mailbox,
    address_list,
    ascii_mailbox,
    mailbox,
    sender,
)
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.shared.addresses import wire_address
from postroom.shared.header_rules import (
    HeaderError,
    check_headers,
    check_language,
    split_mailbox,
)
from postroom.shared.message_ids import bare_message_id
from postroom.shared.status import RecipientKind

if TYPE_CHECKING:
    from postroom.mailer.message.dkim_signing import DkimSigner
    from postroom.shared.rendering.renderer import Content


class Built(NamedTuple):
    """`data` has CRLF lines, no doubled dots, and ends with CRLF; `smtputf8`: needs RFC 6531."""

    data: bytes
    smtputf8: bool
    envelope_from: str


def build(
    email: ClaimedEmail,
    content: "Content",
    *,
    dkim: "DkimSigner | None" = None,
    feedback_id: str = "",
    ascii_only: bool = False,
) -> Built:
    """The message of `email`, signed if `dkim` is given.

    `feedback_id`: the sender in `Feedback-ID`, beside the e-mail's type; no such field without it.
    `ascii_only`: for a server without SMTPUTF8; an address that needs it stands there as text (see
    `ascii_mailbox`), so that the other recipients get the message all the same.

    Raises:
        MessageError: it cannot be built, now or later.
    """
    try:
        write = ascii_mailbox if ascii_only else mailbox
        fields = _fields(email, content, write, feedback_id)
        envelope_from = sender(email.from_email)[1]
        smtputf8 = not ascii_only and _needs_utf8(email, envelope_from)
        body = body_of(email, content)
    except HeaderError as problem:
        raise MessageError(str(problem)) from problem
    block = "\r\n".join(fields.values()).encode("utf-8" if smtputf8 else "ascii") + b"\r\n"
    names = [*fields, *_PART_FIELDS[bytes(body[0]).startswith(b"Content-Type: multipart/")]]
    block += body.pop(0)
    _check_block(block, names)
    if dkim is not None:
        block = dkim.sign(block, chain.from_iterable(map(_pieces, body)), names) + block
    return Built(_joined(block, body), smtputf8, envelope_from)


def _pieces(chunk: bytes | memoryview) -> Iterable[bytes]:
    return encoded(chunk) if isinstance(chunk, memoryview) else (chunk,)


def _joined(block: bytes, body: Chunks) -> bytes:
    """All of it in one; what is large is not held twice."""
    if sum(map(len, body)) < LARGE:
        return b"".join((block, *body))
    whole = BytesIO()
    whole.write(block)
    body.reverse()
    while body:
        whole.writelines(_pieces(body.pop()))
    return whole.getvalue()  # without a copy


def _fields(
    email: ClaimedEmail, content: "Content", write: Mailbox, feedback_id: str
) -> dict[str, str]:
    """Each field by its name, in the order of the message."""
    check_headers(email.headers)
    fields = {"From": address_list("From", [_sender("From", email.from_email)])}
    to = _mailboxes(email, RecipientKind.TO, write)
    cc = _mailboxes(email, RecipientKind.CC, write)
    if to:
        fields["To"] = address_list("To", to)
    elif not cc:
        fields["To"] = "To: undisclosed-recipients:;"  # RFC 5322 3.6.3: Bcc is never written
    if cc:
        fields["Cc"] = address_list("Cc", cc)
    if email.reply_to:
        reply_to = [_sender("Reply-To", value, write) for value in email.reply_to]
        fields["Reply-To"] = address_list("Reply-To", reply_to)
    fields["Subject"] = unstructured("Subject", content.subject, "subject")
    fields["Date"] = f"Date: {date_time(email.ready_at)}"
    fields["Message-ID"] = f"Message-ID: <{bare_message_id(email.message_id)}>"
    fields["MIME-Version"] = "MIME-Version: 1.0"
    fields |= automatic(email.headers)
    if feedback_id and "feedback-id" not in map(str.lower, email.headers):
        fields["Feedback-ID"] = feedback(email.email_type, feedback_id)
    if language := content.language or email.language:
        check_language(language)
        fields["Content-Language"] = f"Content-Language: {language}"
    for name, value in email.headers.items():
        fields[name] = callers_own(name, value)
    return fields


def _mailboxes(email: ClaimedEmail, kind: RecipientKind, write: Mailbox) -> list[list[str]]:
    boxes = []
    for recipient in email.recipients:
        if recipient.kind == kind:
            try:
                boxes.append(write(recipient.display_name, recipient.address))
            except HeaderError as problem:
                where = f"{kind.capitalize()} address {len(boxes) + 1}"
                raise HeaderError(f"{where}: {problem}") from problem
    return boxes


def _needs_utf8(email: ClaimedEmail, envelope_from: str) -> bool:
    """Whether an address in a header is not ASCII on the wire (RFC 6531).

    Bcc is in no header: whether its address can be sent to is between it and the server.
    """
    shown = (r.address for r in email.recipients if r.kind != RecipientKind.BCC)
    wire = [wire_address(address) for address in shown if not address.isascii()]
    wire += [sender(value)[1] for value in email.reply_to]
    return not (envelope_from.isascii() and "".join(wire).isascii())


def _sender(field: str, value: str, write: Mailbox = mailbox) -> Iterable[str]:
    try:
        return sender(value)[0] if write is mailbox else write(*split_mailbox(value))
    except HeaderError as problem:
        raise HeaderError(f"{field}: {problem}") from problem


_PART_FIELDS: Final = (["Content-Type", "Content-Transfer-Encoding"], ["Content-Type"])


def _check_block(block: bytes, names: list[str]) -> None:
    """Read the header as a server would: the intended fields, nothing else (CVE-2024-6923)."""
    lines = block.removesuffix(b"\r\n\r\n").split(b"\r\n")
    found = [line.partition(b":")[0] for line in lines if line[:1] != b" "]
    bare = block.count(b"\r") != len(lines) + 1 or block.count(b"\n") != len(lines) + 1
    if b":".join(found) != ":".join(names).encode() or bare:
        raise MessageError("The header that was built has unexpected fields.")
    if max(map(len, lines)) > LONGEST:
        raise MessageError("The header that was built has a line longer than 998 octets.")
