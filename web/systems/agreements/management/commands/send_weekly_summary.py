"""`send_weekly_summary`: the week's agreements and events, to each staff coordinator."""

from datetime import timedelta
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.letter_words import answers, language_for
from postroom.web.systems.agreements import letters, selectors
from postroom.web.systems.agreements.reminders import LISTS


class Command(JobCommand):
    """One e-mail per staff coordinator and week (ISO 8601), about their agreements in force.

    None to a coordinator of whose agreements none expires soon and none has an event to see to.
    """

    help = "Mail each staff coordinator a summary of their agreements."
    sends_again = True
    lock_ceiling = timedelta(minutes=30)

    def run_job(self, run: Run, **options: Any) -> None:
        """Summaries are built one by one: never all agreements in memory."""
        language = language_for("agreements/weekly_summary")
        summaries = (
            (reader, letters.summary(mous, run.today, reader))
            for reader, mous in selectors.by_staff_coordinator(run.today)
        )
        for reader, summary in run.progress(summaries):
            if not (summary["expiring"] or summary["due"]):
                continue
            run.found()
            run.send(
                email_type="agreements.weekly_summary",
                subject="",
                recipients=[reader],
                template_path="agreements/weekly_summary",
                context=summary | {"can_reply": bool(answers())},
                language=language,
                source_app="agreements",
                list_id=LISTS["weekly_summary"],
                **answers(),
                idempotency_key=letters.key("weekly_summary", f"{run.due_day:%G-W%V}", reader),
            )
