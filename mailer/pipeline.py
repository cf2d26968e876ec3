"""The mailer on one screen: take, claim, send (`sending.py`), record, settle.

Each step is a method that returns whether it found work; each runs in a loop on a thread of its
own. The broker's prefetch limits what waits for a claim or for its record. A result is recorded
first, and its message is acknowledged after that.
"""

import queue
import threading
from time import monotonic

from postroom.mailer.broker.inbox import settle
from postroom.mailer.circuit import Pace
from postroom.mailer.claiming import Claiming
from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.readiness import Readiness
from postroom.mailer.rows.leases import Leases
from postroom.mailer.rows.recorder import Recorder
from postroom.mailer.sending import Finished, Sending

BATCH = 100  # e-mails per statement that claims or records
LATE_SECONDS = 1.0  # until a result whose row was locked is tried again
# The same, if each try waits for a lock: such a statement has locked the row itself, and the lease
# cannot be renewed meanwhile. Leaves time for renewals, and seldom delays all others.
WAITED_SECONDS = 20.0


class Pipeline:
    """The steps, and what passes between them."""

    def __init__(
        self,
        *,
        readiness: Readiness,
        claiming: Claiming,
        pace: Pace,
        leases: Leases,
        sending: Sending,
        recorder: Recorder,
    ) -> None:
        self.readiness = readiness
        self.claiming = claiming
        self.pace = pace
        self.leases = leases
        self.sending = sending
        self.recorder = recorder
        self.stopping = sending.stopping
        self._late: Finished = []
        self._late_at = 0.0  # when to try these again
        self._ended = False

    # take and claim

    def claim_step(self) -> int:
        """Take what there is room for and claim it; acknowledge messages without a claim."""
        if not self.readiness.check(self.stopping):
            return 0
        room = self._room()
        try:
            deliveries = self.claiming.take(room, len(self.leases))
            if not deliveries:
                return 0
            if not self.readiness.smtp_usable:  # the circuit opened while we waited for these
                self.claiming.put_back(deliveries)
                return 0
            claimed_at = monotonic()
            items, others = self.claiming.claim(deliveries)
            self.leases.add([item.email for item in items], claimed_at)
            self.sending.add(items)
            if others:
                self.claiming.settle_others(others)
        except DatabaseUnavailableError as error:
            self.readiness.database_away(error)
            return 0
        return len(items)

    def _room(self) -> int:
        """How many e-mails to claim now."""
        room = min(self.sending.room(), BATCH)
        if room and self.pace.interval:
            # The server asked us to slow down: claim one at a time, so none waits in hand.
            self.stopping.wait(self.pace.pause_seconds(monotonic()))
            return 0 if self.stopping.is_set() else 1
        return room

    # record and settle

    def record_step(self) -> bool:
        """Record a batch of results, then settle their messages; False when there are no more."""
        batch = self._gather()
        if batch:
            try:
                self._record(batch)
            finally:
                self.recorder.rest()
        return not self._ended or bool(self._late)

    def _record(self, batch: Finished) -> None:
        held = self.recorder.record([result for _, result in batch])
        recorded = [entry for entry in batch if entry[0].email.claim_token in held]
        if len(recorded) < len(batch):
            self._late += [entry for entry in batch if entry[0].email.claim_token not in held]
            self._late_at = monotonic() + (WAITED_SECONDS if self.recorder.waited else LATE_SECONDS)
        self.leases.release([item.email for item, _ in recorded])
        dead = {
            id(item)
            for item, result in recorded
            if result.decision.dead_letter and held[item.email.claim_token]
        }
        settle([item.delivery for item, _ in recorded if id(item) not in dead])
        settle([item.delivery for item, _ in recorded if id(item) in dead], acknowledge=False)

    def _gather(self) -> Finished:
        """What waits to be recorded, including results whose row was locked at the last try."""
        batch: Finished = []
        try:
            entry = self.sending.results.get(timeout=self._until_late())
            while entry is not None:
                batch += entry
                if len(batch) >= BATCH:
                    break
                entry = self.sending.results.get_nowait()
            else:
                self._ended = True
        except queue.Empty:
            pass
        if self._late and (self._ended or monotonic() >= self._late_at):
            late, self._late = self._late, []
            batch = late + batch
        return batch

    def _until_late(self) -> float | None:
        """Seconds to wait for something new before late results are tried again."""
        if not self._late:
            return None
        return LATE_SECONDS if self._ended else max(0.0, self._late_at - monotonic())

    # stop

    def end_recording(self, *, patience: float) -> None:
        """After the last send: record what is left; wait at most `patience` s for the database."""
        self.sending.results.put(None)
        timer = threading.Timer(patience, self.recorder.give_up.set)
        timer.daemon = True
        timer.start()
