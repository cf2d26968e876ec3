"""`warm_analytics_cache`: computes the summaries of today's reports before they are needed."""

from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.letter_words import written_for
from postroom.web.systems.school import analytics
from postroom.web.systems.school.builders import REPORTS


class Command(JobCommand):
    """The cache is a table that all hosts share."""

    help = "Compute today's summary of every report type unless it is cached."

    @written_for("reports/scheduled")
    def run_job(self, run: Run, **options: Any) -> None:
        """Each type whose summary is missing, in the language of the reports' e-mails."""
        for kind in run.progress(REPORTS):
            if analytics.is_warm(kind, run.today):
                continue
            run.found()
            if not run.dry_run:
                analytics.summary(kind, run.today)
                run.changed()
