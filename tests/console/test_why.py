"""Why an e-mail was not delivered, in one line."""

import pytest

from postroom.web.console.emails.why import LONGEST, cut, why
from postroom.web.emails.models import EmailLog, EmailQueue


@pytest.mark.parametrize(
    ("status", "attempt", "text"),
    [
        ("failed", {"smtp_code": 550, "smtp_reply": "5.1.1 No user"}, "550 5.1.1 No user"),
        ("failed", {"smtp_code": 550, "smtp_reply": "550 No"}, "550 No"),
        ("failed", {"smtp_code": 550, "error": "refused", "phase": "rcpt"}, "refused"),
        ("pending", {"outcome": "retry", "phase": "tls", "error": "bad certificate"},
         "TLS failed: bad certificate"),
        ("pending", {"outcome": "lease_expired"}, "the mailer stopped responding"),
        ("pending", {"outcome": "given_back"}, ""),
        ("completed", {"outcome": "accepted", "smtp_reply": "fine"}, ""),
        ("expired", None, "its time ran out before it could be sent"),
        ("suppressed", None, "every address is on the suppression list"),
        ("pending", None, ""),
    ],
)  # fmt: skip
def test_why(status: str, attempt: dict[str, object] | None, text: str) -> None:
    log = None if attempt is None else EmailLog(**{"outcome": "failed", **attempt})
    assert why(EmailQueue(status=status), log) == text


def test_long_reply_ends_at_a_word() -> None:
    text = cut("word " * 100)
    assert len(text) <= LONGEST
    assert text.endswith("word…")
    assert len(cut("x" * 10_000)) == LONGEST + 1
