"""Runs a schedule: claim its due time, build its report once, hand over an e-mail a recipient."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from postroom.shared.telemetry.logs import logger
from postroom.web.reporting import exports, letters, registry
from postroom.web.reporting.formats import Format
from postroom.web.reporting.models import (
    ReportDelivery,
    ReportSchedule,
    ReportScheduleExecution,
    ReportScheduleRecipient,
)

log = logger("postroom.web.reporting")
Send = Callable[..., Any]  # takes the arguments of `send_email_task`

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


def rested(now: datetime) -> Q:
    """Schedules that have not run within the hour before `now`.

    Counted from minute to minute, as cron counts: after a run at 10:00:40 the next may begin at
    11:00:00. To the second, an hourly scheduler would leave out a run whenever it starts a little
    earlier than the last time.
    """
    minute = now.replace(second=0, microsecond=0)
    return Q(last_generated=None) | Q(last_generated__lt=minute - _HOUR + _MINUTE)


def runnable(now: datetime) -> QuerySet[ReportSchedule]:
    """Schedules that are due at `now` or were asked for, and did not run within the hour."""
    wanted = Q(is_active=True, next_scheduled__lte=now) | Q(requested_at__isnull=False)
    return ReportSchedule.objects.filter(wanted, rested(now)).order_by("next_scheduled", "pk")


def claim(schedule_id: int, now: datetime) -> ReportScheduleExecution | None:
    """Take the schedule's due time; None when another scheduler has or had it. In a transaction.

    Whoever holds the row's lock builds the report in the same transaction: should it die, the due
    time is free again. Others skip the row meanwhile and find it moved on afterwards.
    """
    rows = runnable(now).select_for_update(skip_locked=True)
    schedule = rows.filter(pk=schedule_id).first()
    if schedule is None:
        return None
    is_due = schedule.is_active and schedule.next_scheduled and schedule.next_scheduled <= now
    if is_due and schedule.executions.filter(due=schedule.next_scheduled).exists():
        # Its time was set back by hand or from a backup: once is enough.
        _plan(schedule, now)
        schedule.save(update_fields=["next_scheduled"])
        return None
    trigger = ReportScheduleExecution.Trigger
    execution = ReportScheduleExecution.objects.create(
        schedule=schedule,
        trigger=trigger.SCHEDULE if is_due else trigger.BY_HAND,
        requested_by=schedule.requested_by,
        due=schedule.next_scheduled if is_due else None,
        started_at=timezone.now(),
    )
    if is_due:
        _plan(schedule, now)
    schedule.last_generated = now
    schedule.requested_at, schedule.requested_by = None, ""
    schedule.save(
        update_fields=["next_scheduled", "last_generated", "requested_at", "requested_by"]
    )
    return execution


def execute(execution: ReportScheduleExecution, now: datetime, send: Send) -> bool:
    """Build the report and give `send` one e-mail for each subscribed recipient.

    False: it could not be built; the execution says why. In the transaction of `claim`.

    Raises:
        OperationalError, InterfaceError: the database is away, which is not the report's fault.
    """
    mails = build(execution, now)
    if isinstance(mails, Exception):
        log.error(
            "report_failed", schedule=execution.schedule_id, execution=execution.pk, exc_info=mails
        )
        execution.error = reason(mails)
        _finish(execution)
        return False
    for mail in mails:
        send(**mail)
    _finish(execution)
    return True


def build(execution: ReportScheduleExecution, now: datetime) -> list[dict[str, Any]] | Exception:
    """The e-mails of one execution, or why they could not be built.

    Raises:
        OperationalError, InterfaceError: the database is away, which is not the report's fault.
    """
    try:
        with transaction.atomic():
            return _mails(execution, now)
    except (OperationalError, InterfaceError) as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
        return error
    except Exception as error:  # noqa: BLE001
        # One report's mistake must stop no other: told, recorded, and on to the next.
        return error


def reason(error: Exception) -> str:
    """An error in one line, for people."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _mails(execution: ReportScheduleExecution, now: datetime) -> list[dict[str, Any]]:
    """An e-mail for each recipient, which share one file; their deliveries are written."""
    schedule = execution.schedule
    recipients = subscribed(schedule)
    if not recipients:
        execution.rows = 0
        return []
    report = registry.build(schedule.report_type, now.astimezone(schedule.rule.zone).date())
    file = exports.export(report, Format(schedule.export_format))
    execution.rows = report.count
    mails = [letters.scheduled(execution, one, report, file) for one in recipients]
    if execution.pk:  # not in a dry run
        ReportDelivery.objects.bulk_create(
            ReportDelivery(execution=execution, recipient=one, email_key=mail["idempotency_key"])
            for one, mail in zip(recipients, mails, strict=True)
        )
    return mails


def subscribed(schedule: ReportSchedule) -> list[ReportScheduleRecipient]:
    """Recipients to be mailed: subscribed, with an active account and an address."""
    rows = schedule.recipients.filter(is_subscribed=True, user__is_active=True)
    return list(rows.exclude(user__email="").select_related("user", "schedule"))


def _plan(schedule: ReportSchedule, now: datetime) -> None:
    try:
        schedule.plan(now)
    except (ValueError, KeyError) as error:
        # A zone this host does not know, say: the schedule stops, visibly, and stops no other.
        schedule.next_scheduled = None
        log.error("report_schedule_unusable", schedule=schedule.pk, error=str(error))


def _finish(execution: ReportScheduleExecution) -> None:
    execution.finished_at = timezone.now()
    execution.save(update_fields=["finished_at", "rows", "error"])
