"""Queues the e-mails of one chunk of a run, or shows them in a dry run."""

from typing import Any, Final, Protocol, TextIO

from postroom.shared.status import Status
from postroom.web.emails import selectors
from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.errors import EmailRequestError, IdempotencyConflictError
from postroom.web.emails.queueing import addresses
from postroom.web.emails.service import email_service
from postroom.web.jobs.logs import log
from postroom.web.jobs.running.history import Counts

# An e-mail that was cancelled or suppressed was left unsent on purpose.
_NOT_SENT: Final = {Status.FAILED.value, Status.EXPIRED.value}
# At the end of the keys of an e-mail's successors.
NEXT_TRIES: Final = ("~2", "~3")


class Outgoing(Protocol):
    """Takes the arguments of `send_email_task` for a chunk of e-mails, and counts."""

    def deliver(self, mails: list[dict[str, Any]], counts: Counts) -> None:
        """Process each e-mail once; an invalid one counts as failed and does not stop the rest."""
        ...


class Queueing:
    """A real run: queues the e-mails in the caller's transaction."""

    def deliver(self, mails: list[dict[str, Any]], counts: Counts) -> None:
        batch, good = EmailBatch(), []
        for mail in _not_yet_sent(mails, counts):
            if mail.get("attachments"):
                _queue_alone(mail, counts)  # five hundred files might not fit into memory
                continue
            try:
                batch.send_email_task(**mail)
            except EmailRequestError as error:
                _count_failure(mail, error, counts)
            else:
                good.append(mail)
        try:
            batch.queue()
        except EmailRequestError:
            # Rare: a key was used or a deadline passed since the check. Find out which e-mail.
            for mail in good:
                _queue_alone(mail, counts)
        else:
            counts.queued += len(good)
            for mail in good:
                _say("job_email_queued", mail)


class Preview:
    """A dry run: validates each e-mail as the queue would, and prints it as a line of a table."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._begun = False

    def deliver(self, mails: list[dict[str, Any]], counts: Counts) -> None:
        for mail in _not_yet_sent(mails, counts):
            try:
                self._show(mail)
            except EmailRequestError as error:
                _count_failure(mail, error, counts)
            else:
                counts.queued += 1

    def _show(self, mail: dict[str, Any]) -> None:
        people = addresses.check_recipients(mail.get("recipients"), mail.get("cc"), mail.get("bcc"))
        subject = EmailBatch().send_email_task(**mail).subject  # a batch that is never stored
        if not self._begun:
            self._begun = True
            self._out.write(f"{'RECIPIENT':<40}  SUBJECT\n")
        for person in people:
            kind = "" if person.kind.value == "to" else f" ({person.kind.value})"
            self._out.write(f"{person.address + kind:<40}  {subject}\n")


def _queue_alone(mail: dict[str, Any], counts: Counts) -> None:
    try:
        email_service.send_email_task(**mail)
    except IdempotencyConflictError:
        counts.already_sent += 1
        _say("job_email_already_sent", mail)
    except EmailRequestError as error:
        _count_failure(mail, error, counts)
    else:
        counts.queued += 1
        _say("job_email_queued", mail)


def _not_yet_sent(mails: list[dict[str, Any]], counts: Counts) -> list[dict[str, Any]]:
    """Those whose idempotency key is new, each key once: one query for the whole chunk.

    A key that exists means "already sent", even with another text: content that changes daily
    (days left) must not cause a second e-mail. But an e-mail that failed was not sent: its
    successor has the same key with `~2` or `~3` at its end.
    """
    known = _states({key for mail in mails if (key := mail.get("idempotency_key"))})
    if failed := {key for key, status in known.items() if status in _NOT_SENT}:
        known |= _states({f"{key}{mark}" for key in failed for mark in NEXT_TRIES})
    new = []
    for mail in mails:
        key = mail.get("idempotency_key")
        free = _free_key(key, known) if key else key
        if free is None:
            _count_known(mail, known, counts)
            continue
        if key:
            known[free] = known[key] = Status.PENDING.value
        new.append(mail if free == key else mail | {"idempotency_key": free})
    return new


def _states(keys: set[str]) -> dict[str, str]:
    """The states of the e-mails that have these keys."""
    return dict(selectors.with_keys(keys).values_list("idempotency_key", "status")) if keys else {}


def _free_key(key: str, known: dict[str, str]) -> str | None:
    """The key of the next e-mail; None: one is on its way, was sent, or failed often enough."""
    for mark in ("", *NEXT_TRIES):
        status = known.get(f"{key}{mark}")
        if status is None:
            return f"{key}{mark}"
        if status not in _NOT_SENT:
            return None
    return None


def _count_known(mail: dict[str, Any], known: dict[str, str], counts: Counts) -> None:
    if known.get(f"{mail['idempotency_key']}{NEXT_TRIES[-1]}") in _NOT_SENT:
        counts.skipped += 1
        log.warning("job_email_failed_too_often", **_about(mail))
        return
    counts.already_sent += 1
    _say("job_email_already_sent", mail)


def _say(event: str, mail: dict[str, Any]) -> None:
    """Log one line per e-mail, shown with `--verbosity 2`."""
    log.debug(event, **_about(mail))


def _about(mail: dict[str, Any]) -> dict[str, str]:
    names = ("email_type", "related_model_id", "idempotency_key")
    return {name: str(mail[name]) for name in names if mail.get(name)}


def _count_failure(mail: dict[str, Any], error: EmailRequestError, counts: Counts) -> None:
    counts.failed += 1
    log.warning(
        "job_item_failed",
        email_type=mail.get("email_type"),
        related_model_id=str(mail.get("related_model_id", "")),
        error=str(error),
    )
