"""The schedules of the school's jobs."""

from datetime import timedelta

from postroom.web.jobs.registry import Job, register

register(
    Job(
        "refresh_materialized_views",
        schedule="0 2 * * *",
        deadline=timedelta(hours=1),
        summary="Update the reports' numbers",
    ),
    Job(
        "warm_analytics_cache",
        schedule="0 7 * * *",
        deadline=timedelta(minutes=15),
        summary="Compute the reports' summaries before they are needed",
        memory=128,
        cpu=100,
    ),
)
