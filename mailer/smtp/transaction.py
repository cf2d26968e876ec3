"""One mail transaction on a ready connection: MAIL, RCPT, and the message (RFC 5321 3.3).

The message follows DATA, after the server has replied to everything before it; or, over a
connection that has carried an e-mail before, all goes in one write with BDAT (RFC 3030).
"""

from time import monotonic

from postroom.mailer.coroutines import Steps
from postroom.mailer.errors import (
    ClaimLostError,
    Fault,
    SmtpUnavailableError,
    StaleSessionError,
    WireError,
)
from postroom.mailer.outcomes.outcome import Accepted, Outcome, Phase, Reply, Retry, Unknown
from postroom.mailer.smtp.answers import (
    at_body,
    at_data,
    at_fault,
    at_final,
    at_mail,
    at_rcpt,
    check_expected,
)
from postroom.mailer.smtp.envelope import OutgoingMail, envelope, stuffed
from postroom.mailer.smtp.features import Features
from postroom.mailer.smtp.greeting import SmtpSettings
from postroom.mailer.smtp.reply import crowded, session_spent, throttled
from postroom.mailer.smtp.wire import Wire

_GROUP = 100  # commands in one write: their replies must fit the other side's send buffer
_ONE_WRITE = 64 * 1024  # bytes; a longer body is written before its dot
_LEAST_RATE = 500  # bytes per second, as Postfix smtp_min_data_rate
_LONGEST_BODY = 1800.0  # seconds one e-mail may occupy a session, whatever its size


