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
from postroom.mailer.smtp.greeting import Features, SmtpSettings, greet
from postroom.mailer.smtp.look import look
from postroom.mailer.smtp.reply import NO_REPLY, says
from postroom.mailer.smtp.transaction import Transaction
from postroom.mailer.smtp.wire import Wire

__all__ = ["Session", "SmtpSettings", "look_at"]

_JUST_USED = 0.1  # seconds
_GOODBYE = 1.0  # seconds a QUIT may take


class Session:
    """One e-mail at a time. `send`, `probe` and `close` are `Steps`; `abort` is for any thread."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._wire: Wire | None = None
        self._features = Features()
        self._aborted = False
        self._messages = 0
        self._opened_at = self._used_at = 0.0
        self._reset = False

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
        """Send one e-mail in one transaction (RFC 5321 3.3), over the kept connection if usable.

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
            SmtpUnavailableError: nothing was handed over and no e-mail is at fault.
            ClaimLostError: `before_final_dot` answered False; the dot was not sent.
        """
        mail = OutgoingMail(
            sender, recipients, data, smtputf8, before_final_dot, at_once, ascii_data
        )
        try:
            try:
                return (yield from self._transact(mail))
            except StaleSessionError:
                self._drop()
                # On a fresh connection, which cannot be stale.
                return (yield from self._transact(mail))
        except WireError as fault:  # aborted before MAIL
            self._drop()
            return dict.fromkeys(recipients, at_fault(Phase.CONNECT, fault))
        except BaseException:
            self._drop()
            raise

    def probe(self) -> Steps[None]:
        """Open a new connection up to and with the login, and try NOOP; it stays open for `send`.

        Raises:
            SmtpUnavailableError: what went wrong, and whether only an operator can fix it.
        """
        yield from self.close()
        try:
            wire = yield from self._open()
            deadline = monotonic() + self._settings.timeout
            yield from wire.write(b"NOOP\r\n", deadline, self._settings.timeout)
            reply = yield from wire.read_reply(deadline)
        except WireError as fault:
            self._drop()
            raise SmtpUnavailableError(Phase.CONNECT, NO_REPLY, fault.error) from fault
        except SmtpUnavailableError:
            self._drop()
            raise
        if reply.code != 250:
            self._drop()
            raise SmtpUnavailableError(Phase.CONNECT, reply, says("NOOP was refused", reply))

    def close(self) -> Steps[None]:
        """Close with QUIT, waiting at most a second for the reply; never raises."""
        wire = self._wire
        if wire and not self._aborted:
            with contextlib.suppress(WireError):
                yield from wire.write(b"QUIT\r\n", monotonic() + _GOODBYE, _GOODBYE)
                yield from wire.read_reply(monotonic() + _GOODBYE)
        self._drop()

    def abort(self) -> None:
        """End the send in progress at once, and refuse any later one; safe from any thread."""
        self._aborted = True
        wire = self._wire
        if wire:
            wire.abort()

    def _transact(self, mail: OutgoingMail) -> Steps[dict[str, Outcome]]:
        reused = self._is_good()
        wire = self._wire if reused else None
        if wire is None:
            yield from self.close()
            wire = yield from self._open()
        if not self._messages:  # kept since a probe, which proves only a login
            mail = mail._replace(at_once=False)
        transaction = Transaction(wire, self._features, self._settings, mail)
        outcomes = yield from transaction.run(reused=reused, reset=self._reset)
        self._messages += 1
        self._used_at = monotonic()
        self._reset = transaction.reset
        if not transaction.usable:
            self._drop()
        return outcomes

    def _is_good(self) -> bool:
        """Whether the kept connection may carry one more e-mail and does not seem to have ended."""
        if self._wire is None:
            return False
        now, settings = monotonic(), self._settings
        idle = now - self._used_at
        return (
            self._messages < settings.max_messages
            and now - self._opened_at < settings.max_age
            and idle < settings.max_idle
            # Not right after an e-mail. See what-speed-costs: no look right after an e-mail.
            and (self._wire.looked_quiet() if idle > _JUST_USED else not self._wire.unread)
        )

    def _open(self) -> Steps[Wire]:
        """Connect and greet; raises SmtpUnavailableError, or WireError when aborted."""
        self._wire = wire = Wire()
        if self._aborted:  # after the assignment: an abort from now on finds the wire
            raise WireError(Fault.ABORTED, "sending was stopped")
        self._features = yield from greet(wire, self._settings)
        self._opened_at = self._used_at = monotonic()
        self._messages, self._reset = 0, False
        return wire

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.shut()
            self._wire = None


def look_at(sessions: Iterable[Session]) -> None:
    """Look at the kept connections of `sessions` all together, just before they are used."""
    look(session._wire for session in sessions if session._wire is not None)
