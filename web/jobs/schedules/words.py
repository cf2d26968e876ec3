"""The command line by which a scheduler that makes up for missed times starts a job."""

from postroom.web.jobs.job import Job
from postroom.web.jobs.schedules.fields import Fields, joined


def late_words(job: Job) -> list[str]:
    """Command and options; a late run works for its due time, not for the day it starts on.

    Not for cron: it does not make up for missed times, and Debian's reads a schedule in the host's
    zone, so the latest due time would be a different one.
    """
    return [job.command, "--on-schedule", *job.arguments]


def words_by_weekday(job: Job, fields: Fields) -> list[str]:
    """The same for a scheduler that cannot combine days and weekdays: it starts by weekday."""
    only = [f"--only-on-days={joined(fields.days)}"] if fields.both else []
    return [job.command, "--on-schedule", *only, *job.arguments]
