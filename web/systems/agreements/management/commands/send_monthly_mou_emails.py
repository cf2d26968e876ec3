"""`send_monthly_mou_emails`: the status of each agreement, to both its coordinators."""

from datetime import timedelta
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.agreements import selectors
from postroom.web.systems.agreements.reminders import MONTHLY, Said, remind_coordinators


class Command(JobCommand):
    """One e-mail per agreement, coordinator and month, however often it runs."""

    help = "Mail both coordinators of every agreement that ends today or later."
    sends_again = True
    lock_ceiling = timedelta(minutes=30)

    def run_job(self, run: Run, **options: Any) -> None:
        """All agreements in force, but for those whose warning went out this month."""
        said = Said(MONTHLY, selectors.expiring(run.today), run.today)
        total = selectors.count_in_force(run.today)
        for mou in run.progress(selectors.in_force(run.today), total=total):
            run.found()
            remind_coordinators(run, mou, kind=MONTHLY, said=said)
