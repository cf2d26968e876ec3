"""`expire_ad_hoc_days`: tomorrow's unconfirmed ad-hoc days expire, and those concerned are told."""

from datetime import timedelta
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.run import Run
from postroom.web.systems.club import letters, selectors
from postroom.web.systems.club.letter_queue import once_each, tell
from postroom.web.systems.club.models import AdHocDay


class Command(JobCommand):
    """A day and the mails about it change in one transaction."""

    help = "Expire tomorrow's ad-hoc days that nobody confirmed, and tell those concerned."

    def run_job(self, run: Run, **options: Any) -> None:
        """A day confirmed in the meantime is left alone; the day after the due one is tomorrow."""
        tomorrow = run.due_day + timedelta(days=1)
        for day in run.progress(list(selectors.unconfirmed_days(tomorrow))):
            run.found()
            if not (run.dry_run or _expire(day)):
                continue
            run.changed()
            context = letters.ad_hoc_expired(day, run.today)
            for member in once_each(selectors.concerned_by(day)):
                tell(run, member, "ad_hoc_expired", context, key=str(day.pk))


def _expire(day: AdHocDay) -> bool:
    """Whether it was still unconfirmed."""
    waiting = AdHocDay.objects.filter(pk=day.pk, status=AdHocDay.Status.UNCONFIRMED)
    return waiting.update(status=AdHocDay.Status.EXPIRED) == 1
