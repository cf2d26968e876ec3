"""The jobs' pages in the console, and who may press which button."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from postroom.web.jobs.models import JobRun, ScheduledJob
from tests.support.users import person, root

pytestmark = pytest.mark.django_db
JOBS = "/postroom/jobs/"


@pytest.fixture
def job() -> ScheduledJob:
    cache.clear()
    call_command("sample_job", "--items=2")
    return ScheduledJob.objects.create(
        command="sample_job", summary="Samples <b>", schedule="30 2 * * *", timezone="UTC",
        deadline=timedelta(minutes=10), missed="run once",
        next_run_at=timezone.now() + timedelta(hours=1, minutes=1),
    )  # fmt: skip


def text(client: Client, path: str = "") -> str:
    answer = client.get(f"{JOBS}{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_jobs_and_runs_lead_to_each_other(client: Client, job: ScheduledJob) -> None:
    shown = text(root(client))
    assert "Samples &lt;b&gt;" in shown
    assert ">in 1 h<" in shown
    assert ">completed<" in shown
    run = JobRun.objects.get()
    assert f"jobs/runs/{run.pk}/" in text(client, f"{job.pk}/")
    assert f"jobs/{job.pk}/" in text(client, f"runs/{run.pk}/")
    assert f"jobs/runs/{run.pk}/" in text(client, "runs/?status=completed&job=sample_job")
    assert "No runs yet." in text(client, "runs/?status=failed")
    assert "Jobs</a>" in client.get("/postroom/").content.decode()


@pytest.mark.parametrize("path", ["runs/?status=x", "runs/?past=x", "runs/?job=%00"])
def test_nonsense_is_a_400(client: Client, path: str) -> None:
    assert root(client).get(f"{JOBS}{path}").status_code == 400


def test_run_is_requested_and_job_disabled_by_users_who_may(
    client: Client, job: ScheduledJob
) -> None:
    assert client.post(f"{JOBS}{job.pk}/run/").status_code == 403
    person(client, "view_scheduledjob")
    assert "Run now" not in text(client, f"{job.pk}/")
    for name in ("run", "enable", "disable"):
        assert client.post(f"{JOBS}{job.pk}/{name}/").status_code == 403
    codenames = ("view_scheduledjob", "run_scheduledjob", "enable_scheduledjob")
    person(client, *codenames, name="paula")
    answer: Any = client.post(f"{JOBS}{job.pk}/run/", follow=True)
    assert "A run was requested by paula" in answer.content.decode()
    assert "Not requested" in client.post(f"{JOBS}{job.pk}/run/", follow=True).content.decode()
    client.post(f"{JOBS}{job.pk}/disable/")
    job.refresh_from_db()
    assert (job.requested_by, job.enabled) == ("paula", False)
    assert "E-mails</a>" not in text(client)  # not for users who may not see e-mails
