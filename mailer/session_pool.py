"""The SMTP sessions of a mailer: opened as they are needed and as the server lets them.

For the sending thread, but for `abort`. An e-mail never waits for one certain connection: whichever
session is ready first takes the first in the line.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

from postroom.mailer.circuit import Circuit, CircuitState
from postroom.mailer.coroutines import StepLoop, Steps
from postroom.mailer.errors import SmtpUnavailableError, WireError
from postroom.mailer.neighbours import Neighbours, Others
from postroom.mailer.outcomes.outcome import Phase
from postroom.mailer.places import Places
from postroom.mailer.smtp.reply import NO_REPLY
from postroom.mailer.smtp.session import Session, look_at
from postroom.shared.broker.backoff import backoff
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

TIDY_SECONDS: Final = 1.0  # between two looks at idle sessions and at the other mailers
AGAIN_SECONDS: Final = 10.0  # the longest time a mailer without a connection waits for a trial


class SessionPool:
    """Sessions that are ready, busy, being opened and being closed.

    With no connection at all, a refusal means one of two things: other mailers hold those that the
    server takes, so this one stands by and leaves the work to them; or the server cannot be used,
    which the circuit counts.
    """

    def __init__(
        self,
        new_session: Callable[[], Session],
        *,
        places: Places,
        circuit: Circuit,
        neighbours: Neighbours,
        stand_by: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`stand_by` is called with True when this mailer leaves the work to others, with False
        when it takes part again."""
        self.loop = StepLoop()
        self.places = places
        self.standing_by = False
        self.trouble: SmtpUnavailableError | None = None  # the last failure to open a session
        self._new_session = new_session
        self._circuit = circuit
        self._neighbours = neighbours
        self._stand_by = stand_by
        self._ready: list[Session] = []  # the last used at the end
        self._busy: set[Session] = set()
        self._opening: set[Session] = set()
        self._closing: set[Session] = set()
        self._failures: list[SmtpUnavailableError] = []
        self._rounds = 0  # of openings that all failed
        self._not_before = 0.0
        self._tidy_at = 0.0
        self._worked_at = monotonic()  # when there was a connection, or at the start
        self._taken = 0  # connections of all mailers when we got none
        self._ended = False

    # what the sending thread asks for

    @property
    def working(self) -> int:
        """Connections that are open."""
        return len(self._ready) + len(self._busy)

    @property
    def capacity(self) -> int:
        """How many e-mails can be sent at the same time."""
        return 0 if self.standing_by else self.places.capacity

    def take(self) -> Session | None:
        """A ready session, which is busy from now on; None if there is none."""
        now = monotonic()
        while self._ready:
            session = self._ready.pop()
            if not session.worn(now):
                self._busy.add(session)
                return session
            self._close(session)
        return None

    def give_back(self, session: Session) -> None:
        """After an e-mail: ready again, unless its connection has ended or should."""
        self._busy.discard(session)
        if not session.is_open:
            self._tell()
        elif session.worn(monotonic()) or self.working >= self.places.capacity:
            self._close(session)
        else:
            self._ready.append(session)

    def look(self) -> None:
        """One has ended: drop the others that have too, before e-mails are built for them."""
        look_at(self._ready)
        ended = [session for session in self._ready if not session.quiet()]
        self._ready = [session for session in self._ready if session not in ended]
        for session in ended:
            session.drop()
        self._tell()

    def crowded(self, session: Session, error: str) -> None:
        """The server has too many connections of ours: close this one, and open no more for now."""
        self._busy.discard(session)
        self._close(session)
        self._limit(error)

    def fill(self, wanted: int) -> None:
        """Begin to open sessions, for up to `wanted` e-mails that have none."""
        now = monotonic()
        if now >= self._tidy_at:
            self._tidy_at = now + TIDY_SECONDS
            self._tidy(now)
        if self.places.limited and self._busy and not self._ready:
            wanted = max(wanted, 1)  # for a trial
        if (
            not wanted
            or self.standing_by
            or self._failures  # those still being opened decide what these mean
            or now < self._not_before
            or self._circuit.state is not CircuitState.CLOSED
        ):
            return
        room = self.places.room(
            now,
            wanted=wanted,
            working=self.working,
            opening=len(self._opening),
            closing=len(self._closing),
        )
        for _ in range(room):
            self.loop.start(self._open(self._new_session()))

    def until_next(self) -> float:
        """Seconds until `fill` may do more than it could just now; 0 if no time is set."""
        now = monotonic()
        return max(0.0, self._not_before - now, self.places.until_next(now))

    def probe(self, done: Callable[[], None]) -> None:
        """Find out whether the server can be used again, over a session that is ready, if any; then
        call `done`. The circuit learns the result."""
        ready = None if self._circuit.configuration else self.take()
        self.loop.start(self._probe(ready, done))

    # end

    def end(self) -> None:
        """Open no more."""
        self._ended = True
        for session in tuple(self._opening):
            session.abort()

    def abort(self) -> None:
        """End all that is in progress; safe from any thread."""
        for session in (*self._busy, *self._opening):
            session.abort()

    def close(self) -> None:
        """Close all connections at the same time, with QUIT; nothing is in progress any more."""
        for session in (*self._ready, *self._busy):
            self.loop.start(session.close())
        self._ready.clear()
        while self.loop:
            self.loop.turn(0.5)
        self.loop.close()

    # open, and what failures mean

    def _open(self, session: Session) -> Steps[None]:
        if self._ended:
            return
        self._opening.add(session)
        trouble: SmtpUnavailableError | None = None
        try:
            yield from session.open()
        except WireError:  # aborted
            return
        except SmtpUnavailableError as found:
            trouble = found
        except Exception as error:
            log.exception("open_raised")
            trouble = _unforeseen(error)
        finally:
            self._opening.discard(session)
        if trouble:
            self._failed(trouble)
        else:
            self._opened(session)

    def _opened(self, session: Session) -> None:
        self._ready.append(session)
        self._failures.clear()
        self._rounds = 0
        if self.standing_by:
            self._take_part()
        if self.places.limited and self.working > self.places.capacity:
            self.places.opened(self.working)
            log.info("smtp_limit_rose", connections=self.working)
        self._tell()

    def _failed(self, trouble: SmtpUnavailableError) -> None:
        self.trouble = trouble
        if trouble.configuration and not trouble.crowded:
            self._outage([trouble])
        elif self.working:
            self._limit(trouble.error)
        else:
            self._failures.append(trouble)
            if self._opening:
                return  # these decide
            failures, self._failures = self._failures, []
            if not self._left_to_others(trouble.error):
                self._outage(failures)

    def _limit(self, error: str) -> None:
        """With connections that work, a refused one more is a limit, and no outage."""
        if self.places.refused(monotonic(), self.working):
            log.warning("smtp_limit", connections=self.places.capacity, error=error)
        self._tell()

    def _outage(self, failures: list[SmtpUnavailableError]) -> None:
        now = monotonic()
        if self.standing_by:  # others held connections when we came, and now nobody does
            self._take_part()
        for trouble in failures:
            self._circuit.record_failure(now, trouble.configuration, trouble.error)
        self._rounds += 1
        self._not_before = now + min(0.1 * 2**self._rounds, 2.0)
        log.warning(
            "smtp_unavailable",
            phase=trouble.phase.value,
            error=trouble.error,
            configuration=trouble.configuration,
            failures=len(failures),
        )

    def _probe(self, ready: Session | None, done: Callable[[], None]) -> Steps[None]:
        session = ready or self._new_session()
        self._opening.add(session)
        trouble: SmtpUnavailableError | None = None
        try:
            if ready is None:
                yield from session.open()
            yield from session.prove()
        except WireError:
            return
        except SmtpUnavailableError as found:
            trouble = found
        except Exception as error:
            log.exception("probe_raised")
            trouble = _unforeseen(error)
        finally:
            self._opening.discard(session)
            self._busy.discard(session)
            if trouble and (trouble.configuration or not self._left_to_others(trouble.error)):
                self.trouble = trouble
                self._circuit.record_failure(monotonic(), trouble.configuration, trouble.error)
                log.warning("smtp_probe_failed", error=trouble.error)
            elif not trouble and session.is_open:
                self._circuit.record_success(monotonic())
                log.info("smtp_usable")
                self._opened(session)
            done()

    # other mailers

    def _left_to_others(self, error: str) -> bool:
        """Whether others hold the connections that the server takes; then stand by."""
        others = self._neighbours.look()
        if not others.sessions:
            return False
        now = monotonic()
        self._taken = others.sessions
        self.places.refused(now, 1)
        if not self.standing_by:
            self.standing_by = True
            self._circuit.record_success(now)
            log.warning("standing_by", connections_of_others=others.sessions, error=error)
            self._stand_by(True)
        self._not_before = now + AGAIN_SECONDS * (0.5 + backoff(1) / 2)
        self._tell()
        return True

    def _take_part(self) -> None:
        self.standing_by = False
        log.info("taking_part_again")
        self._stand_by(False)

    def _tidy(self, now: float) -> None:
        """Close sessions that are idle for long, or that another mailer needs."""
        while self._ready and self._ready[0].worn(now):
            self._close(self._ready.pop(0))
        if self.working:
            self._worked_at = now
        if self.standing_by or (self.places.limited and self.working):
            self._heed(self._neighbours.look(), now)
        elif self._gets_none(now):
            self._left_to_others(self.trouble.error if self.trouble else "no answer yet")
        self._tell()

    def _gets_none(self, now: float) -> bool:
        """Whether a connection was asked for, for a second, and there is none; some servers let
        one too many wait in silence. Not if an operator is needed."""
        circuit = self._circuit
        asked = bool(self._opening) or circuit.state is not CircuitState.CLOSED
        waited = now - self._worked_at >= TIDY_SECONDS
        return asked and waited and not self.working and not circuit.configuration

    def _heed(self, others: Others, now: float) -> None:
        if self.standing_by:
            if not self._opening and (others.sessions < self._taken or now >= self._not_before):
                self.loop.start(self._open(self._new_session()))
            return
        if others.without and self.working > 1:
            share = -(-(self.working + others.sessions) // (1 + others.mailers))
            self._leave(max(1, min(share, self.working - 1)), now)
        elif others.wanting and self._ready and self.working > 1:
            self._leave(max(1, self.working - len(self._ready)), now)

    def _leave(self, working: int, now: float) -> None:
        if working >= self.working:
            return
        self.places.leave(now, working)
        log.info("smtp_connections_left_to_others", connections=working)
        while self._ready and self.working > working:
            self._close(self._ready.pop(0))

    def _tell(self) -> None:
        limited = self.standing_by or self.places.limited
        self._neighbours.tell(
            sessions=self.working + len(self._opening) if self.working else 0,
            wanting=self.standing_by or (limited and bool(self._busy) and not self._ready),
            limited=limited,
        )

    def _close(self, session: Session) -> None:
        self._closing.add(session)
        self.loop.start(self._leave_server(session))

    def _leave_server(self, session: Session) -> Steps[None]:
        try:
            yield from session.close()
        finally:
            self._closing.discard(session)
            self.places.left(monotonic())
            self._tell()


def _unforeseen(error: Exception) -> SmtpUnavailableError:
    return SmtpUnavailableError(
        Phase.CONNECT, NO_REPLY, f"unexpected {type(error).__name__}: {error}"
    )
