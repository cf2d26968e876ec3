"""Compares the e-mails the demo expects with the database's rows and the catcher's messages."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from dev.demo.forms import FILE_NAME, PDF, Submitted
from dev.demo.settings import TEAM
from dev.demo.site import Site
from dev.mailbox import Mailbox, Received
from postroom.shared.status import FINISHED, Status

_ROW = """
SELECT e.status, e.attempts, e.last_error, e.message_id
FROM postroom_emailqueue e JOIN postroom_emailrecipient r ON r.email_id = e.id
WHERE e.email_type = %s AND e.related_model_id = %s AND r.address = %s
"""


@dataclass(frozen=True)
class Expected:
    """One e-mail that a submitted form must cause."""

    email_type: str
    recipient: str
    submitted: Submitted
    with_pdf: bool

    @property
    def related(self) -> str:
        """The submission's id as its e-mails store it."""
        return f"{self.submitted.form.kind}:{self.submitted.reference.rpartition('-')[2]}"


@dataclass(frozen=True)
class ArrivedMail:
    """An expected e-mail's state in the database, and what reached the catcher."""

    expected: Expected
    status: str
    attempts: int
    last_error: str
    copies: Sequence[Received]

    @property
    def problem(self) -> str:
        """What is wrong, or an empty text."""
        if not self.copies:
            why = f"; last error: {self.last_error}" if self.last_error else ""
            return f"did not arrive (status {self.status}, attempts {self.attempts}{why})"
        first = self.copies[0]
        if len(self.copies) > 1:
            return f"arrived {len(self.copies)} times"
        if first.rcpt_tos != [self.expected.recipient]:
            return f"went to {', '.join(first.rcpt_tos)}"
        if self.expected.submitted.reference not in first.subject:
            return f"has the subject of another: {first.subject}"
        if _files(first) != ([(FILE_NAME, PDF)] if self.expected.with_pdf else []):
            return "does not carry the files it should, as they were sent"
        if self.status != Status.COMPLETED:
            return f"arrived, but its status is {self.status}"
        return ""

    @property
    def fine(self) -> bool:
        return not self.problem

    @property
    def accepted_at(self) -> datetime | None:
        """When the catcher accepted it."""
        return self.copies[0].accepted_at if self.copies else None


def expected_mails(submitted: Iterable[Submitted]) -> list[Expected]:
    """The sender's confirmation and the team's notice of each form."""
    found = []
    for one in submitted:
        kind, files = one.form.kind, bool(one.form.files)
        found.append(Expected(f"{kind}_received", one.sender, one, with_pdf=False))
        found.append(Expected(f"{kind}_notice", TEAM, one, with_pdf=files))
    return found


def wait_for_mails(
    site: Site, mailbox: Mailbox, expected: Sequence[Expected], *, seconds: float
) -> list[ArrivedMail]:
    """The e-mails, once all are delivered or it is clear that some will not be."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(site.database_url, autocommit=True) as connection:
        while True:
            mails = [_look(connection, mailbox, one) for one in expected]
            # An e-mail that is finished and wrong stays wrong.
            settled = all(m.fine or m.status in FINISHED for m in mails)
            if settled or site.ended() or time.monotonic() > deadline:
                return mails
            time.sleep(0.05)


def _look(connection: psycopg.Connection, mailbox: Mailbox, expected: Expected) -> ArrivedMail:
    values = [expected.email_type, expected.related, expected.recipient]
    row = connection.execute(_ROW, values).fetchone()
    status, attempts, last_error, message_id = row or ("not queued", 0, "", "")
    copies = [m for m in mailbox.messages if m.message["Message-ID"] == message_id]
    return ArrivedMail(expected, status, attempts, last_error, copies)


def _files(received: Received) -> list[tuple[str | None, object]]:
    return [(part.get_filename(), part.get_payload(decode=True)) for part in received.attachments]
