"""The schedules of the club's jobs (UTC)."""

from datetime import timedelta

from postroom.web.jobs.registry import Job, register

register(
    Job(
        "notify_aging_logsheets",
        schedule="0 8 * * *",
        deadline=timedelta(minutes=15),
        summary="Logsheets a week old and not final, to their duty officers",
    ),
    Job(
        "send_duty_preop_emails",
        schedule="0 6 * * *",
        deadline=timedelta(minutes=10),
        summary="What tomorrow's duty officers need to know",
    ),
    Job(
        "expire_ad_hoc_days",
        schedule="0 18 * * *",
        deadline=timedelta(minutes=5),
        summary="Tomorrow's unconfirmed ad-hoc days expire, with e-mails to those concerned",
    ),
    Job(
        "notify_late_sprs",
        schedule="0 10 * * 1",
        deadline=timedelta(minutes=20),
        summary="Overdue student progress reports, to instructors and, later, their superiors",
        memory=128,
        cpu=100,
    ),
    Job(
        "send_maintenance_digest",
        schedule="0 9 * * 0",
        deadline=timedelta(minutes=10),
        summary="The week's maintenance, to the maintenance team",
    ),
    Job(
        "report_duty_delinquents",
        schedule="0 7 1 * *",
        deadline=timedelta(minutes=30),
        summary="Members who fly but do no duty, to the board and the duty officers",
        memory=128,
        cpu=100,
    ),
)
