"""The sending half of a mailer: one thread drives all SMTP sessions, one e-mail each at a time.

`step` belongs to that thread; `room`, `add`, `probe`, `end` and `abort` are for others. Results
leave by the batch through `results`.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from time import monotonic

from postroom.mailer import attempt_span
from postroom.mailer.attempt import Attempt
from postroom.mailer.circuit import Circuit, CircuitState
from postroom.mailer.coroutines import Steps
from postroom.mailer.errors import CrowdedError, StaleSessionError
from postroom.mailer.metrics import Metrics
from postroom.mailer.own_outcomes import give_back
from postroom.mailer.rows.result import Result
from postroom.mailer.sessions.line import InHand, Line
from postroom.mailer.sessions.pool import SessionPool
from postroom.mailer.smtp.session import Session, look_at
from postroom.shared.telemetry.logs import bind_for_good, logger, together

log = logger(__name__)

GATHER_SECONDS = 0.004  # how long a claim waits for more room while others work
RESULTS_SECONDS = 0.05  # how long a result waits for others while these are being sent
BEGIN_AT_ONCE = 16
BYTES_IN_HAND = 64 * 1024 * 1024  # no attempt begins while built messages exceed this
WAIT_SECONDS = 0.5  # the longest any step waits before it looks at the stop flag

Finished = list[tuple[InHand, Result]]


class Sending:
    """The sessions, the line of those that wait for one, and what has been sent."""

    def __init__(
        self, pool: SessionPool, *, attempt: Attempt, circuit: Circuit, metrics: Metrics
    ) -> None:
        self.pool = pool
        self.stopping = threading.Event()  # set: what is claimed and not begun is given back
        self.results: queue.SimpleQueue[Finished | None] = queue.SimpleQueue()
        self._log = log.bind()  # bound once; see what-speed-costs: log line per e-mail
        self._attempt = attempt
        self._circuit = circuit
        self._metrics = metrics
        self._loop = pool.loop
        self._line = Line()
        self._finished: Finished = []
        self._done = 0  # e-mails that left the line since the last batch of results
        self._gather_until = 0.0
        self._ending = False
        self._idle = threading.Condition()
        self._in_hand = 0
        self._probe_asked = False
        self._probed = threading.Event()
        self.seen = monotonic()  # when the sending thread last made progress

    def room(self) -> int:
        """How many more e-mails can be sent now, after a short wait for more room while most of it
        is taken."""
        half = self.pool.capacity // 2
        with self._idle:
            if self._room() <= 0:
                self._idle.wait(WAIT_SECONDS)
            if self._room() < half:
                self._idle.wait_for(lambda: self._room() >= half, GATHER_SECONDS)
            return max(0, self._room())

    def _room(self) -> int:
        return self.pool.capacity - self._in_hand

    def add(self, items: Sequence[InHand]) -> None:
        """Send these too; no more than there is `room` for."""
        with self._idle:
            self._in_hand += len(items)
        self._line.put(items)
        self._loop.wake()

    def probe(self, alive: Callable[[], None]) -> None:
        """Have the sending thread find out whether the server can be used, and wait for that.

        The circuit learns the result. `alive` is called while it takes long.
        """
        self._probed.clear()
        self._probe_asked = True
        self._loop.wake()
        while not (self._probed.wait(WAIT_SECONDS) or self.stopping.is_set()):
            alive()

    def step(self) -> bool:
        """Begin what was claimed, continue where a server answered; False when all is sent."""
        self.seen = monotonic()
        self._look_round()
        if self._begin():
            wait = 0.0
        elif self._done:
            wait = max(0.0, self._gather_until - monotonic())
        else:
            wait = min(WAIT_SECONDS, self.pool.until_look())
            if self._line and (until := self.pool.until_next()):
                wait = min(wait, until)
        self._loop.turn(wait)
        if self._done and self._gathered():
            self._pass_on()
        return bool(not self._ending or self._line or self._loop or self._done)

    def _look_round(self) -> None:
        """What must be seen to before e-mails: a stop, a probe, a line that nobody can serve."""
        if self._line and (reason := self._why_not()):
            self._empty_line(reason)
        if self._ending:
            self.pool.end()
        elif self._probe_asked:
            self._probe_asked = False
            self.pool.probe(self._probed.set)

    def _why_not(self) -> str:
        """Why none of those in the line can be sent now; empty if they can."""
        if self.stopping.is_set():
            return "the mailer is stopping"
        if self.pool.standing_by:
            return "other mailers have all connections that the SMTP server takes"
        if self._circuit.state is not CircuitState.CLOSED:
            return self._circuit.reason
        return ""

    def _empty_line(self, reason: str) -> None:
        trouble = self.pool.trouble
        while self._line:
            item = self._line.next()
            if trouble and trouble.error == reason:
                result = self._attempt.smtp_unavailable(item.email, trouble)
            else:
                result = give_back(item.email, reason)
            self._leave(item, result)

    def _gathered(self) -> bool:
        """Whether to pass results on: many are there, or time is up, or none is to come."""
        nothing_to_come = not self._loop and not self._line
        return (
            nothing_to_come
            or self._done >= max(1, self.pool.capacity // 2)
            or monotonic() >= self._gather_until
        )

    def _begin(self) -> bool:
        """Build a few, so that answers to others do not wait for all of a large claim.

        The next turn writes them, after one look at all their connections.
        """
        begun: list[Session] = []
        while (
            self._line
            and len(begun) < BEGIN_AT_ONCE
            and self._attempt.bytes_in_hand < BYTES_IN_HAND
            and (session := self.pool.take())
        ):
            self.seen = monotonic()  # each may have to read its files
            begun.append(session)
            self._loop.start(self._try(self._line.next(), session))
        if len(begun) > 1:
            look_at(begun)
        self.pool.fill(len(self._line), grow=not begun)
        return bool(begun)

    def _try(self, item: InHand, session: Session) -> Steps[None]:
        email = item.email
        bind_for_good(email_id=email.id, attempt=email.attempt)
        last = self.pool.alone
        try:
            result = yield from self._attempt.run(email, session, last=last)
        except StaleSessionError:
            self._line.put_first(item)
            self.pool.give_back(session)
            self.pool.look()
            return
        except CrowdedError as error:
            self._line.put_first(item)
            self.pool.crowded(session, str(error))
            return
        except BaseException:
            self._done += 1  # without a result: its lease will end
            self.pool.give_back(session)
            raise
        self.pool.give_back(session)
        self._leave(item, result)

    def _leave(self, item: InHand, result: Result) -> None:
        if not self._done:
            self._gather_until = monotonic() + RESULTS_SECONDS
        self._done += 1
        self._finished.append((item, result))
        attempt_span.record(item.delivery, result)

    def _pass_on(self) -> None:
        """Results to the recording thread, room to the next claim, both in batches.

        See what-speed-costs: results in batches.
        """
        finished, self._finished = self._finished, []
        done, self._done = self._done, 0
        self.results.put(finished)
        with self._idle:
            self._in_hand -= done
            self._idle.notify()
        self._log_attempts(finished)

    def _log_attempts(self, finished: Finished) -> None:
        with together():
            for _, result in finished:
                email, decision = result.email, result.decision
                self._metrics.count(result)
                self._log.info(
                    "attempt_ended",
                    email_id=email.id,
                    attempt=email.attempt,
                    status=decision.status,
                    outcome=decision.attempt_outcome,
                    code=decision.reply.code if decision.reply else None,
                    error=decision.error or None,
                    duration_ms=result.duration_ms,
                )

    def end(self) -> None:
        """After the last claim: sending ends when every claimed e-mail has its result."""
        self._ending = True
        self._loop.wake()

    def abort(self) -> None:
        """End all sends in progress now; each e-mail's outcome is what is known by then."""
        self.pool.abort()
        self._loop.wake()

    def close_sessions(self) -> None:
        """Close all connections at the same time, with QUIT; after the last `step`."""
        self.pool.close()
