"""What an SMTP server may do to one e-mail inside a transaction, and what must become of it.

docs/message-path.md and the table of SMTP answers in the delivery contract are this page in words.
"""

from dataclasses import dataclass
from typing import Any

from postroom.shared.status import Status
from tests.support.smtp.scripted_server import (
    CLOSE,
    DRIBBLE,
    ENDLESS,
    GARBAGE,
    HANG,
    LONG_LINE,
    RESET,
    Action,
    say,
)


@dataclass(frozen=True)
class Case:
    """What the server does once to an e-mail, and what must become of it."""

    point: str
    action: Action
    status: Status
    outcome: str  # of the first attempt
    phase: str
    code: int | None
    counted: bool = True
    copies: int = 1
    on_unknown: str = "resend"
    bounce: bool = False
    error: str = ""
    keep: bool = False
    wait: int = 0  # the e-mail still waits at the end of the test, at least for so many seconds


def again(point: str, action: Action, code: int | None, *, counted: bool, **more: Any) -> Case:
    """Refused for now and not by mistake: the next attempt delivers it."""
    return Case(point, action, Status.COMPLETED, "retry", point, code, counted, **more)


def refused(point: str, action: Action, code: int, phase: str = "", **more: Any) -> Case:
    """Refused for good."""
    return Case(point, action, Status.FAILED, "failed", phase or point, code, copies=0, **more)


def perhaps(action: Action, on_unknown: str, keep: bool) -> Case:
    """The final dot was written and no usable answer came."""
    resend = on_unknown == "resend"
    return Case(
        "dot",
        action,
        Status.COMPLETED if resend else Status.UNKNOWN,
        "unknown",
        "final",
        None,
        copies=resend + keep,
        on_unknown=on_unknown,
        keep=keep,
    )


# These look like a kept connection that has ended, which is opened again at once. They are tried
# by themselves, because then each ends its connection and the next is on a new one.
LOST_AT_MAIL = {
    "421 to MAIL": again("mail", say("421 4.3.2 closing"), 421, counted=False),
    "close at MAIL": again("mail", CLOSE, None, counted=False),
    "reset at MAIL": again("mail", RESET, None, counted=False),
    "silence at MAIL": again("mail", HANG, None, counted=False),
    "garbage to MAIL": again("mail", GARBAGE, None, counted=False),
    "100 kB line to MAIL": again("mail", LONG_LINE, None, counted=False),
    "endless reply to MAIL": again("mail", ENDLESS, None, counted=False),
    "dribble at MAIL": again("mail", DRIBBLE, None, counted=False),
}
CASES = {
    # MAIL: the server knows nothing of the e-mail yet
    "450 to MAIL": again("mail", say("450 4.1.8 not now"), 450, counted=True),
    "451 to MAIL": again("mail", say("451 4.3.0 short of something"), 451, counted=False),
    "452 to MAIL": again("mail", say("452 4.3.1 disk full"), 452, counted=False),
    "550 to MAIL": refused("mail", say("550 5.7.1 sender refused"), 550),
    "552 to MAIL": refused("mail", say("552 5.3.4 too big"), 552, error="too large"),
    "554 to MAIL": refused("mail", say("554 5.1.8 no"), 554),
    # RCPT
    "421 to RCPT": again("rcpt", say("421 4.7.0 later"), 421, counted=False),
    "450 to RCPT": again("rcpt", say("450 4.3.0 mailbox busy"), 450, counted=True),
    "451 to RCPT": again("rcpt", say("451 4.3.0 local error"), 451, counted=True),
    "452 too many": again("rcpt", say("452 4.5.3 too many recipients"), 452, counted=False),
    "greylisting": again("rcpt", say("451 4.7.1 greylisted"), 451, counted=True, wait=50),
    "mailbox full": again("rcpt", say("552 5.2.2 over quota"), 552, counted=True, wait=800),
    "rate limit": again("rcpt", say("450 4.2.1 too fast for it"), 450, counted=True, wait=250),
    "quota of the day": again(
        "rcpt", say("454 Throttling failure: Daily message quota exceeded"), 454, counted=False
    ),
    "postscreen": again("rcpt", say("450 4.3.2 Service unavailable"), 450, counted=False),
    "domain without mail": refused("rcpt", say("556 5.1.10 null MX"), 556, bounce=True),
    "no such address": refused("rcpt", say("550 5.1.1 unknown"), 550, bounce=True),
    "550 for policy": refused("rcpt", say("550 5.7.1 we do not like you"), 550),
    "bare 550 to RCPT": refused("rcpt", say("550 no"), 550),
    "552 to RCPT": refused("rcpt", say("552 5.3.4 too big"), 552, error="too large"),
    "554 to RCPT": refused("rcpt", say("554 5.7.1 spam"), 554),
    "close at RCPT": again("rcpt", CLOSE, None, counted=True),
    "silence at RCPT": again("rcpt", HANG, None, counted=False),
    "garbage to RCPT": again("rcpt", GARBAGE, None, counted=False),
    "100 kB line to RCPT": again("rcpt", LONG_LINE, None, counted=False),
    # DATA
    "421 to DATA": again("data", say("421 4.3.2 closing"), 421, counted=False),
    "450 to DATA": again("data", say("450 4.3.0 not now"), 450, counted=True),
    "451 to DATA": again("data", say("451 4.3.0 local error"), 451, counted=True),
    "550 to DATA": refused("data", say("550 5.7.1 no"), 550),
    "552 to DATA": refused("data", say("552 5.3.4 too big"), 552, error="too large"),
    "554 to DATA": refused("data", say("554 5.5.1 no valid recipients"), 554),
    "close at DATA": again("data", CLOSE, None, counted=True),
    "silence at DATA": again("data", HANG, None, counted=False),
    "garbage to DATA": again("data", GARBAGE, None, counted=False),
    "100 kB line to DATA": again("data", LONG_LINE, None, counted=False),
    # the final dot was answered, so the outcome is certain
    "421 to the dot": again("dot", say("421 4.3.2 closing"), 421, counted=True),
    "too fast at the dot": Case(
        "dot",
        say("451 4.7.500 Server busy"),
        Status.COMPLETED,
        "retry",
        "final",
        451,
        counted=False,
    ),
    "450 to the dot": again("dot", say("450 4.3.0 not now"), 450, counted=True),
    "451 to the dot": again("dot", say("451 4.3.0 local error"), 451, counted=True),
    "535 to the dot": refused("dot", say("535 5.7.8 no"), 535),
    "550 to the dot": refused("dot", say("550 5.7.1 content"), 550),
    "552 to the dot": refused("dot", say("552 5.3.4 too big"), 552, error="too large"),
    "554 to the dot": refused("dot", say("554 5.7.1 spam"), 554),
    # the final dot was not answered: it may have arrived
    **{
        f"{name} after the dot, {on_unknown}, {'kept' if keep else 'not kept'}": perhaps(
            action, on_unknown, keep
        )
        for name, action in {
            "silence": HANG,
            "close": CLOSE,
            "reset": RESET,
            "garbage": GARBAGE,
            "100 kB line": LONG_LINE,
        }.items()
        for on_unknown in ("resend", "hold")
        for keep in (True, False)
        if keep or action is not LONG_LINE  # which begins with 250: accepted
    },
}
