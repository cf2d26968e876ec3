"""The demo data: every job finds something in it, whatever day it is."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs import registry
from postroom.web.systems.agreements.models import MOU
from postroom.web.systems.club.models import AdHocDay, Member
from postroom.web.systems.demo_data import FIXTURE_DAY
from tests.support.job_runs import queued, run_job, table_counts

pytestmark = pytest.mark.django_db
SYSTEMS = ("agreements", "club")
JOBS = [
    "expire_ad_hoc_days", "notify_aging_logsheets", "notify_late_sprs", "report_duty_delinquents",
    "send_duty_preop_emails", "send_expiry_warnings", "send_maintenance_digest",
    "send_monthly_mou_emails", "send_weekly_summary",
]  # fmt: skip


def load(system: str, *arguments: str) -> str:
    out = StringIO()
    call_command(f"load_{system}_demo", *arguments, stdout=out)
    return out.getvalue()


def test_all_jobs_of_both_systems_are_registered() -> None:
    assert set(JOBS) <= {job.command for job in registry.registered()}


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2028, 2, 29)])
def test_every_job_finds_something_on_any_day(job: str, today: date) -> None:
    for system in SYSTEMS:
        load(system, f"--today={today}")
    before = table_counts()
    shown = run_job(job, "--dry-run", today=today)
    assert table_counts() == before
    run_job(job, today=today)
    assert queued()
    assert all(email.subject in shown for email in queued())
    count = EmailQueue.objects.count()
    run_job(job, today=today)
    assert EmailQueue.objects.count() == count


@pytest.mark.parametrize("system", SYSTEMS)
def test_fixture_is_the_same_data_on_its_own_day(system: str) -> None:
    call_command("loaddata", f"{system}_demo", verbosity=0)
    assert MOU.objects.exists() or Member.objects.exists()
    for job in JOBS:
        run_job(job, today=FIXTURE_DAY)
    assert queued()


def test_dates_move_to_today() -> None:
    before = timezone.localdate()
    load("club")
    tomorrow = AdHocDay.objects.filter(status="unconfirmed").earliest("date").date
    assert before < tomorrow <= timezone.localdate() + timedelta(days=1)


def test_rows_added_after_the_demo_data_get_ids_of_their_own() -> None:
    load("club")
    assert Member.objects.create(name="New").pk > 36


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_table_in_use_is_not_overwritten(system: str) -> None:
    load(system)
    before = table_counts()
    with pytest.raises(CommandError, match="already"):
        load(system)
    assert table_counts() == before
