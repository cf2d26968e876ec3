"""Records results: through an outage of the database, and so that one that cannot be written does
not hold up the others."""

import math
import threading
from collections.abc import Sequence
from time import monotonic

from mailer.database import DatabaseUnavailable
from mailer.result import Result
from mailer.store import Store
from shared.logs import logger

log = logger(__name__)

_RETRY_SECONDS = 1.0


class Recorder:
    """Owned by the recording thread; `give_up` ends the patience with an absent database.

    `seen`: when it last came round, in monotonic seconds; never, while there is nothing to do.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.give_up = threading.Event()
        self.seen = math.inf

    def rest(self) -> None:
        """The batch is done with: nobody need watch until the next."""
        self.seen = math.inf

    def record(self, results: Sequence[Result]) -> set[int]:
        """Write the results, however long it takes; ids of those whose claim still stood.

        Sending is not repeated for the sake of recording. Given up, nothing was written for sure,
        and the leases tell of it.
        """
        try:
            return self._persist(results)
        except Exception:
            # Whatever it was: a batch dropped here would keep its leases, unseen.
            log.exception("record_failed_for_batch", results=len(results))
            return self._record_each(results)

    def _record_each(self, results: Sequence[Result]) -> set[int]:
        """Record one by one; what still cannot be written is left to its lease, which tells."""
        moved: set[int] = set()
        for result in results:
            decision = result.decision
            short = decision._replace(error=decision.error[:200], reply=None)
            for candidate in (result, result._replace(decision=short)):
                try:
                    # Nobody knows how far the try before this one came.
                    moved |= self._persist([candidate], uncertain=True)
                    break
                except Exception:
                    log.exception(
                        "record_failed", email_id=result.email.id, attempt=result.email.attempt
                    )
        return moved

    def _persist(self, results: Sequence[Result], *, uncertain: bool = False) -> set[int]:
        """Write in one statement, waiting for an absent database until given up."""
        while True:
            self.seen = monotonic()
            try:
                return _record(self._store, results, uncertain=uncertain)
            except DatabaseUnavailable as error:
                uncertain = True
                log.warning("record_waits_for_database", error=str(error), results=len(results))
                if self.give_up.wait(_RETRY_SECONDS):
                    log.error("results_not_recorded", results=len(results))
                    return set()


def _record(store: Store, results: Sequence[Result], *, uncertain: bool) -> set[int]:
    """Record a batch; ids whose claim still stood.

    `uncertain`: an earlier try may have been committed although its answer was lost. What has its
    log row already is then not recorded again: it would look like a lost claim.

    Raises:
        DatabaseUnavailable: try again.
        psycopg.Error: one of the results cannot be written as it is.
    """
    done = store.recorded(results) if uncertain else set()
    left = [result for result in results if result.email.claim_token not in done]
    moved = store.record(left) if left else set()
    for result in left:
        if result.email.id not in moved:
            log.warning(
                "claim_was_lost",
                email_id=result.email.id,
                attempt=result.email.attempt,
                outcome=result.decision.attempt_outcome.value,
            )
    return moved | {result.email.id for result in results if result.email.claim_token in done}
