"""E-mails to build messages of, and what a strict parser reads in the result."""

import email
import email.policy
import re
from datetime import UTC, datetime
from uuid import UUID

from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.shared.rendering.renderer import Content
from postroom.shared.status import RecipientKind

TO, CC, BCC = RecipientKind.TO, RecipientKind.CC, RecipientKind.BCC
STRICT = email.policy.default.clone(raise_on_defect=True)


def content(subject="Hello", text="Hello\n", html=""):
    return Content(subject, text, html)


def an_email(**changes):
    usual = ClaimedEmail(
        id=7,
        claim_token=str(UUID(int=7)),
        attempt=1,
        max_attempts=5,
        created_at=datetime(2025, 3, 24, 10, 11, 12, 13, tzinfo=UTC),
        message_id="<0192.7@mail.example.org>",
        email_type="test",
        subject="Hello",
        from_email="Postroom <post@example.org>",
        recipients=(Recipient(1, TO, "ann@example.org", "Ann"),),
    )
    return usual._replace(**changes)


def read(built):
    return email.message_from_bytes(built.data, policy=STRICT)


def raw_header(built, name):
    head = built.data.partition(b"\r\n\r\n")[0].decode()
    return re.search(rf"^{name}: ?([^\r\n]*(?:\r\n [^\r\n]*)*)", head, re.M)[1]
