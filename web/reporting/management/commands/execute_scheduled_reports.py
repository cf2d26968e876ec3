"""`execute_scheduled_reports`: sends due reports to their recipients, once per due time."""

from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.reporting import delivery_status
from postroom.web.reporting.errors import ReportsFailedError
from postroom.web.reporting.execution import (
    build,
    claim,
    due_time,
    execute,
    reason,
    runnable,
)
from postroom.web.reporting.models import ReportSchedule, ReportScheduleExecution


class Command(JobCommand):
    """Each schedule has its own transaction, for its due time, execution and e-mails."""

    help = "Build and send the reports that are due or requested."

    def run_job(self, run: Run, **options: Any) -> None:
        """Run due and requested schedules, oldest due time first.

        Raises:
            ReportsFailedError: at the end, if some could not be built.
        """
        due = list(runnable(run.now).values_list("pk", flat=True))
        one = self._preview if run.dry_run else _run
        failed = [pk for pk in run.progress(due, chunk=1) if not one(run, pk)]
        if not run.dry_run:
            delivery_status.follow()
        if failed:
            where = "see the errors above" if run.dry_run else "their executions have the errors"
            raise ReportsFailedError(
                f"{len(failed)} of {len(due)} reports could not be built (schedules "
                f"{', '.join(map(str, failed[:20]))}); {where}"
            )

    def _preview(self, run: Run, schedule_id: int) -> bool:
        schedule = ReportSchedule.objects.get(pk=schedule_id)
        due = due_time(schedule, run.now)
        if due is None and schedule.requested_at is None:
            return True
        run.found()
        mails = build(ReportScheduleExecution(schedule=schedule, due=due), run.now)
        if isinstance(mails, Exception):
            self.stdout.write(f"Schedule {schedule_id}, {schedule}: {reason(mails)}")
            return False
        for mail in mails:
            run.send(**mail)
        return True


def _run(run: Run, schedule_id: int) -> bool:
    execution = claim(schedule_id, run.now)
    if execution is None:
        return True
    run.found()
    return execute(execution, run.now, run.send)
