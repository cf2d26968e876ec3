"""Claims e-mails in batches; a locked row never blocks the rest."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from postroom.mailer.broker import redelivered
from postroom.mailer.broker.foreign import Foreign
from postroom.mailer.broker.inbox import Delivery, Inbox, settle
from postroom.mailer.broker.installation import Installation
from postroom.mailer.errors import DatabaseUnavailableError, RowLockedError
from postroom.mailer.metrics import Metrics
from postroom.mailer.pauses import Pauses
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.mailer.rows.store import Store
from postroom.mailer.sending import WAIT_SECONDS
from postroom.mailer.sessions.line import InHand
from postroom.mailer.solitary import Solitary
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

WARY_SECONDS: Final = 10.0  # how long after a locked row each claim looks for locks first
MOMENT_SECONDS: Final = 0.1  # until the message of a locked row is looked at again
LOCKED_SECONDS: Final = 1.0  # the same, if the row was locked at the last look too
UNREADABLE_SECONDS: Final = 60.0  # the same, if claiming this row alone fails


class Claiming:
    """Owned by the claiming thread.

    A claim waits for locks: a relay holds one for a moment, between publishing and commit. Only
    when that takes too long does a claim leave out the rows that are locked.
    """

    def __init__(
        self,
        store: Store,
        inbox: Inbox,
        pauses: Pauses,
        metrics: Metrics,
        alive: Callable[[], None] = lambda: None,
        installation: Installation | None = None,
    ) -> None:
        """`alive` is called before each claim when many are made one by one."""
        self._store = store
        self._alive = alive
        self._inbox = inbox
        self._pauses = pauses
        self._metrics = metrics
        self._installation = installation or Installation()
        self._solitary = Solitary()
        self.foreign = Foreign(self._installation)
        self._wary_until = 0.0
        self._locked: set[int] = set()  # found locked, while claims look for locks first

    def take(self, room: int, in_hand: int = 0) -> list[Delivery]:
        """At most `room` deliveries of lanes that are not paused, waiting a moment for the first.

        `in_hand`: e-mails that are claimed and not recorded yet.

        Raises:
            DatabaseUnavailableError: none was taken.
        """
        self._pauses.look(self._store)
        self._installation.look(self._store)
        redelivered.publish_again(self._inbox, self._store, self.foreign)
        self.foreign.give_back()
        if not room:
            return []
        if (alone := self._solitary.next(in_hand)) is not None:
            return alone
        taken = self._inbox.take(room, WAIT_SECONDS, paused=self._pauses.lanes)
        try:
            ours = self.foreign.keep_out(taken, self._store)
        except DatabaseUnavailableError:
            self._inbox.put_back(taken)
            raise
        return self._solitary.keep(ours)

    def put_back(self, deliveries: list[Delivery]) -> None:
        """Return deliveries that cannot be sent now, before the others."""
        self._inbox.put_back(deliveries)

    def claim(self, deliveries: list[Delivery]) -> tuple[list[InHand], list[Delivery]]:
        """Claim the e-mails of `deliveries`: what is ours now, and deliveries without a claim.

        A delivery whose e-mail cannot be claimed even alone is set aside.

        Raises:
            DatabaseUnavailableError: what was claimed is not known; all were put back.
        """
        try:
            emails = self._claim_free([delivery.email_id for delivery in deliveries])
        except DatabaseUnavailableError:
            self._inbox.put_back(deliveries)
            raise
        except Exception:
            log.exception("claim_failed_for_batch", count=len(deliveries))
            return self._claim_each(deliveries)
        self._locked.difference_update(email.id for email in emails)
        return _sort(emails, deliveries)

    def settle_others(self, others: list[Delivery]) -> None:
        """Keep what a pause or a lock holds; acknowledge second copies and finished e-mails.

        Raises:
            DatabaseUnavailableError: not known which; all are kept.
        """
        try:
            kept = self._pauses.held_back(self._store, others)
        except BaseException:
            self._inbox.put_back(others)
            raise
        if self._wary:
            self._set_aside_locked(kept)
        else:
            self._inbox.put_back(kept)
        if finished := [delivery for delivery in others if delivery not in kept]:
            self._metrics.not_ours.inc(len(finished))
            self._locked.difference_update(delivery.email_id for delivery in finished)
            settle(finished)

    def _set_aside_locked(self, deliveries: list[Delivery]) -> None:
        """Only a lock found twice makes claims look longer: a relay's lock is short."""
        locked = [d for d in deliveries if d.email_id in self._locked]
        self._inbox.set_aside(locked, LOCKED_SECONDS)
        self._inbox.set_aside([d for d in deliveries if d not in locked], MOMENT_SECONDS)
        self._locked |= {d.email_id for d in deliveries}
        if locked:
            self._wary_until = monotonic() + WARY_SECONDS

    @property
    def _wary(self) -> bool:
        return monotonic() < self._wary_until

    def _claim_free(self, ids: Sequence[int]) -> list[ClaimedEmail]:
        """Waits for locks, or leaves out the rows that are locked."""
        if not self._wary:
            try:
                return self._store.claim(ids)
            except RowLockedError as error:
                log.warning("claims_go_round_locked_rows", error=str(error))
                self._wary_until = monotonic() + WARY_SECONDS
                self._locked.clear()
        locked = self._store.locked(ids)
        return self._store.claim([email_id for email_id in ids if email_id not in locked])

    def _claim_each(self, deliveries: list[Delivery]) -> tuple[list[InHand], list[Delivery]]:
        """One by one. What the failed batch may have claimed is not ours: its lease will end."""
        emails: list[ClaimedEmail] = []
        failed: list[Delivery] = []
        for number, delivery in enumerate(deliveries):
            self._alive()
            try:
                emails += self._claim_free([delivery.email_id])
            except DatabaseUnavailableError as error:
                log.warning("claims_wait_for_database", error=str(error))
                self._inbox.put_back(deliveries[number:])
                deliveries = deliveries[:number]
                break
            except Exception:
                log.exception("claim_failed", email_id=delivery.email_id)
                self._inbox.set_aside([delivery], UNREADABLE_SECONDS)
                failed.append(delivery)
        return _sort(emails, [d for d in deliveries if d not in failed])


def _sort(
    emails: Sequence[ClaimedEmail], deliveries: Sequence[Delivery]
) -> tuple[list[InHand], list[Delivery]]:
    ours = {email.id: email for email in emails}
    items: list[InHand] = []
    others: list[Delivery] = []
    for delivery in deliveries:
        if email := ours.pop(delivery.email_id, None):
            items.append(InHand(email, delivery))
        else:
            others.append(delivery)
    return items, others
