"""The schedules of the agreements' jobs."""

from datetime import timedelta

from postroom.web.jobs.registry import Job, register

register(
    Job(
        "send_monthly_mou_emails",
        schedule="0 8 1 * *",
        deadline=timedelta(minutes=30),
        summary="The status of each agreement, to both its coordinators",
        memory=128,
        cpu=100,
    ),
    Job(
        "send_expiry_warnings",
        schedule="0 7 * * *",
        deadline=timedelta(minutes=15),
        summary="Agreements that end within 30 days, to both their coordinators",
    ),
    Job(
        "send_weekly_summary",
        schedule="30 7 * * 1",
        deadline=timedelta(minutes=15),
        summary="The week's agreements and events, to each staff coordinator",
    ),
)
