"""`send_duty_preop_emails`: what tomorrow's duty officers need to know."""

from datetime import timedelta
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.club import letters, selectors
from postroom.web.systems.club.letter_queue import send, skip
from postroom.web.systems.club.models import DutyAssignment


class Command(JobCommand):
    """One e-mail per duty officer and day of operations."""

    help = "Mail tomorrow's duty officers their crew and the grounded aircraft."
    sends_again = True

    def run_job(self, run: Run, **options: Any) -> None:
        """A day with a crew and no duty officer, or one that has expired, counts as skipped."""
        day = run.due_day + timedelta(days=1)
        crew = list(selectors.duties_on(day))
        if crew and selectors.is_called_off(day):
            skip(run, "the ad-hoc day has expired", "duty_preop", str(day))
            return
        officers = [job for job in crew if job.duty == DutyAssignment.Duty.DUTY_OFFICER]
        if crew and not officers:
            skip(run, "a crew without a duty officer", "duty_preop", str(day))
        grounding = [issue for issue in selectors.open_issues() if issue.grounded]
        ad_hoc = selectors.ad_hoc_day(day)
        context = letters.duty_preop(day, run.today, crew, grounding, ad_hoc)
        for job in run.progress(officers):
            run.found()
            send(run, job.member, "duty_preop", context, key=str(day))
