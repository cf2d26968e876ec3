"""The schedule of the job that runs report schedules."""

from datetime import timedelta

from postroom.web.jobs.registry import Job, register

register(
    Job(
        "execute_scheduled_reports",
        schedule="0 * * * *",
        deadline=timedelta(minutes=50),
        summary="Reports whose schedule is due, to their subscribed recipients",
        memory=256,
        cpu=200,
    ),
)
