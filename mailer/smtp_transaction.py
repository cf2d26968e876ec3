"""One mail transaction on a ready connection: MAIL, RCPT, DATA, body, final dot (RFC 5321 3.3)."""

from time import monotonic

from mailer.outcome import ClaimLost, Outcome, Phase, Reply
from mailer.smtp_answers import (
    at_body,
    at_data,
    at_fault,
    at_final,
    at_mail,
    at_rcpt,
    check_expected,
)
from mailer.smtp_connect import Fault, WireFault
from mailer.smtp_envelope import Mail, envelope, stuffed
from mailer.smtp_greeting import Features, SmtpSettings
from mailer.smtp_wire import Wire
from mailer.steps import Steps

_GROUP = 100  # commands in one write: their replies must fit the other side's send buffer
_ONE_WRITE = 64 * 1024  # bytes; a longer body goes ahead of its dot
_LEAST_RATE = 500  # bytes per second, as Postfix smtp_min_data_rate
_LONGEST_BODY = 1800.0  # seconds one mail may keep a sender whatever its size


class StaleSession(Exception):
    """The kept connection had ended before this e-mail was told to it: open another at once."""


class Transaction:
    """One attempt at one mail. Afterwards `usable` and `reset` tell the session's state."""

    def __init__(self, wire: Wire, features: Features, settings: SmtpSettings, mail: Mail):
        self._wire = wire
        self._settings = settings
        self._mail = mail
        self._group = _GROUP if features.pipelining else 1
        made = envelope(mail, features)
        self._addresses, self._commands = made.addresses, list(made.commands)
        self._outcomes = made.refused
        self._phase = Phase.MAIL
        self._asked = self._answered = 0
        self.usable = True
        self.reset = False

    def run(self, *, reused: bool, reset: bool) -> Steps[dict[str, Outcome]]:
        """Send the mail; `reused` session, to be cleared by RSET first when `reset`.

        Returns:
            An outcome for every recipient.

        Raises:
            StaleSession: a reused connection turned out to be dead; nothing was sent.
            RelayUnavailable: the server refused us, not the mail; nothing was sent.
            ClaimLost: `before_final_dot` said no; the connection must be dropped.
        """
        self.reset = reset
        if not self._commands:
            return self._outcomes
        if reset:
            self._commands.insert(0, b"RSET\r\n")
        try:
            yield from self._dialogue(reused=reused, reset=reset)
        except WireFault as fault:
            self.usable = False
            if reused and self._phase == Phase.MAIL and fault.fault != Fault.ABORTED:
                raise StaleSession from fault
            self._settle(at_fault(self._phase, fault))
        return self._outcomes

    def _dialogue(self, *, reused: bool, reset: bool) -> Steps[None]:
        size = len(self._mail.data)
        if reset and (yield from self._answer()).code != 250:
            raise WireFault(Fault.BROKEN, "the server refused RSET")
        self.reset = False
        reply = yield from self._answer()
        if reused and reply.code == 421:
            raise StaleSession
        check_expected(Phase.MAIL, reply)
        refusal = at_mail(reply, size)
        if refusal:
            self._settle(refusal)
            yield from self._decline_data()
            return
        self._phase, self.reset = Phase.RCPT, True
        for address in self._addresses:
            reply = yield from self._answer()
            check_expected(Phase.RCPT, reply)
            if (refusal := at_rcpt(reply, size)) is None:
                continue
            self._outcomes[address] = refusal
            if reply.code == 421:  # the server leaves: those accepted so far are lost with it
                self.usable = False
                self._settle(refusal)
                return
        if len(self._outcomes) == len(self._mail.recipients):
            yield from self._decline_data()
            return
        self._phase = Phase.DATA
        reply = yield from self._answer()
        check_expected(Phase.DATA, reply)
        self.usable = reply.code != 421
        self._settle(at_data(reply, size) or (yield from self._deliver(size)))

    def _deliver(self, size: int) -> Steps[Outcome]:
        """Body and final dot after a 354, and what became of them."""
        self._phase = Phase.BODY
        timeout = self._settings.timeout
        ending = stuffed(self._mail.data) + b".\r\n"
        try:
            if len(ending) > _ONE_WRITE:
                ending, body = b".\r\n", ending[:-3]
                allowed = min(timeout + size / _LEAST_RATE, max(timeout, _LONGEST_BODY))
                yield from self._wire.write(body, monotonic() + allowed, timeout)
            if not (yield from self._mail.before_final_dot()):
                raise ClaimLost
            # An answer that is already here cannot be the answer to our dot, and a connection
            # seen to be closed leaves no doubt where a dot sent into it would.
            if quiet := self._wire.quiet():
                yield from self._wire.write(ending, monotonic() + timeout, timeout)
        except WireFault as fault:
            return (yield from self._last_words(fault, size))
        if not quiet:
            return (yield from self._last_words(None, size))
        self._phase, self.reset = Phase.FINAL, False
        reply = yield from self._wire.read_reply(monotonic() + self._settings.final_timeout)
        check_expected(Phase.FINAL, reply)
        self.usable = reply.code != 421
        return at_final(reply, size)

    def _last_words(self, fault: WireFault | None, size: int) -> Steps[Outcome]:
        """The refusal a server sent before our dot, if it did; else `fault` or what is found."""
        self.usable = False
        if fault and fault.fault == Fault.ABORTED:
            raise fault
        try:
            reply = yield from self._wire.read_reply(monotonic() + min(1.0, self._settings.timeout))
            check_expected(Phase.BODY, reply)
        except WireFault as found:
            raise found if found.fault == Fault.ABORTED else fault or found from None
        return at_body(reply, size)

    def _decline_data(self) -> Steps[None]:
        """Read what is still owed when nobody was accepted.

        With pipelining DATA was already sent, and 354 may have come all the same: then a lone dot
        ends the empty message (RFC 2920 3.1), and whatever the answer, it concerns nobody.
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
        except WireFault:
            self.usable = False

    def _answer(self) -> Steps[Reply]:
        """The reply to the next command, which is written first when it has not been."""
        until = monotonic() + self._settings.timeout
        if self._answered == self._asked:
            part = self._commands[self._asked : self._asked + self._group]
            yield from self._wire.write(b"".join(part), until, self._settings.timeout)
            self._asked += len(part)
        self._answered += 1
        return (yield from self._wire.read_reply(until))

    def _settle(self, outcome: Outcome) -> None:
        for address in self._mail.recipients:
            self._outcomes.setdefault(address, outcome)
