"""`send_expiry_warnings`: warns both coordinators of agreements that end soon."""

from datetime import timedelta
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.agreements import selectors
from postroom.web.systems.agreements.reminders import WARNING, Said, remind_coordinators


class Command(JobCommand):
    """30, 14, 7 days and one day before the end, once each; a missed day is made up for."""

    help = "Warn both coordinators of every agreement that ends within 30 days."
    sends_again = True
    lock_ceiling = timedelta(minutes=30)

    def run_job(self, run: Run, **options: Any) -> None:
        """One e-mail per coordinator, end date and step."""
        said = Said(WARNING, selectors.expiring(run.today), run.today)
        for mou in run.progress(selectors.expiring(run.today)):
            run.found()
            remind_coordinators(run, mou, kind=WARNING, said=said)
