"""`/metrics` of the web service: what it says about jobs, and to whom."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from postroom.web.jobs.models import JobRun
from postroom.web.jobs.running.lock import take

pytestmark = pytest.mark.django_db


def scrape(client: Client) -> dict[tuple[str, ...], float]:
    """Value by name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_runs_failures_refusals_and_the_age_of_the_last_success_are_counted(
    client: Client,
) -> None:
    call_command("sample_job", "--items=2", verbosity=0)
    JobRun.objects.update(
        started_at=F("started_at") - timedelta(hours=2),
        finished_at=F("started_at") - timedelta(hours=1),
    )
    with pytest.raises(CommandError):
        call_command("sample_job", "--fail-at=0")
    minute = timedelta(minutes=1)
    for _ in range(3):
        take("sample_job", lease=minute, ceiling=minute)
    numbers = scrape(client)
    assert numbers["postroom_job_runs_total", "sample_job", "completed"] == 1
    assert numbers["postroom_job_runs_total", "sample_job", "failed"] == 1
    assert numbers["postroom_job_failures_total", "sample_job"] == 1
    assert numbers["postroom_job_emails_queued_total", "sample_job"] == 2
    assert numbers["postroom_job_lock_refusals_total", "sample_job"] == 2
    assert numbers["postroom_job_seconds_total", "sample_job"] >= 3600
    assert numbers["postroom_job_last_success_age_seconds", "sample_job"] >= 3600


def test_counters_do_not_go_down_when_old_runs_are_deleted(client: Client) -> None:
    call_command("sample_job", "--items=2", verbosity=0)
    for _ in range(2):
        call_command("sample_job", verbosity=0)
    with pytest.raises(CommandError):
        call_command("sample_job", "--fail-at=0")
    begun = timedelta(days=100)
    JobRun.objects.update(
        started_at=F("started_at") - begun, finished_at=F("finished_at") - begun, refusals=3
    )
    before = scrape(client)
    for _ in range(2):
        call_command("cleanup_emails", "--older-than=90d", "--batch-size=3", stdout=StringIO())
        assert not JobRun.objects.exists()
        after = scrape(client)
        for name, value in before.items():
            if name[0].startswith("postroom_job_") and name[0].endswith("_total"):
                assert after[name] == value, name
        assert after["postroom_job_runs_total", "sample_job", "completed"] == 3
        assert after["postroom_job_last_success_age_seconds", "sample_job"] > 0


def test_metrics_are_for_this_machine_only(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403


def test_metrics_with_a_token_are_for_who_has_it(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "sesame"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer seed"}).status_code == 403
    good = client.get(
        "/metrics", headers={"Authorization": "Bearer sesame"}, REMOTE_ADDR="192.0.2.7"
    )
    assert good.status_code == 200
