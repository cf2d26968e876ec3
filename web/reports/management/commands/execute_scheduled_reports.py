"""`execute_scheduled_reports`: every due report to its subscribed recipients, once a due time."""

from typing import Any

from web.jobs.command import JobCommand
from web.jobs.run import Run
from web.reports import following
from web.reports.execution import build, claim, execute, runnable, subscribed
from web.reports.models import ReportSchedule, ReportScheduleExecution


class ReportsFailed(Exception):
    """Some reports could not be built; all others went out."""


class Command(JobCommand):
    """Each schedule has a transaction of its own: its due time, execution and e-mails."""

    help = "Build and send the reports whose schedule is due or that were asked for."

    def run_job(self, run: Run, **options: Any) -> None:
        """Due schedules, oldest first.

        Raises:
            ReportsFailed: at the end, when some could not be built.
        """
        due = list(runnable(run.now).values_list("pk", flat=True))
        failed = [pk for pk in due if not self._run_one(run, pk)]
        if not run.dry_run:
            following.follow()
        if failed:
            raise ReportsFailed(
                f"{len(failed)} of {len(due)} reports could not be built (schedules "
                f"{', '.join(map(str, failed[:20]))}); their executions say why"
            )

    def _run_one(self, run: Run, schedule_id: int) -> bool:
        good = True
        for pk in run.progress([schedule_id]):
            if run.dry_run:
                _preview(run, pk)
            elif execution := claim(pk, run.now):
                run.found()
                good = execute(execution, run.now, run.send)
        return good


def _preview(run: Run, schedule_id: int) -> None:
    schedule = ReportSchedule.objects.get(pk=schedule_id)
    run.found()
    for mail in build(ReportScheduleExecution(schedule=schedule), subscribed(schedule), run.now):
        run.send(**mail)
