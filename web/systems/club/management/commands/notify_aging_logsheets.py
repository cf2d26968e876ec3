"""`notify_aging_logsheets`: logsheets a week old and not final, to their duty officers."""

from datetime import timedelta
from typing import Any, Final

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.run import Run
from postroom.web.systems.club import letters, selectors
from postroom.web.systems.club.letter_queue import send

AGING: Final = timedelta(days=7)


class Command(JobCommand):
    """One e-mail per duty officer and day, about all their logsheets."""

    help = "Remind duty officers of logsheets 7 or more days old that are not final."

    def run_job(self, run: Run, **options: Any) -> None:
        """Lists are built officer by officer: never all logsheets in memory."""
        reminders = (
            (officer, letters.aging_logsheets(sheets, run.today))
            for officer, sheets in selectors.unfinished_logsheets(run.today - AGING)
        )
        for officer, context in run.progress(reminders):
            run.found(context["count"])
            send(run, officer, "aging_logsheets", context, key=str(run.due_day))
