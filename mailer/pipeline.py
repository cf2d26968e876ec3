"""The mailer on one screen: take, claim, send, record, settle.

Each step is a method that says how much work it found; each runs in a loop on a thread of its own
(`send` on many). A sender has one e-mail at a time; what waits for a claim or for its record is
bounded by the broker's prefetch. A result is recorded first and its message acknowledged after.
"""

import queue
import threading
from dataclasses import dataclass
from time import monotonic

from mailer.ability import Ability
from mailer.attempt import Attempt, give_back
from mailer.circuit import Pace
from mailer.claimed import ClaimedEmail
from mailer.database import DatabaseUnavailable
from mailer.inbox import Delivery, Inbox, settle
from mailer.leases import Leases
from mailer.metrics import Metrics
from mailer.recorder import Recorder
from mailer.result import Result
from mailer.smtp import Session
from mailer.store import Store
from shared.logs import bind, logger

log = logger(__name__)

BATCH = 100  # e-mails a claim or a record statement
GATHER_SECONDS = 0.004  # how long a claim waits for more idle senders while others work
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
        leases: Leases,
        attempt: Attempt,
        pace: Pace,
        metrics: Metrics,
        concurrency: int,
    ) -> None:
        self.inbox = inbox
        self.claims = claims
        self.recorder = recorder
        self.ability = ability
        self.leases = leases
        self.attempt = attempt
        self.pace = pace
        self.metrics = metrics
        self.concurrency = concurrency
        self.stopping = threading.Event()
        self._work: queue.SimpleQueue[InHand | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[InHand, Result] | None] = queue.SimpleQueue()
        self._idle = threading.Condition()
        self._idle_senders = concurrency

    # take and claim

    def claim_step(self) -> int:
        """Take what fits the idle senders and claim it; messages of others are acknowledged."""
        if not self.ability.check(self.stopping):
            return 0
        room = self._room()
        deliveries = self.inbox.take(room, WAIT_SECONDS) if room else []
        if not deliveries:
            return 0
        if not self.ability.smtp_usable:  # the circuit opened while we waited for these
            self.inbox.put_back(deliveries)
            return 0
        claimed_at = monotonic()
        try:
            emails = self.claims.claim([delivery.email_id for delivery in deliveries])
        except DatabaseUnavailable as error:
            self.inbox.put_back(deliveries)
            self.ability.database_away(error)
            return 0
        except Exception:
            # Not lost with their messages: whatever was claimed all the same is not ours then.
            self.inbox.put_back(deliveries)
            raise
        self._hand_to_senders(deliveries, emails, claimed_at)
        return len(emails)

    def _hand_to_senders(
        self, deliveries: list[Delivery], emails: list[ClaimedEmail], claimed_at: float
    ) -> None:
        self.leases.add(emails, claimed_at)
        with self._idle:
            self._idle_senders -= len(emails)
        ours = {email.id: email for email in emails}
        others = []
        for delivery in deliveries:
            if email := ours.pop(delivery.email_id, None):
                self._work.put(InHand(email, delivery))
            else:
                others.append(delivery)
        if others:
            self.metrics.not_ours.inc(len(others))
            settle(others)

    def _room(self) -> int:
        """Idle senders, after a short wait for company while most of them are busy."""
        with self._idle:
            if self._idle_senders == 0:
                self._idle.wait(WAIT_SECONDS)
            if self._idle_senders < self.concurrency // 2:
                self._idle.wait_for(
                    lambda: self._idle_senders >= self.concurrency // 2, GATHER_SECONDS
                )
            room = min(self._idle_senders, BATCH)
        if room and (pause := self.pace.pause_seconds(monotonic())):
            # The server asked for less: one at a time, and nothing waits in hand meanwhile.
            self.stopping.wait(pause)
            return 0 if self.stopping.is_set() else 1
        return room

    # send

    def send_step(self, session: Session) -> bool:
        """Try one e-mail; False when there will be no more."""
        item = self._work.get()
        if item is None:
            return False
        email = item.email
        with bind(email_id=email.id, attempt=email.attempt):
            if self.stopping.is_set():
                result = give_back(email, "the mailer is stopping")
            else:
                result = self.attempt.run(email, session)
            self._results.put((item, result))
            with self._idle:
                self._idle_senders += 1
                self._idle.notify()
            self.metrics.count(result)
            decision = result.decision
            log.info(
                "attempt_ended",
                status=decision.status.value,
                outcome=decision.attempt_outcome.value,
                code=decision.reply.code if decision.reply else None,
                error=decision.error or None,
                duration_ms=result.duration_ms,
            )
        return True

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
        batch = []
        entry = self._results.get()
        while entry is not None:
            batch.append(entry)
            if len(batch) == BATCH:
                return batch, True
            try:
                entry = self._results.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    # stop

    def end_sending(self) -> None:
        """After the last claim: each sender ends when the work before this is done."""
        for _ in range(self.concurrency):
            self._work.put(None)

    def end_recording(self, *, patience: float) -> None:
        """After the last send: record what is left, waiting at most `patience` s for a database."""
        self._results.put(None)
        timer = threading.Timer(patience, self.recorder.give_up.set)
        timer.daemon = True
        timer.start()
