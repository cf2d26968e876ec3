"""`notify_late_sprs`: overdue student progress reports, escalating by age."""

from datetime import timedelta
from typing import Any, Final

from postroom.shared.addresses import comparison_key
from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.club import letters, selectors
from postroom.web.systems.club.escalation import FIRST_DAY, Audience, Step, copied, step_for
from postroom.web.systems.club.letter_queue import THREAD, send, skip, why_not
from postroom.web.systems.club.models import Member, MemberRole, StudentProgressReport

_OFFICES: Final = {
    Audience.CHIEF_INSTRUCTOR: MemberRole.Role.CHIEF_INSTRUCTOR,
    Audience.BOARD: MemberRole.Role.BOARD,
    Audience.LEADERSHIP: MemberRole.Role.LEADERSHIP,
}


class Command(JobCommand):
    """One e-mail per report and week (ISO 8601), to the instructor, with copies by age."""

    help = "Remind instructors of progress reports 7 or more days late, with growing firmness."
    sends_again = True

    def run_job(self, run: Run, **options: Any) -> None:
        """The holders of offices are read once, not once per report."""
        holders = {who: list(selectors.with_role(role)) for who, role in _OFFICES.items()}
        due_until = run.today - timedelta(days=min(FIRST_DAY.values()))
        for report in run.progress(selectors.owed_reports(due_until)):
            run.found()
            step = step_for((run.today - report.due_date).days)
            if step is None:
                continue
            copies = _copies(run, step, report, holders)
            send(
                run,
                report.instructor,
                "late_spr",
                letters.late_report(report, step, run.today, copies),
                key=f"{report.pk}:{run.due_day:%G-W%V}",
                cc=[address for addresses in copies.values() for address in addresses],
                related_model_id=f"progress_report:{report.pk}",
                thread=THREAD.format(pk=report.pk),
                **letters.answers_about(report, copies),
            )


def _copies(
    run: Run, step: Step, report: StudentProgressReport, holders: dict[Audience, list[Member]]
) -> dict[Audience, list[str]]:
    """The addresses that the step copies, by audience; only these are named in the e-mail.

    Persons who cannot be mailed are skipped; so is the instructor, who gets the e-mail itself. The
    queue drops duplicates.
    """
    found: dict[Audience, list[str]] = {}
    reader = _reader(report) if copied(step) else ""
    for who in sorted(copied(step)):
        people: list[Member | None] = list(holders.get(who, [report.supervisor]))
        for person in people:
            if reason := why_not(person):
                skip(run, f"copy: {reason}", "late_spr", str(report.pk), person)
            elif person is not None and comparison_key(person.email) != reader:
                found.setdefault(who, []).append(person.email)
    return found


def _reader(report: StudentProgressReport) -> str:
    """The address of the instructor, to compare with; '' if they cannot be mailed."""
    instructor = report.instructor
    return comparison_key(instructor.email) if instructor and not why_not(instructor) else ""
