"""A delivered mail against its row: what the log says, and what a strict reader finds in it."""

import hashlib
import re
from email import message_from_string, policy
from email.errors import NonASCIILocalPartDefect
from email.message import EmailMessage

import idna

from dev.mailbox import Received
from postroom.shared.rendering.renderer import Content, Renderer
from postroom.shared.status import RecipientStatus, Status
from postroom.web.conf import conf
from postroom.web.emails.models import EmailLog, EmailQueue
from postroom.web.emails.queueing.addresses import check_address
from tests.support.acceptance.running_site import Running

STRICT = policy.default.clone(raise_on_defect=True)


def wanted_content(row: EmailQueue) -> Content:
    """What the row asks for: its bodies, or its template rendered here."""
    renderer = Renderer(conf.template_dirs)
    if row.template_path:
        return renderer.render(row.template_path, row.context, subject=row.subject)
    return renderer.from_bodies(subject=row.subject, html=row.html_body, text=row.plain_body)


def check_delivered(running: Running, row: EmailQueue) -> Received:
    """Row, addresses and log tell of one accepted attempt, and one copy is there."""
    assert row.status == Status.COMPLETED, row.last_error
    assert (row.attempts, row.claim_token, row.last_error) == (1, None, "")
    assert row.sent_at is not None
    people = list(row.recipients.all())
    assert {(person.status, person.smtp_code) for person in people} == {
        (RecipientStatus.ACCEPTED, 250)
    }
    log = EmailLog.objects.get(email=row)
    assert (log.attempt, log.outcome, log.phase, log.smtp_code) == (1, "accepted", "final", 250)
    assert log.duration_ms is not None
    assert log.smtp_reply.startswith("2.0.0 Kept as number")
    assert log.mailer
    assert not log.possible_repeat
    (received,) = running.received(row)
    assert sorted(received.rcpt_tos) == sorted(on_the_wire(person.address) for person in people)
    return received


def check_read_back(
    received: Received, row: EmailQueue, content: Content, files: list[tuple[str, str, bytes]]
) -> None:
    """A strict reader finds everything as it was asked for."""
    # RFC 6532: header fields in UTF-8, which the reader of bytes does not know.
    mail = message_from_string(received.raw.decode(), policy=STRICT)
    assert isinstance(mail, EmailMessage)
    for part in mail.walk():
        assert not part.defects
        defects = [defect for header in part.values() for defect in header.defects]
        # RFC 6531 allows these, Python's reader only notes them.
        assert not [d for d in defects if not isinstance(d, NonASCIILocalPartDefect)]
    assert re.search(rb"[^\r]\n|\r[^\n]", received.raw) is None
    assert max(map(len, received.raw.split(b"\r\n"))) <= 998
    assert mail["Subject"] == content.subject
    assert mail["Message-ID"] == row.message_id
    assert mail["Date"].datetime == row.ready_at.replace(microsecond=0)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["MIME-Version"] == "1.0"
    people = list(row.recipients.order_by("id"))
    for header, kind in (("To", "to"), ("Cc", "cc")):
        shown = mail[header].addresses if header in mail else ()
        wanted = [(p.display_name, on_the_wire(p.address)) for p in people if p.kind == kind]
        assert [(a.display_name, a.addr_spec) for a in shown] == wanted
    for header, values in (("From", [row.from_email]), ("Reply-To", row.reply_to)):
        shown = mail[header].addresses if header in mail else ()
        wanted = [check_address(value, header) for value in values]
        assert [(a.addr_spec, a.display_name) for a in shown] == wanted
    assert lines(part_text(mail, "plain")) == lines(content.text)
    assert lines(part_text(mail, "html")) == lines(content.html)
    found = [
        (part.get_filename(), part.get_content_type(), bytes_of(part))
        for part in mail.iter_attachments()
    ]
    assert [(n, t, digest(b)) for n, t, b in found] == [(n, t, digest(b)) for n, t, b in files]


def part_text(mail: EmailMessage, kind: str) -> str:
    """The content of a body part, or nothing."""
    part = mail.get_body((kind,))
    return "" if part is None else part.get_content()


def bytes_of(part: EmailMessage) -> bytes:
    """The content of an attachment whatever its type."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def digest(content: bytes) -> tuple[int, str]:
    """Size and hash: a failed comparison of megabytes takes pytest for ever to tell."""
    return len(content), hashlib.sha256(content).hexdigest()


def lines(text: str) -> str:
    """With line feeds; a message ends in a line break whether or not its text did."""
    return text.replace("\r\n", "\n").removesuffix("\n")


def on_the_wire(address: str) -> str:
    """The domain as DNS has it (RFC 5890)."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{idna.encode(domain).decode()}"
