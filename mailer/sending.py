"""The sending half of a mailer: one thread drives all SMTP sessions, one e-mail each at a time.

`step` belongs to that thread; `room`, `add`, `end` and `abort` are for others. Results leave by the
batch through `results`.
"""

import queue
import threading
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from postroom.mailer import attempt_span
from postroom.mailer.attempt import Attempt, give_back
from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.coroutines import StepLoop, Steps
from postroom.mailer.metrics import Metrics
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.mailer.rows.result import Result
from postroom.mailer.smtp.session import Session, look_at
from postroom.shared.telemetry.logs import bind_for_good, logger, together

log = logger(__name__)

GATHER_SECONDS = 0.004  # how long a claim waits for more idle sessions while others work
RESULTS_SECONDS = 0.05  # how long a result waits for others while these are being sent
BEGIN_AT_ONCE = 16
BYTES_IN_HAND = 64 * 1024 * 1024  # no attempt begins while built messages exceed this
WAIT_SECONDS = 0.5  # the longest any step waits before it looks at the stop flag


class InHand(NamedTuple):
    """A claimed e-mail and the message that brought it."""

    email: ClaimedEmail
    delivery: Delivery


Finished = list[tuple[InHand, Result]]


class Sending:
    """The sessions, what waits for one, and what has been sent."""

    def __init__(self, sessions: Sequence[Session], *, attempt: Attempt, metrics: Metrics) -> None:
        self.sessions = sessions
        self.stopping = threading.Event()  # set: what is claimed and not begun is given back
        self.results: queue.SimpleQueue[Finished | None] = queue.SimpleQueue()
        self._log = log.bind()  # bound once; see what-speed-costs: log line per e-mail
        self._attempt = attempt
        self._metrics = metrics
        self._loop = StepLoop()
        self._claimed: deque[InHand] = deque()
        self._free = list(sessions)
        self._finished: Finished = []
        self._freed = 0
        self._gather_until = 0.0
        self._ending = False
        self._idle = threading.Condition()
        self._idle_sessions = len(sessions)
        self.seen = monotonic()  # when the sending thread last made progress

    def room(self) -> int:
        """Number of idle sessions, after a short wait for more while most of them are busy."""
        half = len(self.sessions) // 2
        with self._idle:
            if self._idle_sessions == 0:
                self._idle.wait(WAIT_SECONDS)
            if self._idle_sessions < half:
                self._idle.wait_for(lambda: self._idle_sessions >= half, GATHER_SECONDS)
            return self._idle_sessions

    def add(self, items: Sequence[InHand]) -> None:
        """Send these too; no more than there is `room` for."""
        with self._idle:
            self._idle_sessions -= len(items)
        self._claimed += items
        self._loop.wake()

    def step(self) -> bool:
        """Begin what was claimed, continue where a server answered; False when all is sent."""
        self.seen = monotonic()
        if self._begin():
            wait = 0.0
        else:
            wait = max(0.0, self._gather_until - monotonic()) if self._freed else WAIT_SECONDS
        self._loop.turn(wait)
        if self._freed and self._gathered():
            self._pass_on()
        return bool(not self._ending or self._claimed or self._loop or self._freed)

    def _gathered(self) -> bool:
        """Whether to pass results on: many are there, or time is up, or none is to come."""
        nothing_to_come = not self._loop and not self._claimed
        return (
            nothing_to_come
            or self._freed >= len(self.sessions) // 2
            or monotonic() >= self._gather_until
        )

    def _begin(self) -> bool:
        """Build a few, so that answers to others do not wait for all of a large claim.

        The next turn writes them, after one look at all their connections.
        """
        begun: list[Session] = []
        while (
            self._claimed
            and self._free
            and len(begun) < BEGIN_AT_ONCE
            and self._attempt.bytes_in_hand < BYTES_IN_HAND
        ):
            self.seen = monotonic()  # each may have to read its files
            begun.append(session := self._free.pop())
            self._loop.start(self._try(self._claimed.popleft(), session))
        if len(begun) > 1:
            look_at(begun)
        return bool(begun)

    def _try(self, item: InHand, session: Session) -> Steps[None]:
        email = item.email
        bind_for_good(email_id=email.id, attempt=email.attempt)
        try:
            if self.stopping.is_set():
                result = give_back(email, "the mailer is stopping")
            else:
                result = yield from self._attempt.run(email, session)
        finally:
            self._free.append(session)
            if not self._freed:
                self._gather_until = monotonic() + RESULTS_SECONDS
            self._freed += 1
        self._finished.append((item, result))
        attempt_span.record(item.delivery, result)

    def _pass_on(self) -> None:
        """Results to the recording thread, sessions to the next claim, both in batches.

        See what-speed-costs: results in batches.
        """
        finished, self._finished = self._finished, []
        freed, self._freed = self._freed, 0
        self.results.put(finished)
        with self._idle:
            self._idle_sessions += freed
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
        for session in self.sessions:
            session.abort()
        self._loop.wake()

    def close_sessions(self) -> None:
        """Close all connections at the same time, with QUIT; after the last `step`."""
        for session in self.sessions:
            self._loop.start(session.close())
        while self._loop:
            self._loop.turn(WAIT_SECONDS)
        self._loop.close()
