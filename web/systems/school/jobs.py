"""When the school's jobs run."""

from datetime import timedelta

from postroom.web.jobs.registry import Job, register

register(
    Job(
        "refresh_materialized_views",
        schedule="0 2 * * *",
        deadline=timedelta(hours=1),
        summary="Bring the reports' numbers up to date",
    ),
    Job(
        "warm_analytics_cache",
        schedule="0 7 * * *",
        deadline=timedelta(minutes=15),
        summary="Make the reports' summaries before somebody asks for them",
    ),
)
