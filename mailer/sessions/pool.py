"""The SMTP sessions of a mailer: opened as they are needed and as the server lets them.

For the sending thread, but for `abort`. An e-mail never waits for one certain connection: whichever
session is ready first takes the first in the line.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

from postroom.mailer.circuit import Circuit, CircuitState
from postroom.mailer.coroutines import StepLoop, Steps
from postroom.mailer.errors import SmtpUnavailableError
from postroom.mailer.sessions.neighbours import Neighbours
from postroom.mailer.sessions.opening import Opening
from postroom.mailer.sessions.places import LEFT_WAIT, Places
from postroom.mailer.sessions.sharing import Sharing
from postroom.mailer.sessions.standing_by import StandingBy
from postroom.mailer.smtp.session import Session, look_at
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

TIDY_SECONDS: Final = 1.0  # between two looks at idle sessions
SHARING_SECONDS: Final = 0.25  # the same, and at the other mailers, while we share with them


class SessionPool:
    """Sessions that are ready, busy, being opened and being closed."""

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
        self._circuit = circuit
        self._neighbours = neighbours
        self._stand_by = stand_by
        self._standing_by = StandingBy(neighbours, circuit, self._change_part)
        self._opening = Opening(
            new_session, self.loop, pool=self, circuit=circuit, standing_by=self._standing_by
        )
        self._ready: list[Session] = []  # the last used at the end
        self._busy: set[Session] = set()
        self._closing: set[Session] = set()
        self._worn = 0  # sessions that were closed after enough e-mails and not replaced yet
        self._rest_until = 0.0  # no e-mail goes over a session before, in monotonic seconds
        self._idle = 0  # sessions that were ready all the time since the last tidying
        self._tidy_at = 0.0
        self._sharing = Sharing(neighbours, places)
        self._worked_at = monotonic()  # when there was a connection, or at the start

    @property
    def working(self) -> int:
        """Connections that are open."""
        return len(self._ready) + len(self._busy)

    @property
    def alone(self) -> bool:
        """Whether the one connection is the only one of ours that the server can count."""
        return self.working == 1 and not self._closing and not self.places.just_left(monotonic())

    @property
    def standing_by(self) -> bool:
        """Whether other mailers have all connections that the server takes."""
        return self._standing_by.active

    @property
    def capacity(self) -> int:
        """How many e-mails can be sent at the same time."""
        return 0 if self.standing_by else self.places.capacity

    @property
    def trouble(self) -> SmtpUnavailableError | None:
        """The last failure to open a session."""
        return self._opening.trouble

    @property
    def waits_since(self) -> float:
        """Since when an answer to a new session is awaited, in monotonic seconds; 0: it is not."""
        return self._opening.waits_since

    # what the sending thread asks for

    def take(self) -> Session | None:
        """A ready session, which is busy from now on; None if there is none."""
        now = monotonic()
        while self._ready and now >= self._rest_until:
            session = self._ready.pop()
            if not session.worn(now):
                self._busy.add(session)
                self._idle = min(self._idle, len(self._ready))
                return session
            self._close(session, worn=True)
        return None

    def give_back(self, session: Session) -> None:
        """After an e-mail: ready again, unless its connection has ended or should."""
        self._busy.discard(session)
        if not session.is_open:
            self._tell()
        elif session.worn(monotonic()):
            self._close(session, worn=True)
        elif self.working >= self.places.capacity:
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
        """The server has too many connections of ours: go on with fewer.

        If this is the only one, the server counts one that has left: it rests for a moment.
        """
        if self.working == 1:
            self._rest_until = self._opening.not_before = monotonic() + LEFT_WAIT
            self.give_back(session)
        else:
            self._busy.discard(session)
            self._close(session, refused=True)
        self.limited(error)

    def fill(self, waiting: int, *, grow: bool = True) -> None:
        """Begin to open sessions, for up to `waiting` e-mails that no ready session can take.

        Without `grow` only in place of worn ones: those that work will be ready in a moment.
        """
        now = monotonic()
        wanted = max(0, waiting - len(self._ready))
        if now >= self._tidy_at:
            self._tidy(now, wanted)
            self._tidy_at = now + TIDY_SECONDS
        if self._sharing.lasts or (self.working and len(self._opening)):
            self._tidy_at = min(self._tidy_at, now + SHARING_SECONDS)
        if self.places.limited and self._busy and not self._ready:
            wanted = max(wanted, 1)  # for a trial
        if (
            not wanted
            or self.standing_by
            or self._circuit.state is not CircuitState.CLOSED
            or not self._opening.may_begin(now)
        ):
            return
        room = self.places.room(
            now,
            wanted=wanted,
            working=self.working,
            opening=len(self._opening),
            closing=len(self._closing),
        )
        if not grow:
            room = min(room, self._worn)
        self._worn = 0 if grow else self._worn - room
        for _ in range(room):
            self._opening.begin()

    def until_look(self) -> float:
        """Seconds until the next look at idle sessions and, while we share, at other mailers."""
        return max(0.0, self._tidy_at - monotonic())

    def until_next(self) -> float:
        """Seconds until `fill` may do more than it could just now; 0 if no time is set."""
        now = monotonic()
        rest = self._rest_until - now
        if rest > 0:
            return rest
        return max(0.0, self._opening.not_before - now, self.places.until_next(now))

    def probe(self, done: Callable[[], None]) -> None:
        """Find out whether the server can be used again, over a session that is ready, if any; then
        call `done`. The circuit learns the result."""
        # A login that is refused now says nothing about a session that logged in before.
        ready = None if self._circuit.configuration or not self._ready else self._ready.pop()
        self._opening.probe(ready, done)

    def end(self) -> None:
        """Open no more."""
        self._opening.end()

    def abort(self) -> None:
        """End all that is in progress; safe from any thread."""
        for session in (*self._busy,):
            session.abort()
        self._opening.abort()

    def close(self) -> None:
        """Close all connections at the same time, with QUIT; nothing is in progress any more."""
        for session in (*self._ready, *self._busy):
            self.loop.start(session.close())
        self._ready.clear()
        while self.loop:
            self.loop.turn(0.5)
        self.loop.close()

    # what opening reports

    def opened(self, session: Session) -> None:
        """One more is ready."""
        self._ready.append(session)
        if self.places.limited and self.working > self.places.capacity:
            self.places.opened(self.working)
            log.info("smtp_limit_rose", connections=self.working)
        self._tell()

    def limited(self, error: str) -> None:
        """One more was not taken beside those that work: a limit, and no outage."""
        if self.places.refused(monotonic(), self.working):
            log.warning("smtp_limit", connections=self.places.capacity, error=error)
        self._tell()

    # other mailers

    def _tidy(self, now: float, wanted: int) -> None:
        """Close sessions that are idle for long, or that another mailer needs."""
        while self._ready and self._ready[0].worn(now):
            self._close(self._ready.pop(0))
        if self.working:
            self._worked_at = now
            if self._opening.are_silent(now):
                self._opening.give_up()
                self.limited("new connections get no answer")
            elif not (wanted or self._busy) and self._opening.are_silent(now, SHARING_SECONDS):
                self._opening.give_up()  # others may wait behind us
        if self.standing_by:
            self._sharing.end()
            if not self._opening and self._standing_by.is_due(now, self._neighbours.look()):
                self._opening.begin()
        else:
            kept = self._sharing.keep(
                now,
                working=self.working,
                idle=min(self._idle, len(self._ready)),
                has_work=bool(wanted or self._busy),
            )
            self._leave(kept, now)
            if self._gets_none(now):
                error = self.trouble.error if self.trouble else "no answer yet"
                self._standing_by.left_to_others(now, error)
        self._idle = len(self._ready)
        self._tell()

    def _gets_none(self, now: float) -> bool:
        """Whether a connection was asked for, for a second, and there is none; some servers let
        one too many wait in silence. Not if an operator is needed."""
        circuit = self._circuit
        asked = bool(self._opening) or circuit.state is not CircuitState.CLOSED
        waited = now - self._worked_at >= TIDY_SECONDS
        return asked and waited and not self.working and not circuit.configuration

    def _leave(self, working: int, now: float) -> None:
        if working >= self.working:
            return
        self._opening.give_up()
        self.places.leave(now, working)
        log.info("smtp_connections_left_to_others", connections=working)
        while self._ready and self.working > working:
            self._close(self._ready.pop(0))

    def _change_part(self, standing_by: bool) -> None:
        self._stand_by(standing_by)
        self._tell()

    def _tell(self) -> None:
        limited = self.standing_by or self.places.limited
        self._neighbours.tell(
            sessions=self.working + len(self._opening) if self.working else 0,
            wanting=self.standing_by or (limited and bool(self._busy) and not self._ready),
            limited=limited,
        )

    def _close(self, session: Session, *, refused: bool = False, worn: bool = False) -> None:
        self._worn += worn
        self._closing.add(session)
        self.loop.start(self._leave_server(session, refused))

    def _leave_server(self, session: Session, refused: bool) -> Steps[None]:
        try:
            yield from session.close()
        finally:
            self._closing.discard(session)
            if not refused:  # the server had taken it, and may count it for a moment
                self.places.left(monotonic())
            self._tell()
