"""The schedule of the job that sends digests of notices."""

from datetime import timedelta

from postroom.web.jobs.registry import Job, register

register(
    Job(
        "send_notice_digests",
        schedule="5 * * * *",
        deadline=timedelta(minutes=10),
        summary="Changes that people read together: daily digests, and what was over a limit",
    ),
)
