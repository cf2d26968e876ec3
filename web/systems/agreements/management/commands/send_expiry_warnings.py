"""`send_expiry_warnings`: warns both coordinators of agreements that end soon."""

from datetime import timedelta
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.run import Run
from postroom.web.systems.agreements import selectors
from postroom.web.systems.agreements.reminders import remind_coordinators, warning_period
from postroom.web.systems.agreements.standing import days_left, warning_step


class Command(JobCommand):
    """30, 14, 7 days and one day before the end, once each; a missed day is made up for."""

    help = "Warn both coordinators of every agreement that ends within 30 days."
    sends_again = True
    lock_ceiling = timedelta(minutes=30)

    def run_job(self, run: Run, **options: Any) -> None:
        """One e-mail per coordinator, end date and step."""
        for mou in run.progress(selectors.expiring(run.today)):
            run.found()
            step = warning_step(days_left(mou.end_date, run.today))
            period = warning_period(mou.end_date, step)
            remind_coordinators(run, mou, kind="expiry_warning", period=period)
