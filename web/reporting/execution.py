"""Runs a schedule: claims its due time, builds its report once, sends an e-mail per recipient."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from postroom.shared.telemetry.logs import logger
from postroom.web.jobs.errors import CronError
from postroom.web.jobs.running import failures
from postroom.web.reporting import letters
from postroom.web.reporting.editions import Editions
from postroom.web.reporting.models import (
    ReportDelivery,
    ReportSchedule,
    ReportScheduleExecution,
)
from postroom.web.reporting.readers import Readers, why_refused
from postroom.web.reporting.recurrence import last_run

log = logger("postroom.web.reporting")
Send = Callable[..., Any]  # takes the arguments of `send_email_task`

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


def rested(now: datetime) -> Q:
    """Schedules that have not run within the hour before `now`.

    Counted in whole minutes, as in cron: after a run at 10:00:40 the next may begin at 11:00:00.
    Counted in seconds, an hourly scheduler would skip a run whenever it starts a little earlier
    than the last time.
    """
    minute = now.replace(second=0, microsecond=0)
    return Q(last_generated=None) | Q(last_generated__lt=minute - _HOUR + _MINUTE)


def runnable(now: datetime) -> QuerySet[ReportSchedule]:
    """Schedules that are due at `now` or requested, and did not run within the last hour."""
    wanted = Q(is_active=True, next_scheduled__lte=now) | Q(requested_at__isnull=False)
    return ReportSchedule.objects.filter(wanted, rested(now)).order_by("next_scheduled", "pk")


def due_time(schedule: ReportSchedule, now: datetime) -> datetime | None:
    """The due time that a run at `now` makes up for; None: not due, or not on this day."""
    due: datetime | None = schedule.next_scheduled
    if not (schedule.is_active and due and due <= now) or _rests(schedule, now):
        return None
    return due


def claim(schedule_id: int, now: datetime) -> ReportScheduleExecution | None:
    """Claim the schedule's due time, in a transaction; None: another scheduler has claimed it.

    The scheduler that locks the row builds the report in the same transaction: if it dies, the due
    time is free again. Others skip the row until then and find it moved on afterwards.
    """
    rows = runnable(now).select_for_update(skip_locked=True)
    schedule = rows.filter(pk=schedule_id).first()
    if schedule is None:
        return None
    due = due_time(schedule, now)
    if due is None and schedule.requested_at is None:
        return None  # made up for on Monday
    if due and schedule.executions.filter(due=due).exists():
        # The due time was set back by hand or from a backup, and has already run.
        _plan(schedule, now)
        schedule.save(update_fields=["next_scheduled"])
        return None
    trigger = ReportScheduleExecution.Trigger
    execution = ReportScheduleExecution.objects.create(
        schedule=schedule,
        trigger=trigger.SCHEDULE if due else trigger.BY_HAND,
        requested_by=schedule.requested_by,
        due=due,
        started_at=timezone.now(),
    )
    if due:
        _plan(schedule, now)
    schedule.requested_at, schedule.requested_by = None, ""
    schedule.save(update_fields=["next_scheduled", "requested_at", "requested_by"])
    return execution


def execute(execution: ReportScheduleExecution, now: datetime, send: Send) -> bool:
    """Build the report and call `send` for each subscribed recipient.

    False: it could not be built; the execution has the error. In the transaction of `claim`.

    Raises:
        OperationalError, InterfaceError: the database is unavailable; not the report's fault.
    """
    mails = build(execution, now)
    if isinstance(mails, Exception):
        log.error(
            "report_failed", schedule=execution.schedule_id, execution=execution.pk, exc_info=mails
        )
        execution.error = reason(mails)
        _finish(execution)
        return False
    # What failed keeps nobody from trying again within the hour.
    if not execution.error:
        schedule = execution.schedule
        schedule.last_generated = now
        schedule.save(update_fields=["last_generated"])
    for mail in mails:
        send(**mail)
    _finish(execution)
    return True


def build(execution: ReportScheduleExecution, now: datetime) -> list[dict[str, Any]] | Exception:
    """The e-mails of one execution, or the error for which they could not be built.

    Raises:
        OperationalError, InterfaceError: the database is unavailable; not the report's fault.
    """
    try:
        with transaction.atomic():
            return _mails(execution, now)
    except (OperationalError, InterfaceError) as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
        return error
    except Exception as error:  # noqa: BLE001
        # The error of one report must not stop the others: it is logged and recorded.
        return error


def reason(error: Exception) -> str:
    """An error in one line, for pages and output; it quotes no row and no address."""
    return f"{type(error).__name__}: {failures.reason(error)}"


def _mails(execution: ReportScheduleExecution, now: datetime) -> list[dict[str, Any]]:
    """One e-mail per recipient, with what they may see; writes their deliveries."""
    schedule = execution.schedule
    readers = Readers.of(schedule)
    editions = Editions(schedule, _moment_of(execution, now))
    mails, deliveries = [], []
    for one in readers.mailed:
        edition = editions.of(one.user)
        if edition is None:
            readers.unseeing.append(one)
            continue
        mail = letters.scheduled(execution, one, edition.report, edition.file)
        refusal = why_refused(mail) or edition.refusal
        if refusal:
            readers.refused.append((one, refusal))
        mails.append(mail)
        deliveries.append(
            ReportDelivery(
                execution=execution,
                recipient=one,
                email_key=mail["idempotency_key"],
                error=refusal,
            )
        )
    execution.rows = editions.rows
    execution.remarks = "\n".join(filter(None, (readers.remarks(), _unshown(editions))))
    if readers.refused and len(readers.refused) == len(mails):
        execution.error = "The queue refused every e-mail; the remarks say why."
    if execution.pk:  # not in a dry run
        ReportDelivery.objects.bulk_create(deliveries)
    return mails


def _moment_of(execution: ReportScheduleExecution, now: datetime) -> datetime:
    """The moment that decides what the report covers: however late it runs, when it was due.

    One run makes up for all due times that passed; the last of them counts.
    """
    if execution.due is None:
        return now
    try:
        return last_run(execution.schedule.rule, execution.due, now)
    except CronError:  # never due again: `_plan` logs it
        return execution.due


def _unshown(editions: Editions) -> str:
    if not editions.unshown:
        return ""
    log.warning("report_letters_not_shown", scripts=editions.unshown)
    return f"The PDF cannot show letters of: {', '.join(editions.unshown)}. CSV and XLSX can."


def _rests(schedule: ReportSchedule, now: datetime) -> bool:
    """Whether a schedule of business days must wait, because it is Saturday or Sunday there."""
    if not schedule.business_days_only:
        return False
    try:
        return now.astimezone(schedule.rule.zone).isoweekday() > 5
    except (ValueError, KeyError, OSError):  # a zone unknown to this host: `_plan` logs it
        return False


def _plan(schedule: ReportSchedule, now: datetime) -> None:
    try:
        schedule.plan(now)
    except (ValueError, KeyError, OSError) as error:
        # For example a zone unknown to this host: the page shows "Never due"; others go on.
        schedule.next_scheduled = None
        log.error("report_schedule_unusable", schedule=schedule.pk, error=str(error))


def _finish(execution: ReportScheduleExecution) -> None:
    execution.finished_at = timezone.now()
    execution.save(update_fields=["finished_at", "rows", "error", "remarks"])
