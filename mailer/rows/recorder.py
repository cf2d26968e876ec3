"""Records results. Survives a database outage; one bad row does not block the rest."""

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
    """Owned by the recording thread; `give_up` ends the wait for an unreachable database.

    `seen`: its last progress, in monotonic seconds; infinity while there is nothing to do.
    `waited`: the last `record` waited in vain for a lock, which looking for locks does not show.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wary = False  # a row was locked for long: look for locks first
        self.give_up = threading.Event()
        self.seen = math.inf
        self.waited = False

    def rest(self) -> None:
        """The batch is done: nothing to watch until the next."""
        self.seen = math.inf

    def record(self, results: Sequence[Result]) -> dict[str, bool]:
        """Write the results, however long it takes: by claim token, whether the claim still held.

        Sending is never repeated in order to record. A result is missing when its row is locked:
        pass it again later, with others. After `give_up` none is missing; what was written is then
        not known, and the leases end for what was not.
        """
        self.waited = False
        try:
            held = self._persist(results)
        except Exception:
            # Whatever the cause: a batch dropped here would keep its leases unnoticed.
            log.exception("record_failed_for_batch", results=len(results))
            held = self._record_each(results)
        self._wary = len(held) < len(results)
        if self._wary and self.give_up.is_set():
            log.error("results_not_recorded", results=len(results) - len(held))
            return dict.fromkeys(_tokens(results), False) | held
        return held

    def _persist(self, results: Sequence[Result]) -> dict[str, bool]:
        """Write in one statement those that can be, waiting for an unreachable database."""
        try:
            return self._write(results)
        except RowLockedError as error:
            log.warning("records_go_round_locked_rows", error=str(error))
            self._wary = True
        try:
            return self._write(results)
        except RowLockedError:  # not these rows themselves, or locked only just now
            return self._record_each(results)

    def _record_each(self, results: Sequence[Result]) -> dict[str, bool]:
        """Record one by one; what still cannot be written is left to its lease, which ends."""
        held: dict[str, bool] = {}
        for result in results:
            decision = result.decision
            short = decision._replace(error=decision.error[:200], reply=None)
            for candidate in (result, result._replace(decision=short)):
                try:
                    # It is not known how far the try before this one got.
                    held |= self._write([candidate], uncertain=True)
                except RowLockedError:
                    self._wary = self.waited = True
                    if self.give_up.is_set():  # each further one would wait as long
                        return held
                except Exception:
                    log.exception(
                        "record_failed", email_id=result.email.id, attempt=result.email.attempt
                    )
                    continue
                break
            else:
                held[result.email.claim_token] = False
        return held

    def _write(self, results: Sequence[Result], *, uncertain: bool = False) -> dict[str, bool]:
        """Write in one statement what is not locked, waiting for the database until `give_up`.

        Raises:
            RowLockedError: something else that the results need was locked.
        """
        while True:
            self.seen = monotonic()
            free: Sequence[Result] | None = None
            try:
                free = self._free(results) if self._wary else results
                # What was locked may have been tried before, and how far that got is not known.
                uncertain = uncertain or self._wary
                return _record(self._store, free, uncertain=uncertain) if free else {}
            except DatabaseUnavailableError as error:
                if isinstance(error, RowLockedError) and free is not None:
                    raise
                # While looking for locks, this means that the whole table is locked.
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
    """Record a batch; by claim token, whether the claim still held.

    `uncertain`: an earlier try may have been committed although its answer was lost. A result that
    already has its log row is then not recorded again: it would look like a lost claim.

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
