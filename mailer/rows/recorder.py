"""Records results: through an outage of the database, and so that one that cannot be written does
not hold up the others."""

import math
import threading
from collections.abc import Sequence
from time import monotonic

from postroom.mailer.errors import DatabaseUnavailableError, RowLockedError
from postroom.mailer.rows.result import Result
from postroom.mailer.rows.store import Store
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

_RETRY_SECONDS = 1.0


class Recorder:
    """Owned by the recording thread; `give_up` ends the patience with an absent database.

    `seen`: when it last came round, in monotonic seconds; never, while there is nothing to do.
    `waited`: what the last `record` left out had to be waited for, as no look shows what locks it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wary = False  # a row was locked for long: look first which are
        self.give_up = threading.Event()
        self.seen = math.inf
        self.waited = False

    def rest(self) -> None:
        """The batch is done with: nobody need watch until the next."""
        self.seen = math.inf

    def record(self, results: Sequence[Result]) -> dict[str, bool]:
        """Write the results, however long it takes: by claim token, whether the claim still stood.

        Sending is not repeated for the sake of recording. A result is missing when somebody has
        locked its row: give it again later, with others. Given up, nothing is missing and nothing
        was written for sure, and the leases tell of it.
        """
        self.waited = False
        try:
            stood = self._persist(results)
        except Exception:
            # Whatever it was: a batch dropped here would keep its leases, unseen.
            log.exception("record_failed_for_batch", results=len(results))
            stood = self._record_each(results)
        self._wary = len(stood) < len(results)
        if self._wary and self.give_up.is_set():
            log.error("results_not_recorded", results=len(results) - len(stood))
            return dict.fromkeys(_tokens(results), False) | stood
        return stood

    def _persist(self, results: Sequence[Result]) -> dict[str, bool]:
        """Write in one statement those that can be, waiting for an absent database."""
        try:
            return self._write(results)
        except RowLockedError as error:
            log.warning("records_go_round_locked_rows", error=str(error))
            self._wary = True
        try:
            return self._write(results)
        except RowLockedError:  # not of these rows themselves, or only just now
            return self._record_each(results)

    def _record_each(self, results: Sequence[Result]) -> dict[str, bool]:
        """Record one by one; what still cannot be written is left to its lease, which tells."""
        stood: dict[str, bool] = {}
        for result in results:
            decision = result.decision
            short = decision._replace(error=decision.error[:200], reply=None)
            for candidate in (result, result._replace(decision=short)):
                try:
                    # Nobody knows how far the try before this one came.
                    stood |= self._write([candidate], uncertain=True)
                except RowLockedError:
                    self._wary = self.waited = True
                    if self.give_up.is_set():  # each more would wait as long
                        return stood
                except Exception:
                    log.exception(
                        "record_failed", email_id=result.email.id, attempt=result.email.attempt
                    )
                    continue
                break
            else:
                stood[result.email.claim_token] = False
        return stood

    def _write(self, results: Sequence[Result], *, uncertain: bool = False) -> dict[str, bool]:
        """Write in one statement what nobody has locked, waiting for an absent database until
        given up.

        Raises:
            RowLockedError: something else that the results need was locked.
        """
        while True:
            self.seen = monotonic()
            free: Sequence[Result] | None = None
            try:
                free = self._free(results) if self._wary else results
                # What was locked may have been tried before, and nobody knows how far that came.
                uncertain = uncertain or self._wary
                return _record(self._store, free, uncertain=uncertain) if free else {}
            except DatabaseUnavailableError as error:
                if isinstance(error, RowLockedError) and free is not None:
                    raise
                # The whole table is locked, if it was no more than a look.
                uncertain = True
                log.warning("record_waits_for_database", error=str(error), results=len(results))
                if self.give_up.wait(_RETRY_SECONDS):
                    log.error("results_not_recorded", results=len(results))
                    return dict.fromkeys(_tokens(results), False)

    def _free(self, results: Sequence[Result]) -> list[Result]:
        ids = [result.email.id for result in results]
        locked = self._store.locked(ids, recipients=True)
        return [result for result in results if result.email.id not in locked]


def _record(store: Store, results: Sequence[Result], *, uncertain: bool) -> dict[str, bool]:
    """Record a batch; by claim token, whether the claim still stood.

    `uncertain`: an earlier try may have been committed although its answer was lost. What has its
    log row already is then not recorded again: it would look like a lost claim.

    Raises:
        RowLockedError: nothing was written; try again without those that are locked.
        DatabaseUnavailableError: try again.
        psycopg.Error: one of the results cannot be written as it is.
    """
    done = store.recorded(results) if uncertain else {}
    left = [result for result in results if result.email.claim_token not in done]
    moved = store.record(left) if left else set()
    for result in left:
        if result.email.claim_token not in moved:
            log.warning(
                "claim_was_lost",
                email_id=result.email.id,
                attempt=result.email.attempt,
                outcome=result.decision.attempt_outcome.value,
            )
    return done | {token: token in moved for token in _tokens(left)}


def _tokens(results: Sequence[Result]) -> list[str]:
    return [result.email.claim_token for result in results]
