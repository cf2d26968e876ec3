"""The mailer on one screen: take, claim, send, record, settle.

Each step is a method that says whether it found work; each runs in a loop on a thread of its own.
The sending thread drives all SMTP sessions, one e-mail each at a time; what waits for a claim or
for its record is bounded by the broker's prefetch. A result is recorded first and its message
acknowledged after.
"""

import queue
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from mailer import attempt_span, worn
from mailer.ability import Ability
from mailer.attempt import Attempt, give_back
from mailer.circuit import Pace
from mailer.claimed import ClaimedEmail
from mailer.database import DatabaseUnavailable
from mailer.inbox import Delivery, Inbox, settle
from mailer.leases import Leases
from mailer.metrics import Metrics
from mailer.pauses import Pauses
from mailer.recorder import Recorder
from mailer.result import Result
from mailer.smtp import Session
from mailer.steps import StepLoop, Steps
from mailer.store import Store
from shared.logs import bind_for_good, logger

log = logger(__name__)

BATCH = 100  # e-mails a claim or a record statement
GATHER_SECONDS = 0.004  # how long a claim waits for more idle sessions while others work
RESULTS_SECONDS = 0.05  # how long a result waits for company while others are being sent
BEGIN_AT_ONCE = 8
BYTES_IN_HAND = 64 * 1024 * 1024  # built messages beyond which no other is begun
WAIT_SECONDS = 0.5  # the longest any step waits before it looks at the stop flag


@dataclass(frozen=True, slots=True)
class InHand:
    """A claimed e-mail and the message that brought it."""

    email: ClaimedEmail
    delivery: Delivery


