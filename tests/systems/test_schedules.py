"""When the jobs of agreements and club run, and how long they may take: as specified."""

from datetime import timedelta

import pytest

from postroom.web.jobs import registry


@pytest.mark.parametrize(
    ("command", "schedule", "minutes"),
    [
        ("notify_aging_logsheets", "0 8 * * *", 15),
        ("send_duty_preop_emails", "0 6 * * *", 10),
        ("expire_ad_hoc_days", "0 18 * * *", 5),
        ("notify_late_sprs", "0 10 * * 1", 20),
        ("send_maintenance_digest", "0 9 * * 0", 10),
        ("report_duty_delinquents", "0 7 1 * *", 30),
        ("send_monthly_mou_emails", "0 8 1 * *", 30),
        ("send_expiry_warnings", "0 7 * * *", 15),
        ("send_weekly_summary", "30 7 * * 1", 15),
    ],
)
def test_job_is_scheduled_as_specified(command: str, schedule: str, minutes: int) -> None:
    job = registry.find(command)
    assert job is not None
    assert (job.schedule, job.timezone) == (schedule, "UTC")
    assert job.deadline == timedelta(minutes=minutes)
