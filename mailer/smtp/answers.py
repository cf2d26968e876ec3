"""What a server's reply means for the e-mail: phase and reply in, outcome out (pure).

The basic code decides, the enhanced code and the text refine it. None means "continue".
"""

from typing import Final

from postroom.mailer.errors import Fault, SmtpUnavailableError, WireError
from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Phase, Reply, Retry, Unknown
from postroom.mailer.smtp.reply import (
    NO_REPLY,
    Subject,
    enhanced,
    greylisting,
    mailbox_full,
    no_such_address,
    refusal_of_us,
    says,
    subject,
    too_large,
    too_many_recipients,
    wants_login,
)
from postroom.mailer.smtp.reply_words import LOGIN_SETTINGS

GREYLIST_DELAY: Final = 60.0  # seconds; most greylists want 1 to 5 minutes
RATE_DELAY: Final = 300.0
FULL_DELAY: Final = 900.0  # seconds; a full mailbox is not emptied in a minute

_EXPECTED = {
    Phase.MAIL: frozenset({2, 4, 5}),
    Phase.RCPT: frozenset({2, 4, 5}),
    Phase.DATA: frozenset({3, 4, 5}),
    Phase.BODY: frozenset({4, 5}),
    Phase.FINAL: frozenset({2, 4, 5}),
}


def check_expected(phase: Phase, reply: Reply) -> None:
    """Check that a reply belongs to this phase; otherwise the two sides no longer agree.

    Raises:
        WireError: `Fault.BROKEN`. A 503 (bad sequence) before the final dot counts as one.
    """
    out_of_step = reply.code == 503 and phase != Phase.FINAL and not wants_login(reply)
    if out_of_step or reply.code // 100 not in _EXPECTED[phase]:
        raise WireError(Fault.BROKEN, says(f"the server answered out of turn to {phase}", reply))


def at_mail(reply: Reply, size: int) -> Outcome | None:
    """The outcome of a reply to MAIL, for every recipient; `size` of the message in bytes.

    Raises:
        SmtpUnavailableError: 421, 521, or the server refuses this mailer rather than the e-mail.
    """
    if reply.code < 300:
        return None
    if ours := _about_us(Phase.MAIL, reply):
        return ours
    if reply.code == 421:
        what = "The server is closing the connection"
        raise SmtpUnavailableError(Phase.MAIL, reply, says(what, reply))
    if reply.code == 521:  # it never takes mail (RFC 7504 3)
        what = "The server takes no mail at all"
        raise SmtpUnavailableError(
            Phase.MAIL, reply, says(what, reply), configuration=True, see="EMAIL_HOST"
        )
    if reply.code < 500:
        # 451 and 452 are about the server's resources, a greylist about this e-mail.
        short = reply.code in (451, 452) and not greylisting(reply)
        what = "The server cannot take the message now"
        return _soft(Phase.MAIL, reply, what, burns=not short, slow=short)
    if too_large(reply):
        return _refused_for_size(Phase.MAIL, reply, size)
    return Failed(Phase.MAIL, reply, says("The server refused the sender", reply))


def at_rcpt(reply: Reply, size: int) -> Outcome | None:
    """The outcome of a reply to RCPT, for its recipient alone; `size` of the message in bytes.

    Raises:
        SmtpUnavailableError: the server refuses this mailer rather than the recipient.
    """
    if reply.code < 300:
        return None
    if ours := _about_us(Phase.RCPT, reply):
        return ours
    if too_many_recipients(reply):
        what = "The server takes fewer recipients at once"
        return Retry(Phase.RCPT, reply, says(what, reply), burns=False)
    if mailbox_full(reply):
        return _soft(Phase.RCPT, reply, "The recipient's mailbox is full")
    if reply.code < 500:
        what = "The server cannot take this recipient now"
        # 421 is about the server, never about this recipient.
        return _soft(Phase.RCPT, reply, what, burns=reply.code != 421)
    if too_large(reply):
        return _refused_for_size(Phase.RCPT, reply, size)
    what = says("The server refused the recipient", reply)
    return Failed(Phase.RCPT, reply, what, hard_bounce=no_such_address(reply))


def at_data(reply: Reply, size: int) -> Outcome | None:
    """The outcome of a reply to DATA, for every accepted recipient; `size` in bytes.

    Raises:
        SmtpUnavailableError: the server refuses this mailer rather than the message.
    """
    if reply.code < 400:
        return None
    return _message_refused(Phase.DATA, reply, size, burns=reply.code != 421)


