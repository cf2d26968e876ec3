"""Why an e-mail is where it is, in one line for a list; pure."""

import re
from typing import Any, Final

from postroom.shared.status import Status

LONGEST: Final = 160
_PLACES: Final = {"connect": "could not connect", "tls": "TLS failed", "render": "not rendered"}
_OF_STATUS: Final = {
    Status.CANCELLED.value: "cancelled before it was sent",
    Status.EXPIRED.value: "its time ran out before it could be sent",
    Status.SUPPRESSED.value: "every address is on the suppression list",
}


def why(email: Any, attempt: Any) -> str:
    """The server's reply or the error of the last attempt; empty where nothing went wrong.

    `attempt`: the last attempt, None if there was none.
    """
    if email.status in _OF_STATUS:
        return _OF_STATUS[email.status]
    if email.status == Status.COMPLETED:
        return ""
    if attempt is not None and attempt.outcome not in ("accepted", "given_back", "fenced"):
        return cut(_of_attempt(attempt))
    return cut(email.last_error)


def _of_attempt(attempt: Any) -> str:
    reply = " ".join(attempt.smtp_reply.split())
    if reply:
        code = str(attempt.smtp_code or "")
        return reply if reply.startswith(code) else f"{code} {reply}".strip()
    error = " ".join(attempt.error.split())
    place = _PLACES.get(attempt.phase, "")
    if place and place not in error.lower():
        return f"{place}: {error}" if error else place
    if not error and attempt.outcome == "lease_expired":
        return "the mailer stopped responding"
    return error or (f"{attempt.smtp_code}" if attempt.smtp_code else "")


def cut(text: str, longest: int = LONGEST) -> str:
    """One line; a longer text ends at a word, with three dots."""
    line = re.sub(r"\s+", " ", text[: 4 * longest]).strip()
    if len(line) <= longest:
        return line
    head = line[:longest]
    at_word = head.rpartition(" ")[0]
    return f"{at_word if len(at_word) > longest // 2 else head}…"
