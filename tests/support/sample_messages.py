"""E-mails to build messages of, and what a strict parser reads in the result."""

import email
import email.policy
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from postroom.mailer.message.build import Built
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.shared.rendering.renderer import Content
from postroom.shared.status import RecipientKind

TO, CC, BCC = RecipientKind.TO, RecipientKind.CC, RecipientKind.BCC
STRICT = email.policy.default.clone(raise_on_defect=True)


def content(subject: str = "Hello", text: str = "Hello\n", html: str = "") -> Content:
    return Content(subject, text, html)


def an_email(**changes: Any) -> ClaimedEmail:
    usual = ClaimedEmail(
        id=7,
        claim_token=str(UUID(int=7)),
        attempt=1,
        max_attempts=5,
        ready_at=datetime(2025, 3, 24, 10, 11, 12, 13, tzinfo=UTC),
        message_id="<0192.7@mail.example.org>",
        email_type="test",
        subject="Hello",
        from_email="Postroom <post@example.org>",
        recipients=(Recipient(1, TO, "ann@example.org", "Ann"),),
    )
    return usual._replace(**changes)


def read(built: Built) -> Any:
    return email.message_from_bytes(built.data, policy=STRICT)


def raw_header(built: Built, name: str) -> str:
    head = built.data.partition(b"\r\n\r\n")[0].decode()
    field = re.search(rf"^{name}: ?([^\r\n]*(?:\r\n [^\r\n]*)*)", head, re.M)
    assert field, f"no {name}"
    return field[1]
