"""The command line by which a scheduler that makes up for missed times starts a job."""

from postroom.web.jobs.registry import Job


def late_words(job: Job) -> list[str]:
    """Command and options; a late run works for its due time, not for the day it starts on.

    Not for cron: it does not make up for missed times, and Debian's reads a schedule in the host's
    zone, so the latest due time would be a different one.
    """
    return [job.command, "--on-schedule", *job.arguments]
