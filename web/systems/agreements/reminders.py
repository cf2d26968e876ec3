"""Sends an agreement's e-mail to its coordinators, in a job's run."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from postroom.shared.status import Status
from postroom.web.emails.selectors import with_keys
from postroom.web.jobs.running.outgoing import NEXT_TRIES
from postroom.web.jobs.running.run import Run
from postroom.web.letter_words import language_for, written_in
from postroom.web.systems.agreements import letters
from postroom.web.systems.agreements.models import MOU
from postroom.web.systems.agreements.standing import days_left, warning_step

MONTHLY: Final = "monthly"
WARNING: Final = "expiry_warning"
# The lists of what recurs; a warning is about one agreement and belongs to none.
LISTS: Final = {MONTHLY: "agreements.monthly", "weekly_summary": "agreements.weekly"}
# The thread of an agreement's warnings up to one end date.
THREAD: Final = "agreement-{pk}-{end}"
# One that was suppressed or cancelled is not sent again, but it has said nothing either.
_UNSAID: Final = (Status.FAILED, Status.EXPIRED, Status.SUPPRESSED, Status.CANCELLED)
_KEYS_AT_ONCE: Final = 500


def remind_coordinators(run: Run, mou: MOU, *, kind: str, said: "Said | None" = None) -> None:
    """Send one e-mail per coordinator and period, however often the job runs.

    `kind` names the template `agreements/<kind>`; a period is a month, or a step of the warnings.
    An agreement without any address is skipped. With `said`, a coordinator whom the other kind
    has reached gets no second e-mail that says the same: it counts as already sent.
    """
    readers = mou.coordinator_emails
    if not readers:
        run.skip("no coordinator has an address", kind=kind, mou=mou.pk)
        return
    for reader in readers:
        found = said.instead(mou, reader) if said else ""
        _send(run, mou, reader, kind, found or key(kind, mou, reader, run.due_day, run.today))


def key(kind: str, mou: MOU, reader: str, month: date, today: date) -> str:
    """The idempotency key of a monthly e-mail of `month`, or of the warning of today's step."""
    step = warning_step(days_left(mou.end_date, today))
    period = f"{month:%Y-%m}" if kind == MONTHLY else f"{mou.end_date}-{step}"
    return letters.key(kind, period, reader, about=mou.pk)


class Said:
    """What the other kind of e-mail has said already; read once for a run of `kind`.

    A warning has everything that a monthly e-mail says, so the first of the two that goes out is
    the only one: no monthly e-mail in a month in which the step's warning went out before it, and
    no warning of a step in whose days the monthly e-mail went out.
    """

    def __init__(self, kind: str, mous: Iterable[MOU], today: date) -> None:
        self._kind, self._today = kind, today
        self._days: dict[str, str] = {}
        keys = [
            name
            for mou in mous
            for reader in mou.coordinator_emails
            for name in self._others(mou, reader)
        ]
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            tries = {
                f"{name}{mark}": name
                for name in keys[start : start + _KEYS_AT_ONCE]
                for mark in ("", *NEXT_TRIES)
            }
            rows = with_keys(tries.keys()).exclude(status__in=_UNSAID)
            for name, metadata in rows.values_list("idempotency_key", "metadata"):
                self._days[tries[name]] = metadata.get("day", "")

    def instead(self, mou: MOU, reader: str) -> str:
        """The key of the e-mail that has said it, at its first try or a later one; '' if none."""
        since = str(self._since(mou))
        return next(
            (name for name in self._others(mou, reader) if self._days.get(name, "") >= since), ""
        )

    def _others(self, mou: MOU, reader: str) -> list[str]:
        if warning_step(days_left(mou.end_date, self._today)) is None:
            return []
        other = MONTHLY if self._kind == WARNING else WARNING
        months = sorted({self._since(mou).replace(day=1), self._today.replace(day=1)})
        names = [key(other, mou, reader, month, self._today) for month in months]
        return list(dict.fromkeys(names))

    def _since(self, mou: MOU) -> date:
        step = warning_step(days_left(mou.end_date, self._today))
        if self._kind == MONTHLY or step is None:
            return self._today.replace(day=1)
        return mou.end_date - timedelta(days=step)


def _send(run: Run, mou: MOU, reader: str, kind: str, idempotency_key: str) -> None:
    language = language_for(f"agreements/{kind}")
    with written_in(language):
        context = letters.facts(mou, run.today)
    own: dict[str, Any] = letters.for_reader(mou, reader)
    run.send(
        email_type=f"agreements.{kind}",
        subject="",
        recipients=[reader],
        reply_to=own["reply_to"],
        template_path=f"agreements/{kind}",
        context=context | own["context"],
        language=language,
        source_app="agreements",
        related_model_id=f"mou:{mou.pk}",
        idempotency_key=idempotency_key,
        list_id=LISTS.get(kind, ""),
        thread=THREAD.format(pk=mou.pk, end=mou.end_date) if kind == WARNING else "",
        metadata={"day": str(run.today)},
    )
