"""Opens SMTP sessions, and finds out what it means when that fails.

With connections that work, one more that is refused or left waiting shows a limit. With none at all
it means one of two things: other mailers hold those that the server takes, or the server cannot be
used, which the circuit counts.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final, Protocol

from postroom.mailer.circuit import Circuit
from postroom.mailer.coroutines import StepLoop, Steps
from postroom.mailer.errors import SmtpUnavailableError, WireError
from postroom.mailer.outcomes.outcome import Phase
from postroom.mailer.sessions.standing_by import StandingBy
from postroom.mailer.smtp.reply import NO_REPLY
from postroom.mailer.smtp.session import Session
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

_LONGEST_WAIT: Final = 2.0  # seconds until the next round, when all of one have failed
# A server answers the one more that it does not take, or lets it wait in silence until another
# leaves. That is so after this many seconds, and this many times as long as any other opening took.
_SILENCE_SECONDS: Final = 1.0
_SILENCE_TIMES: Final = 2


class Pool(Protocol):
    """What opening asks of the pool, and reports to it."""

    @property
    def working(self) -> int:
        """Connections that are open."""

    def opened(self, session: Session) -> None:
        """One more is ready."""

    def limited(self, error: str) -> None:
        """One more was not taken beside those that work."""


class Opening:
    """The sessions that are being opened; for the sending thread, but for `abort`."""

    def __init__(
        self,
        new_session: Callable[[], Session],
        loop: StepLoop,
        *,
        pool: Pool,
        circuit: Circuit,
        standing_by: StandingBy,
    ) -> None:
        self.trouble: SmtpUnavailableError | None = None  # the last failure
        self.not_before = 0.0  # when the next round may begin, in monotonic seconds
        # Since when an answer is awaited, in monotonic seconds; 0: it is not.
        self.waits_since = 0.0
        self._new_session = new_session
        self._loop = loop
        self._pool = pool
        self._circuit = circuit
        self._standing_by = standing_by
        self._sessions: set[Session] = set()
        self._begun: dict[Session, float] = {}  # in monotonic seconds; without probes
        self._slowest = 0.0  # seconds of the slowest that was opened
        self._failures: list[SmtpUnavailableError] = []
        self._rounds = 0  # in which all failed
        self._ended = False

    def __len__(self) -> int:
        return len(self._sessions)

    def may_begin(self, now: float) -> bool:
        """Whether more can be opened: those under way decide what failures beside them mean."""
        return not self._failures and now >= self.not_before

    def begin(self) -> None:
        """Begin to open one."""
        self._loop.start(self._open(self._new_session()))

    def probe(self, ready: Session | None, done: Callable[[], None]) -> None:
        """Prove that the server works, over `ready` or a new session, which the pool then has.

        The circuit learns the result; then `done` is called.
        """
        self._loop.start(self._probe(ready, done))

    def are_silent(self, now: float, least: float = _SILENCE_SECONDS) -> bool:
        """Whether the server has let some wait in silence for at least so many seconds."""
        patience = max(least, _SILENCE_TIMES * self._slowest)
        return any(now - begun > patience for begun in self._begun.values())

    def give_up(self) -> None:
        """End those in progress but a probe: others are to have the places."""
        for session in (*self._begun,):
            session.abort()

    def end(self) -> None:
        """Open no more."""
        self._ended = True
        self.abort()

    def abort(self) -> None:
        """End those in progress; safe from any thread."""
        for session in (*self._sessions,):
            session.abort()

    def _open(self, session: Session) -> Steps[None]:
        if self._ended:
            return
        self._begun[session] = monotonic()
        try:
            trouble = yield from self._attempt(session, session.open())
        except WireError:  # aborted
            return
        finally:
            begun = self._begun.pop(session)
        if trouble:
            self._failed(trouble)
        elif session.aborted:  # when the last reply of the server was here already
            session.drop()
        else:
            self._slowest = max(self._slowest, monotonic() - begun)
            self._opened(session)

    def _probe(self, ready: Session | None, done: Callable[[], None]) -> Steps[None]:
        session = ready or self._new_session()
        try:
            trouble = yield from self._attempt(session, _proved(session))
        except WireError:
            return
        else:
            if not trouble:
                self._circuit.record_success(monotonic())
                log.info("smtp_usable")
                self._opened(session)
            elif trouble.configuration or not self._left_to_others(trouble):
                self.trouble = trouble
                self._circuit.record_failure(monotonic(), trouble.configuration, trouble.error)
                log.warning("smtp_probe_failed", error=trouble.error)
        finally:
            done()

    def _attempt(self, session: Session, steps: Steps[None]) -> Steps[SmtpUnavailableError | None]:
        """Run `steps`; what went wrong, None if nothing. Raises WireError when aborted."""
        self._sessions.add(session)
        self.waits_since = self.waits_since or monotonic()
        try:
            yield from steps
        except SmtpUnavailableError as trouble:
            return trouble
        except WireError:
            raise
        except Exception as error:
            log.exception("open_raised")
            what = f"unexpected {type(error).__name__}: {error}"
            return SmtpUnavailableError(Phase.CONNECT, NO_REPLY, what)
        finally:
            self._sessions.discard(session)
            if not self._sessions:
                self.waits_since = 0.0
        return None

    def _opened(self, session: Session) -> None:
        if self._ended:  # too late to be of use
            session.drop()
            return
        self._failures.clear()
        self._rounds = 0
        self._standing_by.end()
        self._pool.opened(session)

    def _failed(self, trouble: SmtpUnavailableError) -> None:
        self.trouble = trouble
        if trouble.configuration and not trouble.crowded:
            self._outage([trouble])
        elif self._pool.working:
            self._pool.limited(trouble.error)
        else:
            self._failures.append(trouble)
            if self._sessions:
                return
            failures, self._failures = self._failures, []
            if not self._left_to_others(trouble):
                self._outage(failures)

    def _left_to_others(self, trouble: SmtpUnavailableError) -> bool:
        return self._standing_by.left_to_others(monotonic(), trouble.error)

    def _outage(self, failures: list[SmtpUnavailableError]) -> None:
        now = monotonic()
        self._standing_by.end()  # others held connections when we came, and now nobody does
        for trouble in failures:
            self._circuit.record_failure(now, trouble.configuration, trouble.error)
        self._rounds += 1
        self.not_before = now + min(0.1 * 2**self._rounds, _LONGEST_WAIT)
        log.warning(
            "smtp_unavailable",
            phase=trouble.phase.value,
            error=trouble.error,
            configuration=trouble.configuration,
            failures=len(failures),
        )


def _proved(session: Session) -> Steps[None]:
    if not session.is_open:
        yield from session.open()
    yield from session.prove()
