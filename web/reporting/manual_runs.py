"""Runs that users request: a report now, and a test e-mail to themselves."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from postroom.shared.telemetry.logs import logger
from postroom.web.emails.service import email_service
from postroom.web.jobs.models import ScheduledJob
from postroom.web.jobs.scheduling import decisions
from postroom.web.people import account_of, address_of
from postroom.web.reporting import letters
from postroom.web.reporting.editions import Editions
from postroom.web.reporting.errors import TestNotSentError
from postroom.web.reporting.execution import reason, rested
from postroom.web.reporting.models import ReportDelivery, ReportSchedule, ReportScheduleExecution

log = logger("postroom.web.reporting")
# A test is built while its user waits: the first rows are enough.
TEST_ROWS: Final = 200
JOB: Final = "execute_scheduled_reports"


def request_run(schedule_id: int, user: Any, now: datetime) -> bool:
    """Have the next run of the job send this schedule's report, and request that run now.

    False: already requested, or the schedule ran within the last hour.
    """
    requested = (
        ReportSchedule.objects.filter(pk=schedule_id, requested_at=None)
        .filter(rested(now))
        .update(requested_at=now, requested_by=account_of(user))
    )
    if requested:
        for job in ScheduledJob.objects.filter(command=JOB):
            decisions.request_run(job.pk, user)
    return bool(requested)


def why_not_requested(schedule_id: int, now: datetime) -> str:
    """For the user: why `request_run` returned False."""
    ran = ReportSchedule.objects.filter(pk=schedule_id).exclude(rested(now))
    last = ran.values_list("last_generated", flat=True).first()
    if last is None:
        return "Not sent: a run of this report is already requested."
    minutes = max(0, (now - last) // timedelta(minutes=1))
    ago = f"{minutes} minute{'s' * (minutes != 1)}" if minutes else "less than a minute"
    return f"Not sent: this report ran {ago} ago and can run once an hour."


def send_test(
    schedule: ReportSchedule, user: User, now: datetime, *, to: str = ""
) -> ReportScheduleExecution:
    """Queue this schedule's report, at most its first 200 rows, as a test to one address.

    Args:
        to: the address; without it, that of `user`.

    Raises:
        TestNotSentError: the user has no address, may see nothing of the report, or it could not
            be built.
    """
    to = to or address_of(user)
    if not to:
        raise TestNotSentError("Your account has no e-mail address.")
    execution = ReportScheduleExecution.objects.create(
        schedule=schedule,
        trigger=ReportScheduleExecution.Trigger.TEST,
        requested_by=account_of(user),
        started_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            _queue_test(execution, user, to, now)
    except TestNotSentError as error:
        execution.error = str(error)
        raise
    except Exception as error:
        log.exception("report_failed", schedule=schedule.pk, execution=execution.pk)
        execution.error = reason(error)
        raise TestNotSentError("The report could not be built; see its history.") from error
    finally:
        execution.finished_at = timezone.now()
        execution.save(update_fields=["finished_at", "rows", "error"])
    return execution


def _queue_test(execution: ReportScheduleExecution, user: User, to: str, now: datetime) -> None:
    edition = Editions(execution.schedule, now, limit=TEST_ROWS).of(user)
    if edition is None:
        raise TestNotSentError("You may see nothing of this report.")
    execution.rows = edition.report.count
    mail = letters.test(execution, to, edition.report, edition.file)
    email = email_service.send_email_task(**mail)
    ReportDelivery.objects.create(
        execution=execution, email=email, email_key=mail["idempotency_key"]
    )