class Transaction:
    """One attempt at one e-mail. Afterwards `usable` and `reset` are the session's state."""

    def __init__(self, wire: Wire, features: Features, settings: SmtpSettings, mail: OutgoingMail):
        self._wire = wire
        self._settings = settings
        self._mail = mail = mail.for_server(features)
        self._group = _GROUP if features.pipelining else 1
        self._chunking = features.chunking and features.pipelining
        made = envelope(mail, features)
        self._addresses, self._commands = made.addresses, list(made.commands)
        self._outcomes = made.refused
        self._phase = Phase.MAIL
        self._at_once = False
        self._asked = self._answered = 0
        self._trouble: SmtpUnavailableError | None = None
        self.usable = True
        self.reset = False

    def run(self, *, reused: bool, reset: bool) -> Steps[dict[str, Outcome]]:
        """Send the e-mail; `reused`: the session has sent before; `reset`: clear it by RSET first.

        Returns:
            An outcome for every recipient.

        Raises:
            StaleSessionError: a reused connection turned out to be dead; nothing was sent.
            SmtpUnavailableError: the server refused us, not the e-mail; nothing was accepted.
            ClaimLostError: `before_final_dot` returned False; the connection must be dropped.
        """
        self.reset = reset
        if not self._commands:
            return self._outcomes
        try:
            if reused and not reset and self._fits_one_write():
                yield from self._write_at_once()
            else:
                self._commands.append(b"DATA\r\n")
            if reset:
                self._commands.insert(0, b"RSET\r\n")
            yield from self._dialogue(reused=reused, reset=reset)
        except WireError as fault:
            self.usable = False
            if reused and self._phase == Phase.MAIL and fault.fault != Fault.ABORTED:
                raise StaleSessionError from fault
            self._settle(at_fault(self._phase, fault))
        if self._trouble and not any(map(_may_be_sent, self._outcomes.values())):
            raise self._trouble
        return self._outcomes

    def _fits_one_write(self) -> bool:
        return (
            self._mail.at_once
            and self._chunking
            and len(self._commands) < _GROUP
            and len(self._mail.data) <= _ONE_WRITE
        )

    def _write_at_once(self) -> Steps[None]:
        """Commands and message in one write: one round trip instead of two.

        If the connection is lost after that, it is unknown whether the message arrived. So it is
        done only if the last e-mail went well: with a server that drops every connection the
        dialogue is used, and its e-mails are certainly unsent.
        """
        if not (yield from self._mail.before_final_dot()):
            raise ClaimLostError
        if not self._wire.looked_quiet():
            raise WireError(Fault.CLOSED, "the server had ended the connection")
        message = self._mail.data
        self._commands.append(b"BDAT %d LAST\r\n" % len(message))
        timeout = self._settings.timeout
        yield from self._wire.write(
            b"".join([*self._commands, message]), monotonic() + timeout, timeout
        )
        self._asked = len(self._commands)
        self._at_once, self._phase, self.reset = True, Phase.FINAL, True

    def _dialogue(self, *, reused: bool, reset: bool) -> Steps[None]:
        size = len(self._mail.data)
        if reset and (yield from self._answer()).code != 250:
            raise WireError(Fault.BROKEN, "the server refused RSET")
        self.reset = self._at_once
        reply = yield from self._answer()
        if reused and reply.code >= 400 and _ends_session(reply):
            raise StaleSessionError
        check_expected(Phase.MAIL, reply)
        refusal = at_mail(reply, size)
        if refusal:
            self._settle(refusal)
            yield from self._decline_data()
            self.usable = self.usable and reply.code != 421
            return
        self._come_to(Phase.RCPT)
        self.reset = True
        for address in self._addresses:
            reply = self._at_hand() or (yield from self._answer())
            check_expected(Phase.RCPT, reply)
            if (refusal := self._at_rcpt(reply, size)) is None:
                continue
            self._outcomes[address] = refusal
            if reply.code == 421:
                self.usable = False
                if not self._at_once:  # the server leaves, and the accepted recipients are lost
                    self._settle(refusal)
                    return
        if len(self._outcomes) == len(self._mail.recipients):
            yield from self._decline_data()
            return
        if self._at_once:
            self._settle(self._verdict(self._at_hand() or (yield from self._answer())))
            return
        self._phase = Phase.DATA
        reply = yield from self._answer()
        check_expected(Phase.DATA, reply)
        self.usable = reply.code != 421
        self._settle(at_data(reply, size) or (yield from self._deliver(size)))

    def _at_rcpt(self, reply: Reply, size: int) -> Outcome | None:
        try:
            return at_rcpt(reply, size)
        except SmtpUnavailableError as trouble:
            if not self._at_once:
                raise
            # The message is already sent: others may still get it.
            self.usable, self._trouble = False, trouble
            return Retry(Phase.RCPT, reply, trouble.error, burns=False)

    def _come_to(self, phase: Phase) -> None:
        if not self._at_once:  # then it is in its last phase from the beginning
            self._phase = phase

    def _deliver(self, size: int) -> Steps[Outcome]:
        """Send body and final dot after a 354; returns the outcome."""
        self._phase = Phase.BODY
        timeout = self._settings.timeout
        body, ending = stuffed(self._mail.data), b".\r\n"
        try:
            if len(body) + len(ending) > _ONE_WRITE:  # and so large that no copy is made of it
                allowed = min(timeout + size / _LEAST_RATE, max(timeout, _LONGEST_BODY))
                yield from self._wire.write(body, monotonic() + allowed, timeout)
            else:
                ending = body + ending
            del body
            if not (yield from self._mail.before_final_dot()):
                raise ClaimLostError
            # A reply that is already here cannot be the reply to our dot; and if the connection is
            # known to be closed, the outcome is certain, while after a dot it would not be.
            if quiet := self._wire.quiet():
                yield from self._wire.write(ending, monotonic() + timeout, timeout)
        except WireError as fault:
            return (yield from self._last_words(fault, size))
        if not quiet:
            return (yield from self._last_words(None, size))
        self._phase = Phase.FINAL
        self._asked += 1  # by the dot
        self.reset = False
        return self._verdict((yield from self._answer()))

    def _verdict(self, reply: Reply) -> Outcome:
        """The outcome of the reply to the whole message, which ends the transaction."""
        self.reset = False
        # With all replies after the one write, one too many leaves open which of them is this.
        if self._at_once and self._wire.out_of_step:
            raise WireError(Fault.BROKEN, "the server sent more replies than it was asked for")
        check_expected(Phase.FINAL, reply)
        self.usable = self.usable and reply.code != 421
        # A refused BDAT leaves the server waiting for RSET (RFC 3030 2).
        self.reset = self._at_once and reply.code >= 300
        return at_final(reply, len(self._mail.data))

    def _last_words(self, fault: WireError | None, size: int) -> Steps[Outcome]:
        """The refusal that a server sent before our dot, if any; else `fault` or what is found."""
        self.usable = False
        if fault and fault.fault == Fault.ABORTED:
            raise fault
        try:
            reply = yield from self._wire.read_reply(monotonic() + min(1.0, self._settings.timeout))
            check_expected(Phase.BODY, reply)
        except WireError as found:
            raise found if found.fault == Fault.ABORTED else fault or found from None
        return at_body(reply, size)

    def _decline_data(self) -> Steps[None]:
        """Read the outstanding replies when no recipient was accepted.

        With pipelining DATA was already sent, and 354 may still come: then a lone dot ends the
        empty message (RFC 2920 3.1), and its reply concerns no recipient.
        """
        data_sent = self._asked == len(self._commands)
        reply = None
        try:
            while self._answered < self._asked:
                reply = yield from self._answer()
            if data_sent and reply and reply.code == 354:
                until = monotonic() + self._settings.timeout
                yield from self._wire.write(b".\r\n", until, self._settings.timeout)
                yield from self._wire.read_reply(until)
        except WireError:
            self.usable = False

    def _at_hand(self) -> Reply | None:
        """The reply to the next command, if both need no waiting."""
        if self._answered == self._asked or not (reply := self._wire.reply_at_hand()):
            return None
        self._answered += 1
        return reply

    def _answer(self) -> Steps[Reply]:
        """The reply to the next command, which is written first if it was not yet."""
        final = self._phase is Phase.FINAL
        settings = self._settings
        until = monotonic() + (settings.final_timeout if final else settings.timeout)
        if self._answered == self._asked:
            part = self._commands[self._asked : self._asked + self._group]
            yield from self._wire.write(b"".join(part), until, settings.timeout)
            self._asked += len(part)
        self._answered += 1
        return (yield from self._wire.read_reply(until))

    def _settle(self, outcome: Outcome) -> None:
        for address in self._mail.recipients:
            self._outcomes.setdefault(address, outcome)


def _ends_session(reply: Reply) -> bool:
    """Whether this connection has had its time, and another one will do at once."""
    if session_spent(reply):
        return True
    return reply.code == 421 and not (crowded(reply) or throttled(reply))


def _may_be_sent(outcome: Outcome) -> bool:
    return isinstance(outcome, Accepted | Unknown)
