"""Queues the e-mails of a submission, and keeps the submission whatever goes wrong with them.

A wrong setting, a broken template or a limit of the queue is our fault, not the visitor's: the
submission is stored and marked, staff see it, and the e-mails can be queued later.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db import connection, transaction

from postroom.shared.telemetry.logs import logger
from postroom.web.emails.batch import EmailBatch
from postroom.web.systems.submissions import mails
from postroom.web.systems.submissions.models import MailState, Submission

log = logger("postroom.web.submissions")

_LONGEST_ERROR: Final = 2000
_Build = Callable[[Any], dict[str, Any] | None]
_CONFIRMATION: Final[_Build] = mails.confirmation
_NOTICE: Final[_Build] = mails.notice
# What each state lacks, and the state of what is lacking.
_MISSING: Final[dict[str, tuple[_Build, ...]]] = {
    MailState.QUEUED: (),
    MailState.NO_CONFIRMATION: (_CONFIRMATION,),
    MailState.NO_NOTICE: (_NOTICE,),
    MailState.NONE: (_CONFIRMATION, _NOTICE),
}
_STATES: Final = {missing: state for state, missing in _MISSING.items()}


def queue_new(record: Submission) -> None:
    """Queue both e-mails of a stored record in the caller's transaction, or mark it.

    Raises:
        DatabaseError: the connection is lost; the caller's transaction stores nothing.
    """
    missing, error = _queue(record, _MISSING[MailState.NONE])
    if missing:
        _mark(record, missing, error)


def queue_missing(model: type[Submission], pk: int) -> str:
    """Queue what a marked record lacks; returns why it still cannot be, or ''.

    A record that lacks nothing (another person was faster) stays as it is.
    """
    with transaction.atomic():
        record = model._default_manager.select_for_update().get(pk=pk)
        wanted = _MISSING[record.mail_state]
        if not wanted:
            return ""
        missing, error = _queue(record, wanted)
        _mark(record, missing, error)
    if not missing:
        log.info("submission_mail_queued_later", reference=record.reference)
    return error


def waiting() -> dict[type[Submission], int]:
    """How many records lack an e-mail, by form; forms without any are left out."""
    counts = {
        model: model._default_manager.exclude(mail_state=MailState.QUEUED).count()
        for model in Submission.__subclasses__()
    }
    return {model: count for model, count in counts.items() if count}


def _queue(record: Submission, wanted: Sequence[_Build]) -> tuple[tuple[_Build, ...], str]:
    """What could not be queued, and why."""
    batch, missing, error = EmailBatch(), [], ""
    for build in wanted:
        try:
            if mail := build(record):
                batch.send_email_task(**mail)
        except Exception as problem:  # noqa: BLE001 - recorded, whatever it is
            missing.append(build)
            error = _report(record, problem)
    try:
        batch.queue()
    except Exception as problem:
        if connection.needs_rollback:
            raise
        return tuple(wanted), _report(record, problem)
    return tuple(missing), error


def _report(record: Submission, problem: Exception) -> str:
    log.exception("submission_mail_not_queued", reference=record.reference)
    text = f"{type(problem).__name__}: {problem}".replace("\x00", "")
    return text.encode(errors="replace").decode()[:_LONGEST_ERROR]


def _mark(record: Submission, missing: tuple[_Build, ...], error: str) -> None:
    record.mail_state, record.mail_error = _STATES[missing], error
    record.save(update_fields=["mail_state", "mail_error"])
