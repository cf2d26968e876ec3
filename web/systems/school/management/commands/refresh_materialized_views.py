"""`refresh_materialized_views`: updates the reports' numbers."""

from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.school import analytics, materialised


class Command(JobCommand):
    """Readers see the old numbers until all views are refreshed."""

    help = "Refresh the four materialised views concurrently and delete the cached summaries."

    def run_job(self, run: Run, **options: Any) -> None:
        """All views in one transaction, then the cache."""
        for view in run.progress(materialised.VIEWS):
            run.found()
            if not run.dry_run:
                seconds = materialised.refresh(view)
                self.stdout.write(f"{view}: {seconds:.2f} s")
                run.changed()
        if not run.dry_run:
            analytics.forget_summaries()
