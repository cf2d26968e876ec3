"""`send_maintenance_digest`: the week's maintenance, to the maintenance team."""

from datetime import timedelta
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.club import letters, selectors
from postroom.web.systems.club.letter_queue import once_each, send
from postroom.web.systems.club.models import MemberRole


class Command(JobCommand):
    """One e-mail per team member and week from Sunday; none if there is nothing to report.

    Issues have dates and no times: only with whole days is each fix in one e-mail.
    """

    help = "Mail the maintenance team the open issues and those fixed in the seven days before."
    sends_again = True

    def run_job(self, run: Run, **options: Any) -> None:
        """The issues are read once for all recipients."""
        since, until = selectors.week_before(run.due_day)
        issues = list(selectors.open_issues())
        resolved = list(selectors.resolved_issues(since, until))
        run.found(len(issues) + len(resolved))
        if not issues and not resolved:
            return
        context = letters.maintenance_digest(issues, resolved, since, run.today)
        team = once_each(selectors.with_role(MemberRole.Role.MAINTENANCE))
        if not team:
            run.skip("the maintenance team has no members")
        # A digest requested by hand on Monday must not count as the next Sunday's.
        sunday = run.due_day - timedelta(days=run.due_day.isoweekday() % 7)
        for member in run.progress(team):
            send(run, member, "maintenance_digest", context, key=str(sunday))