class Pipeline:
    """The steps, and what passes between them."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        claims: Store,
        recorder: Recorder,
        ability: Ability,
        pauses: Pauses,
        leases: Leases,
        attempt: Attempt,
        pace: Pace,
        metrics: Metrics,
        sessions: Sequence[Session],
    ) -> None:
        self.inbox = inbox
        self.claims = claims
        self.recorder = recorder
        self.ability = ability
        self.pauses = pauses
        self.leases = leases
        self.attempt = attempt
        self.pace = pace
        self.metrics = metrics
        self.sessions = sessions
        self.stopping = threading.Event()
        self._loop = StepLoop()
        self._claimed: deque[InHand] = deque()
        self._free = list(sessions)
        self._finished: list[tuple[InHand, Result]] = []
        self._freed = 0
        self._gather_until = 0.0
        self._ending = False
        self._results: queue.SimpleQueue[list[tuple[InHand, Result]] | None] = queue.SimpleQueue()
        self._idle = threading.Condition()
        self._idle_sessions = len(sessions)

    # take and claim

    def claim_step(self) -> int:
        """Take what fits the idle sessions and claim it; messages of others are acknowledged."""
        if not self.ability.check(self.stopping):
            return 0
        room = self._room()
        deliveries: list[Delivery] = []
        try:
            self.pauses.look(self.claims)
            worn.publish_anew(self.inbox, self.claims)
            if room:
                deliveries = self.inbox.take(room, WAIT_SECONDS, paused=self.pauses.lanes)
            if not deliveries:
                return 0
            if not self.ability.smtp_usable:  # the circuit opened while we waited for these
                self.inbox.put_back(deliveries)
                return 0
            claimed_at = monotonic()
            emails = self.claims.claim([delivery.email_id for delivery in deliveries])
        except DatabaseUnavailable as error:
            self.inbox.put_back(deliveries)
            self.ability.database_away(error)
            return 0
        except Exception:
            # Not lost with their messages: whatever was claimed all the same is not ours then.
            self.inbox.put_back(deliveries)
            raise
        self._hand_to_sessions(deliveries, emails, claimed_at)
        return len(emails)

    def _hand_to_sessions(
        self, deliveries: list[Delivery], emails: list[ClaimedEmail], claimed_at: float
    ) -> None:
        self.leases.add(emails, claimed_at)
        with self._idle:
            self._idle_sessions -= len(emails)
        ours = {email.id: email for email in emails}
        others = []
        for delivery in deliveries:
            if email := ours.pop(delivery.email_id, None):
                self._claimed.append(InHand(email, delivery))
            else:
                others.append(delivery)
        self._loop.wake()
        if others:
            self._settle_others(others)

    def _settle_others(self, others: list[Delivery]) -> None:
        """Keep what a pause holds back; acknowledge second copies and what is done."""
        try:
            kept = self.pauses.held_back(self.claims, others)
        except DatabaseUnavailable as error:
            self.ability.database_away(error)
            kept = others
        except Exception:
            self.inbox.put_back(others)
            raise
        self.inbox.put_back(kept)
        if finished := [delivery for delivery in others if delivery not in kept]:
            self.metrics.not_ours.inc(len(finished))
            settle(finished)

    def _room(self) -> int:
        """Idle sessions, after a short wait for company while most of them are busy."""
        half = len(self.sessions) // 2
        with self._idle:
            if self._idle_sessions == 0:
                self._idle.wait(WAIT_SECONDS)
            if self._idle_sessions < half:
                self._idle.wait_for(lambda: self._idle_sessions >= half, GATHER_SECONDS)
            room = min(self._idle_sessions, BATCH)
        if room and (pause := self.pace.pause_seconds(monotonic())):
            # The server asked for less: one at a time, and nothing waits in hand meanwhile.
            self.stopping.wait(pause)
            return 0 if self.stopping.is_set() else 1
        return room

    # send

    def send_step(self) -> bool:
        """Begin what was claimed, go on where a server answered; False when there is no more."""
        if self._begin():
            wait = 0.0
        else:
            wait = max(0.0, self._gather_until - monotonic()) if self._freed else WAIT_SECONDS
        self._loop.turn(wait)
        if self._freed and self._gathered():
            self._pass_on()
        return bool(not self._ending or self._claimed or self._loop or self._freed)

    def _gathered(self) -> bool:
        """Whether results need not wait for more: a fair batch, long enough, or nothing to come."""
        nothing_to_come = not self._loop and not self._claimed
        return (
            nothing_to_come
            or self._freed >= len(self.sessions) // 2
            or monotonic() >= self._gather_until
        )

    def _begin(self) -> int:
        """Begin a few, so that answers to others do not wait for all of a large claim."""
        begun = 0
        while (
            self._claimed
            and self._free
            and begun < BEGIN_AT_ONCE
            and self.attempt.bytes_in_hand < BYTES_IN_HAND
        ):
            self._loop.start(self._try(self._claimed.popleft(), self._free.pop()))
            begun += 1
        return begun

    def _try(self, item: InHand, session: Session) -> Steps[None]:
        email = item.email
        bind_for_good(email_id=email.id, attempt=email.attempt)
        try:
            if self.stopping.is_set():
                result = give_back(email, "the mailer is stopping")
            else:
                result = yield from self.attempt.run(email, session)
        finally:
            self._free.append(session)
            if not self._freed:
                self._gather_until = monotonic() + RESULTS_SECONDS
            self._freed += 1
        self._finished.append((item, result))
        self.metrics.count(result)
        attempt_span.tell(item.delivery, result)
        decision = result.decision
        log.info(
            "attempt_ended",
            status=decision.status,
            outcome=decision.attempt_outcome,
            code=decision.reply.code if decision.reply else None,
            error=decision.error or None,
            duration_ms=result.duration_ms,
        )

    def _pass_on(self) -> None:
        """Results to the recording thread, sessions to the next claim: by the batch, as each
        waking of another thread costs more than sending one e-mail."""
        finished, self._finished = self._finished, []
        freed, self._freed = self._freed, 0
        self._results.put(finished)
        with self._idle:
            self._idle_sessions += freed
            self._idle.notify()

    # record and settle

    def record_step(self) -> bool:
        """Record a batch of results, then settle their messages; False when there are no more."""
        batch, more = self._gather()
        if batch:
            recorded = self.recorder.record([result for _, result in batch])
            self.leases.release([item.email for item, _ in batch])
            dead = {
                id(item)
                for item, result in batch
                if result.decision.dead_letter and result.email.id in recorded
            }
            settle([item.delivery for item, _ in batch if id(item) not in dead])
            settle([item.delivery for item, _ in batch if id(item) in dead], acknowledge=False)
        return more

    def _gather(self) -> tuple[list[tuple[InHand, Result]], bool]:
        batch: list[tuple[InHand, Result]] = []
        entry = self._results.get()
        while entry is not None:
            batch += entry
            if len(batch) >= BATCH:
                return batch, True
            try:
                entry = self._results.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    # stop

    def end_sending(self) -> None:
        """After the last claim: sending ends when what was claimed has ended."""
        self._ending = True
        self._loop.wake()

    def abort_sending(self) -> None:
        """End what is still being sent now; each e-mail's outcome is what is known by then."""
        for session in self.sessions:
            session.abort()
        self._loop.wake()

    def close_sessions(self) -> None:
        """Take leave of the server on all connections at once; after the last `send_step`."""
        for session in self.sessions:
            self._loop.start(session.close())
        while self._loop:
            self._loop.turn(WAIT_SECONDS)
        self._loop.close()

    def end_recording(self, *, patience: float) -> None:
        """After the last send: record what is left, waiting at most `patience` s for a database."""
        self._results.put(None)
        timer = threading.Timer(patience, self.recorder.give_up.set)
        timer.daemon = True
        timer.start()
