"""`notify_aging_logsheets`: logsheets a week old and not final, to their duty officers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.club import letters, selectors
from postroom.web.systems.club.letter_queue import once_each, send, why_not
from postroom.web.systems.club.models import Logsheet, Member, MemberRole

AGING: Final = timedelta(days=7)


class Command(JobCommand):
    """One e-mail per duty officer and day, about all their logsheets.

    Logsheets whose duty officer is not named or cannot be mailed go to the duty officer of the day,
    or, if there is none, to the members with the role of fall-back, in one more e-mail.
    """

    help = "Remind duty officers of logsheets 7 or more days old that are not final."
    sends_again = True

    def run_job(self, run: Run, **options: Any) -> None:
        """Lists are built officer by officer: never all logsheets in memory."""
        stand_ins = _stand_ins(run)
        left: list[Logsheet] = []

        def reminders() -> Iterator[tuple[Member | None, dict[str, Any]]]:
            for officer, sheets in selectors.unfinished_logsheets(run.today - AGING):
                if stand_ins and why_not(officer):
                    left.extend(sheets)
                else:
                    yield officer, letters.aging_logsheets(sheets, run.today)

        for officer, context in run.progress(reminders()):
            run.found(context["count"])
            send(run, officer, "aging_logsheets", context | {"own": True}, key=str(run.due_day))
        if left:
            run.found(len(left))
            left.sort(key=lambda sheet: (sheet.date, sheet.pk))
            context = letters.aging_logsheets(left, run.today) | {"own": False}
            for member in run.progress(stand_ins):
                send(run, member, "aging_logsheets", context, key=f"{run.due_day}:left")


def _stand_ins(run: Run) -> list[Member]:
    """Who gets logsheets without a duty officer; only members who can be mailed."""
    for members in (
        selectors.duty_officers_on(run.today),
        selectors.with_role(MemberRole.Role.DUTY_FALLBACK),
    ):
        if found := [member for member in once_each(members) if not why_not(member)]:
            return found
    return []
