"""The e-mails this mailer has in hand, and until when it may act on each."""

import contextlib
import math
import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple

from postroom.mailer.coroutines import Answer, Steps
from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.mailer.rows.store import Store
from postroom.shared.status import OnUnknown
from postroom.shared.telemetry.logs import logger

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
        self._held: dict[str, tuple[ClaimedEmail, float]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, emails: Sequence[ClaimedEmail], claimed_at: float) -> None:
        """Add claims taken by a statement that began at `claimed_at`."""
        with self._lock:
            for email in emails:
                self._held[email.claim_token] = (email, claimed_at + self._lease)

    def release(self, emails: Sequence[ClaimedEmail]) -> None:
        """Remove claims whose result is recorded."""
        with self._lock:
            for email in emails:
                self._held.pop(email.claim_token, None)

    def is_ours(self, email: ClaimedEmail) -> bool:
        """Whether the lease certainly still holds."""
        held = self._held.get(email.claim_token)
        return held is not None and monotonic() < held[1] - self._margin

    def renew(self, store: Store) -> None:
        """Renew everything in hand with one statement; what is lost is no longer ours.

        The lease of a row that another transaction has locked runs on; the next call renews it.

        Raises:
            DatabaseUnavailableError: nothing was renewed; the leases run on.
        """
        with self._lock:
            emails = [email for email, _ in self._held.values()]
        if not emails:
            return
        asked_at = monotonic()
        ours = store.renew(emails)
        with self._lock:
            for email in emails:
                token = email.claim_token
                if token not in self._held:
                    continue
                # An e-mail being recorded right now is locked or already gone: skip it.
                if token not in ours:
                    self._held[token] = (email, 0.0)
                elif ours[token]:
                    self._held[token] = (email, asked_at + self._lease)


class HandOver:
    """Asks, just before the final dot, whether an e-mail is still ours.

    For `hold` e-mails the database answers and records it, on a thread of its own, by one statement
    for all that wait.
    """

    def __init__(self, leases: Leases, store: Store) -> None:
        self._leases = leases
        self._store = store
        self._waiting: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()

    def asker(self, email: ClaimedEmail) -> Callable[[], Steps[bool]]:
        """The question for one e-mail, as `Session.send` wants it."""
        return partial(self._ask, email)

    def answer_step(self) -> bool:
        """Answer all questions that wait; False when there will be no more."""
        questions = [self._waiting.get()]
        with contextlib.suppress(queue.Empty):
            while True:
                questions.append(self._waiting.get_nowait())
        asked = [question for question in questions if question]
        if asked:
            self._answer(asked)
        return None not in questions

    def end(self) -> None:
        """There will be no more questions."""
        self._waiting.put(None)

    def _ask(self, email: ClaimedEmail) -> Steps[bool]:
        if email.on_unknown is OnUnknown.RESEND:
            return self._leases.is_ours(email)
        question = _Question(email, Answer())
        self._waiting.put(question)
        granted = yield from question.answer.wait(math.inf, lambda: not self._leases.is_ours(email))
        return bool(granted) and self._leases.is_ours(email)

    def _answer(self, questions: Sequence["_Question"]) -> None:
        ours: set[int] = set()
        try:
            ours = self._store.hand_over([question.email for question in questions])
        except DatabaseUnavailableError as error:
            # Not written, or written without an answer: either way no final dot follows.
            log.warning("hand_over_failed", error=str(error))
        finally:
            for question in questions:
                question.answer.give(question.email.id in ours)


class _Question(NamedTuple):
    """An e-mail, and where its sender waits for the answer."""

    email: ClaimedEmail
    answer: Answer[bool]
