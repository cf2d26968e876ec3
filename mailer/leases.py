"""What this mailer has in hand, and until when it may act on it."""

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from uuid import UUID

from mailer.claimed import ClaimedEmail
from mailer.database import DatabaseUnavailable
from mailer.store import Store
from shared.logs import logger
from shared.status import OnUnknown

log = logger(__name__)


class Leases:
    """The claims in hand, by token; thread-safe. Times are monotonic seconds of this process.

    A lease counts from just before the statement that took or renewed it, so it always ends here
    before it ends in the database.
    """

    def __init__(self, lease_seconds: float) -> None:
        self._lease = lease_seconds
        self._margin = min(2.0, lease_seconds / 5)
        self._lock = threading.Lock()
        self._held: dict[UUID, tuple[ClaimedEmail, float]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, emails: Sequence[ClaimedEmail], claimed_at: float) -> None:
        """Note claims taken by a statement begun at `claimed_at`."""
        with self._lock:
            for email in emails:
                self._held[email.claim_token] = (email, claimed_at + self._lease)

    def release(self, emails: Sequence[ClaimedEmail]) -> None:
        """Forget claims whose result is recorded."""
        with self._lock:
            for email in emails:
                self._held.pop(email.claim_token, None)

    def is_ours(self, email: ClaimedEmail) -> bool:
        """Whether the lease surely still holds."""
        held = self._held.get(email.claim_token)
        return held is not None and monotonic() < held[1] - self._margin

    def renew(self, store: Store) -> None:
        """Renew everything in hand with one statement; what is lost is no longer ours.

        Raises:
            DatabaseUnavailable: nothing was renewed; the leases run on.
        """
        with self._lock:
            emails = [email for email, _ in self._held.values()]
        if not emails:
            return
        asked_at = monotonic()
        kept = store.renew(emails)
        with self._lock:
            for email in emails:
                token = email.claim_token
                if token not in self._held:
                    continue
                # One that is being recorded just now finds no row either; it is leaving anyway.
                self._held[token] = (email, asked_at + self._lease if token in kept else 0.0)


class HandOver:
    """Asks, just before the final dot, whether an e-mail is still ours; `hold` mail durably.

    Requests of several senders share one statement: whoever gets the turn asks for all that wait.
    """

    def __init__(self, leases: Leases, store: Store) -> None:
        self._leases = leases
        self._store = store
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Ticket] = []

    def asker(self, email: ClaimedEmail) -> Callable[[], bool]:
        """The question for one e-mail, as `Session.send` wants it."""
        if email.on_unknown is OnUnknown.RESEND:
            return lambda: self._leases.is_ours(email)
        return lambda: self._leases.is_ours(email) and self._hand_over(email)

    def _hand_over(self, email: ClaimedEmail) -> bool:
        ticket = _Ticket(email)
        with self._lock:
            self._waiting.append(ticket)
        with self._turn:
            if ticket.granted is None:
                with self._lock:
                    batch, self._waiting = self._waiting, []
                self._ask(batch)
        return bool(ticket.granted) and self._leases.is_ours(email)

    def _ask(self, batch: list["_Ticket"]) -> None:
        try:
            ours = self._store.hand_over([ticket.email for ticket in batch])
        except DatabaseUnavailable as error:
            # Not written for sure, or written and unanswered: either way no dot follows.
            log.warning("hand_over_failed", error=str(error))
            ours = set()
        for ticket in batch:
            ticket.granted = ticket.email.id in ours


class _Ticket:
    """One sender's question and its answer."""

    __slots__ = ("email", "granted")

    def __init__(self, email: ClaimedEmail) -> None:
        self.email = email
        self.granted: bool | None = None
