"""The mailer on one screen: take, claim, send (`sending.py`), record, settle.

Each step is a method that says whether it found work; each runs in a loop on a thread of its own.
What waits for a claim or for its record is bounded by the broker's prefetch. A result is recorded
first and its message acknowledged after.
"""

import queue
import threading
from collections.abc import Sequence
from time import monotonic

from mailer import worn
from mailer.ability import Ability
from mailer.attempt import Attempt
from mailer.circuit import Pace
from mailer.claimed import ClaimedEmail
from mailer.database import DatabaseUnavailable
from mailer.inbox import Delivery, Inbox, settle
from mailer.leases import Leases
from mailer.metrics import Metrics
from mailer.pauses import Pauses
from mailer.recorder import Recorder
from mailer.sending import WAIT_SECONDS, Finished, InHand, Sending
from mailer.smtp import Session
from mailer.store import Store

BATCH = 100  # e-mails a claim or a record statement


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
        self.pace = pace
        self.metrics = metrics
        self.stopping = threading.Event()
        self.sending = Sending(sessions, attempt=attempt, metrics=metrics, stopping=self.stopping)

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
        ours = {email.id: email for email in emails}
        items, others = [], []
        for delivery in deliveries:
            if email := ours.pop(delivery.email_id, None):
                items.append(InHand(email, delivery))
            else:
                others.append(delivery)
        self.sending.add(items)
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
        """How many e-mails to claim now."""
        room = min(self.sending.room(), BATCH)
        if room and (pause := self.pace.pause_seconds(monotonic())):
            # The server asked for less: one at a time, and nothing waits in hand meanwhile.
            self.stopping.wait(pause)
            return 0 if self.stopping.is_set() else 1
        return room

    # record and settle

    def record_step(self) -> bool:
        """Record a batch of results, then settle their messages; False when there are no more."""
        batch, more = self._gather()
        if batch:
            try:
                self._record(batch)
            finally:
                self.recorder.rest()
        return more

    def _record(self, batch: Finished) -> None:
        recorded = self.recorder.record([result for _, result in batch])
        self.leases.release([item.email for item, _ in batch])
        dead = {
            id(item)
            for item, result in batch
            if result.decision.dead_letter and result.email.id in recorded
        }
        settle([item.delivery for item, _ in batch if id(item) not in dead])
        settle([item.delivery for item, _ in batch if id(item) in dead], acknowledge=False)

    def _gather(self) -> tuple[Finished, bool]:
        batch: Finished = []
        entry = self.sending.results.get()
        while entry is not None:
            batch += entry
            if len(batch) >= BATCH:
                return batch, True
            try:
                entry = self.sending.results.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    # stop

    def end_recording(self, *, patience: float) -> None:
        """After the last send: record what is left, waiting at most `patience` s for a database."""
        self.sending.results.put(None)
        timer = threading.Timer(patience, self.recorder.give_up.set)
        timer.daemon = True
        timer.start()
