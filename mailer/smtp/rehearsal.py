"""Tries how far a server takes an e-mail, and takes it back before there is one."""

import contextlib
from typing import NamedTuple

from postroom.mailer.coroutines import Steps, always
from postroom.mailer.errors import SmtpUnavailableError, WireError
from postroom.mailer.outcomes.outcome import Outcome, Phase
from postroom.mailer.smtp.answers import at_mail, at_rcpt, check_expected
from postroom.mailer.smtp.envelope import OutgoingMail, envelope
from postroom.mailer.smtp.features import Features
from postroom.mailer.smtp.greeting import SmtpSettings, ask, greet
from postroom.mailer.smtp.reply import NO_REPLY
from postroom.mailer.smtp.wire import Wire


class Rehearsal(NamedTuple):
    """What the server offers; `refusal` of sender or recipient, None if it takes them."""

    features: Features
    refusal: Outcome | None = None


def rehearse(settings: SmtpSettings, sender: str = "", recipient: str = "") -> Steps[Rehearsal]:
    """Log in, then MAIL and RCPT as far as addresses are given, RSET and QUIT: nothing is sent.

    Args:
        sender: envelope sender as on the wire; empty: only log in.
        recipient: an address as on the wire; empty: no RCPT.

    Raises:
        SmtpUnavailableError: the server refuses this mailer; `see` says what to look at.
    """
    wire = Wire()
    try:
        features = yield from greet(wire, settings)
        found = Rehearsal(features)
        if sender:
            found = yield from _address(wire, settings, features, sender, recipient)
        with contextlib.suppress(WireError):
            for command in (b"RSET", b"QUIT"):
                yield from ask(wire, settings, command)
        return found
    except WireError as fault:
        what = f"The server cannot be used: {fault.error}"
        raise SmtpUnavailableError(Phase.MAIL, NO_REPLY, what) from fault
    finally:
        wire.shut()


def _address(
    wire: Wire, settings: SmtpSettings, features: Features, sender: str, recipient: str
) -> Steps[Rehearsal]:
    mail = OutgoingMail(sender, [recipient or sender], b"", False, always)
    made = envelope(mail, features)
    if not made.commands:
        return Rehearsal(features, next(iter(made.refused.values())))
    steps = [(Phase.MAIL, at_mail), (Phase.RCPT, at_rcpt)][: 2 if recipient else 1]
    for (phase, outcome_of), command in zip(steps, made.commands, strict=False):
        reply = yield from ask(wire, settings, command.removesuffix(b"\r\n"))
        check_expected(phase, reply)
        if refusal := outcome_of(reply, 0):
            return Rehearsal(features, refusal)
    return Rehearsal(features)