def at_body(reply: Reply, size: int) -> Outcome:
    """The outcome of a refusal before our final dot: certainly nothing was accepted.

    Raises:
        SmtpUnavailableError: the server refuses this mailer rather than the message.
    """
    return _message_refused(Phase.BODY, reply, size)


def at_final(reply: Reply, size: int) -> Outcome:
    """The outcome of the reply to the final dot, for every accepted recipient.

    Raises:
        SmtpUnavailableError: the server refuses this mailer rather than the message, which is
            certainly not accepted.
    """
    if reply.code < 300:
        return Accepted(reply)
    return _message_refused(Phase.FINAL, reply, size)


def at_fault(phase: Phase, fault: WireError) -> Outcome:
    """The outcome of a lost connection; in phase FINAL the final dot had been handed over."""
    if phase == Phase.FINAL:
        what = f"The message was sent but no usable answer came: {fault.error}"
        return Unknown(phase, NO_REPLY, what)
    match fault.fault:
        case Fault.ABORTED | Fault.BROKEN:
            burns = False
        case Fault.TIMEOUT:  # the network may be at fault, or a stuck body this e-mail
            burns = phase == Phase.BODY
        case (
            Fault.CLOSED | Fault.TLS | Fault.CERTIFICATE
        ):  # at MAIL the server knew nothing of this e-mail
            burns = phase not in (Phase.CONNECT, Phase.MAIL)
    what = f"Nothing was accepted, the connection failed at {phase}: {fault.error}"
    if fault.fault is Fault.ABORTED:
        return Retry(phase, NO_REPLY, what, burns=False)
    # After MAIL the cause may be this recipient, whose own server is asked first, or this text.
    about_us = phase in (Phase.CONNECT, Phase.MAIL)
    return Retry(phase, NO_REPLY, what, burns=burns, slow_down=about_us, lost=not about_us)


def _about_us(phase: Phase, reply: Reply) -> Retry | None:
    """The outcome of a reply about this mailer: its login, connections, pace or reputation.

    No attempt counts. What ends by itself is tried again; for what an operator must look at, the
    mailer stops.

    Raises:
        SmtpUnavailableError: `configuration`.
    """
    match subject(reply):
        case Subject.EMAIL:
            return None
        case Subject.CONNECTIONS:
            what = says("The server has too many connections of ours", reply)
            return Retry(phase, reply, what, burns=False, crowded=True)
        case Subject.PACE:
            what = "The server wants us to send more slowly"
            return _soft(phase, reply, what, burns=False, slow=True)
        case Subject.LOGIN:
            if phase in (Phase.BODY, Phase.FINAL):  # it took our login for granted until then
                return None
            what, see = "The server wants a login or encryption", LOGIN_SETTINGS
        case Subject.REFUSAL:
            refusal = refusal_of_us(reply)
            what, see = (refusal.what, refusal.see) if refusal else ("The server refuses us", "")
        case Subject.QUOTA:
            what = "The server takes no more mail from us for now"
            see = "the limits of your provider"
    raise SmtpUnavailableError(phase, reply, says(what, reply), configuration=True, see=see)


def _message_refused(phase: Phase, reply: Reply, size: int, *, burns: bool = True) -> Outcome:
    if ours := _about_us(phase, reply):
        return ours
    if mailbox_full(reply):
        return _soft(phase, reply, "The recipient's mailbox is full")
    if reply.code < 500:
        what = "The server cannot take the message now"
        return _soft(phase, reply, what, burns=burns, slow=reply.code == 421)
    if too_large(reply):
        return _refused_for_size(phase, reply, size)
    return Failed(phase, reply, says("The server refused the message", reply))


def _soft(
    phase: Phase, reply: Reply, what: str, *, burns: bool = True, slow: bool = False
) -> Retry:
    delay = 0.0
    if greylisting(reply):
        delay = GREYLIST_DELAY
    elif mailbox_full(reply):
        delay = FULL_DELAY
    elif enhanced(reply) == "4.2.1":
        delay = RATE_DELAY
    return Retry(phase, reply, says(what, reply), min_delay=delay, burns=burns, slow_down=slow)


def _refused_for_size(phase: Phase, reply: Reply, size: int) -> Failed:
    return Failed(phase, reply, says(f"The message is too large ({size} bytes)", reply))
