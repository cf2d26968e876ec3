"""`expire_ad_hoc_days`: expires unconfirmed ad-hoc days, and mails those concerned."""

from datetime import timedelta
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.club import letters, selectors
from postroom.web.systems.club.letter_queue import once_each, send
from postroom.web.systems.club.models import AdHocDay


class Command(JobCommand):
    """One transaction changes a day and queues the e-mails about it."""

    help = "Expire tomorrow's unconfirmed ad-hoc days, and mail those concerned."

    def run_job(self, run: Run, **options: Any) -> None:
        """Skip a day confirmed in the meantime. Tomorrow is the day after the due day.

        A day that is over expires without an e-mail: the run before it was missed.
        """
        tomorrow = run.due_day + timedelta(days=1)
        for day in run.progress(list(selectors.unconfirmed_days(tomorrow, run.today))):
            run.found()
            if not (run.dry_run or _expire(day)):
                continue
            run.changed()
            if day.date < run.today:
                continue
            context = letters.ad_hoc_expired(day, run.today)
            for member in once_each(selectors.concerned_by(day)):
                send(run, member, "ad_hoc_expired", context, key=str(day.pk))


def _expire(day: AdHocDay) -> bool:
    """Mark the day as expired; False: it was no longer unconfirmed."""
    waiting = AdHocDay.objects.filter(pk=day.pk, status=AdHocDay.Status.UNCONFIRMED)
    return waiting.update(status=AdHocDay.Status.EXPIRED) == 1
