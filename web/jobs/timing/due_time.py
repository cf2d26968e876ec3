"""For which due time a scheduler starts a job, from what the scheduler itself knows.

The day of a run must be right when it starts late, and also when an operator has moved a timer by
hand. So the scheduler's own files count, and the list of jobs only where a scheduler says nothing.
"""

import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from postroom.web.jobs.job import Job
from postroom.web.jobs.logs import log
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.status import RunStatus, Trigger
from postroom.web.jobs.timing import cron

# A host's clock may be this far behind the clock of the scheduler that starts its jobs.
_CLOCKS_DIFFER: Final = timedelta(seconds=30)
# Kubernetes names the Job of a CronJob after its due time, in minutes since 1970. A person may give
# a Job a name that ends in another number, such as the day: then it is not a time of these days.
_KUBERNETES_JOB: Final = re.compile(r".*-(\d{7,9})")
_LATEST_START: Final = timedelta(days=7)
_TIMER: Final = re.compile(r"[\w@:.\\-]+\.timer")
_CALENDAR: Final = re.compile(r"OnCalendar=([^;}]+?) ;")
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
# How far back to look for the last due time of a timer; how many due times to ask for at once (in a
# zone of its own each costs systemd a process), and how often.
_BACK: Final = (timedelta(hours=1), timedelta(days=2), timedelta(days=40), timedelta(days=400))
_AT_ONCE, _TIMES = 100, 30
_SECONDS_TO_ANSWER: Final = 10
# A start before the next due time is that of a moved timer, if it is not more and not less.
_MOVED_MOST: Final = timedelta(hours=3)
_MOVED_LEAST: Final = timedelta(minutes=5)


def find(job: Job, now: datetime) -> datetime | None:
    """The due time (UTC) of a job that a scheduler starts at `now`; None: a person started it."""
    if name := os.environ.get("KUBERNETES_JOB_NAME"):
        return _of_kubernetes(name, now)
    timer = os.environ.get("TRIGGER_UNIT") or os.environ.get("SYSTEMD_TIMER") or ""
    if _TIMER.fullmatch(timer):
        try:
            if found := _of_systemd(timer, now + _CLOCKS_DIFFER):
                return found
            log.warning("timer_without_calendar", timer=timer)
        except (OSError, subprocess.SubprocessError) as error:
            log.warning("timer_not_read", timer=timer, error=" ".join(str(error).split()))
    return _by_schedule(job, now)


def _of_kubernetes(name: str, now: datetime) -> datetime | None:
    """From `notify-late-sprs-29411640`; a Job that `kubectl create job` made has another name."""
    found = _KUBERNETES_JOB.fullmatch(name)
    if found is None:
        return None
    due = datetime.fromtimestamp(int(found[1]) * 60, UTC)
    return due if now - _LATEST_START <= due <= now + _CLOCKS_DIFFER else None


def _of_systemd(timer: str, until: datetime) -> datetime | None:
    shown = _output("systemctl", "show", "--property=TimersCalendar", timer)
    due = [
        moment
        for calendar in _CALENDAR.findall(shown)
        if (moment := last_of_calendar(calendar, until)) is not None
    ]
    return max(due, default=None)


def last_of_calendar(calendar: str, until: datetime) -> datetime | None:
    """The last time of a calendar expression (systemd.time(7)) that is not later than `until`.

    Raises:
        OSError, SubprocessError: systemd does not answer, or refuses the expression.
    """
    for back in _BACK:
        found, begin = None, until - back
        for _ in range(_TIMES):
            moments = _next_of_calendar(calendar, begin)
            earlier = [moment for moment in moments if moment <= until]
            found = max(earlier, default=found)
            if len(earlier) < len(moments) or not earlier or found is None:
                break
            begin = found
        if found is not None:
            return found
    return None


def _next_of_calendar(calendar: str, after: datetime) -> list[datetime]:
    base, many = f"--base-time=@{after.timestamp():.0f}", f"--iterations={_AT_ONCE}"
    text = _output("systemd-analyze", "calendar", base, many, calendar)
    return [datetime.fromisoformat(m).replace(tzinfo=UTC) for m in _MOMENT.findall(text)]


def _output(*words: str) -> str:
    return subprocess.run(
        words,
        env=os.environ | {"TZ": "UTC", "LC_ALL": "C"},
        check=True,
        capture_output=True,
        text=True,
        timeout=_SECONDS_TO_ANSWER,
    ).stdout


def _by_schedule(job: Job, now: datetime) -> datetime:
    """The last due time of the job's schedule, or `now` if its timer seems to have been moved."""
    last = cron.latest(job.schedule, job.zone, now + _CLOCKS_DIFFER)
    following = cron.next_run(job.schedule, job.zone, last)
    ahead = following - now
    if ahead > min(_MOVED_MOST, (following - last) / 2):
        return last
    earlier = JobRun.objects.filter(
        command=job.command, trigger=Trigger.SCHEDULE.value, scheduled_for__isnull=False
    )
    ended = [RunStatus.COMPLETED.value, RunStatus.PARTIAL.value, RunStatus.OMITTED.value]
    since = earlier.filter(scheduled_for__gt=last, scheduled_for__lte=now)
    if begun := since.order_by("-scheduled_for").first():
        # That of a moved timer. One that died is started again.
        due = now if begun.status in ended else cast(datetime, begun.scheduled_for)
        return due.astimezone(UTC)
    if not earlier.exists():
        # No scheduler makes up for times before it was installed.
        return now.astimezone(UTC) if ahead >= _MOVED_LEAST else last
    before = cron.latest(job.schedule, job.zone, last - timedelta(seconds=1))
    has_run = earlier.filter(
        scheduled_for__gt=before, scheduled_for__lte=last, status__in=ended
    ).exists()
    return now.astimezone(UTC) if has_run else last
