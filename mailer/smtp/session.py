"""An SMTP session: one connection kept open between e-mails, one transaction at a time.

In reading order: `greeting.py` makes a connection ready, `envelope.py` and `transaction.py` send
one e-mail over it, `answers.py` decides what the replies mean.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from time import monotonic

from postroom.mailer.coroutines import Steps, always
from postroom.mailer.errors import Fault, SmtpUnavailableError, StaleSessionError, WireError
from postroom.mailer.outcomes.outcome import Outcome, Phase
from postroom.mailer.smtp.answers import at_fault
from postroom.mailer.smtp.envelope import OutgoingMail
from postroom.mailer.smtp.features import Features
from postroom.mailer.smtp.greeting import SmtpSettings, greet, unavailable
from postroom.mailer.smtp.look import look
from postroom.mailer.smtp.reply import NO_REPLY
from postroom.mailer.smtp.transaction import Transaction
from postroom.mailer.smtp.wire import Wire

__all__ = ["Session", "SmtpSettings", "look_at"]

_JUST_USED = 0.1  # seconds
_JUST_OPENED = 1.0  # seconds
_GOODBYE = 1.0  # seconds a QUIT may take


class Session:
    """One e-mail at a time. `open`, `send` and others are `Steps`; `abort` is for any thread."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._wire: Wire | None = None
        self._features = Features()
        self._aborted = False
        self._messages = 0
        self._opened_at = self._used_at = 0.0
        self._reset = False

    @property
    def is_open(self) -> bool:
        """Whether there is a connection; the server may have ended it meanwhile."""
        return self._wire is not None

    def worn(self, now: float) -> bool:
        """Whether to close it: it has carried enough e-mails, or is too old or too long idle."""
        settings = self._settings
        return (
            self._messages >= settings.max_messages
            or now - self._opened_at >= settings.max_age
            or now - self._used_at >= settings.max_idle
        )

    def quiet(self) -> bool:
        """Whether the server seems to be there still; never waits."""
        wire = self._wire
        return wire is not None and wire.looked_quiet()

    def open(self) -> Steps[None]:
        """Connect, up to and with the login.

        Raises:
            SmtpUnavailableError: what went wrong, and whether only an operator can fix it.
            WireError: after `abort`.
        """
        self._wire = wire = Wire()
        try:
            if self._aborted:  # after the assignment: an abort from now on finds the wire
                wire.abort()
            self._features = yield from greet(wire, self._settings)
        except BaseException:
            self.drop()
            raise
        self._opened_at = self._used_at = monotonic()
        self._messages, self._reset = 0, False

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        data: bytes,
        *,
        smtputf8: bool = False,
        before_final_dot: Callable[[], Steps[bool]] = always,
        at_once: bool = False,
        ascii_data: Callable[[], bytes] | None = None,
    ) -> Steps[dict[str, Outcome]]:
        """Send one e-mail in one transaction (RFC 5321 3.3) over the open connection.

        Args:
            sender: envelope sender; empty for the null sender.
            recipients: unique addresses.
            data: the message with CRLF line ends; dots are doubled here.
            smtputf8: the message itself needs SMTPUTF8 (RFC 6531).
            before_final_dot: called just before the write that contains the final dot, or with BDAT
                the end of the message.
            at_once: the e-mail may go in one write over a connection that has carried one before,
                with CHUNKING (RFC 3030); if it is lost then, the outcome is unknown.
            ascii_data: makes the message for a server without SMTPUTF8, if `data` needs it.

        Returns:
            An outcome for every recipient. After `abort`: a Retry that does not count, or Unknown
            when the final dot had been handed over.

        Raises:
            StaleSessionError: the connection had ended before the server saw the e-mail.
            SmtpUnavailableError: nothing was handed over and no e-mail is at fault.
            ClaimLostError: `before_final_dot` answered False; the dot was not sent.
        """
        mail = OutgoingMail(
            sender, recipients, data, smtputf8, before_final_dot, at_once, ascii_data
        )
        try:
            return (yield from self._transact(mail))
        except WireError as fault:  # aborted before MAIL
            self.drop()
            return dict.fromkeys(recipients, at_fault(Phase.CONNECT, fault))
        except BaseException:
            self.drop()
            raise

    def prove(self) -> Steps[None]:
        """Ask the server by NOOP whether the open connection works (RFC 5321 4.1.1.9).

        Raises:
            SmtpUnavailableError: it does not, and was dropped.
        """
        wire = self._wire or Wire()  # which is closed
        try:
            deadline = monotonic() + self._settings.timeout
            yield from wire.write(b"NOOP\r\n", deadline, self._settings.timeout)
            reply = yield from wire.read_reply(deadline)
        except WireError as fault:
            self.drop()
            raise SmtpUnavailableError(Phase.CONNECT, NO_REPLY, fault.error) from fault
        if 300 <= reply.code < 500:  # a server that does not know NOOP (5yz) is there as well
            self.drop()
            raise unavailable(Phase.CONNECT, reply, "NOOP was refused")

    def close(self) -> Steps[None]:
        """Close with QUIT, waiting at most a second for the reply; never raises."""
        wire = self._wire
        if wire and not self._aborted:
            with contextlib.suppress(WireError):
                yield from wire.write(b"QUIT\r\n", monotonic() + _GOODBYE, _GOODBYE)
                yield from wire.read_reply(monotonic() + _GOODBYE)
        self.drop()

    def drop(self) -> None:
        """Close without QUIT: the server has left, or wants us to leave."""
        if self._wire is not None:
            self._wire.shut()
            self._wire = None

    def abort(self) -> None:
        """End the send in progress at once, and refuse any later one; safe from any thread."""
        self._aborted = True
        wire = self._wire
        if wire:
            wire.abort()

    @property
    def aborted(self) -> bool:
        """Whether `abort` was called: nothing can be sent any more."""
        return self._aborted

    def _transact(self, mail: OutgoingMail) -> Steps[dict[str, Outcome]]:
        wire, now = self._wire, monotonic()
        if self._aborted:
            raise WireError(Fault.ABORTED, "sending was stopped")
        # A server that opens and at once ends or confuses a connection would do so again.
        kept = bool(self._messages) or now - self._used_at > _JUST_OPENED
        if wire is None or (kept and not self._is_quiet(wire, now)):
            raise StaleSessionError
        if not self._messages:  # so far only the login is proved
            mail = mail._replace(at_once=False)
        transaction = Transaction(wire, self._features, self._settings, mail)
        outcomes = yield from transaction.run(reused=kept, reset=self._reset)
        self._messages += 1
        self._used_at = monotonic()
        self._reset = transaction.reset
        if not transaction.usable:
            self.drop()
        return outcomes

    def _is_quiet(self, wire: Wire, now: float) -> bool:
        # Not right after an e-mail. See what-speed-costs: no look right after an e-mail.
        just_used = now - self._used_at <= _JUST_USED
        return not wire.unread if just_used else wire.looked_quiet()


def look_at(sessions: Iterable[Session]) -> None:
    """Look at the kept connections of `sessions` all together, just before they are used."""
    look(session._wire for session in sessions if session._wire is not None)
