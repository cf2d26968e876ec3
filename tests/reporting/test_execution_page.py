"""The admin's pages of one execution and one schedule, as their readers see them."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from postroom.web.emails.models import EmailQueue
from tests.support.reporting.records import (
    NOON,
    SITE,
    executions,
    make_schedule,
    make_school,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def page(client: Client, path: str) -> str:
    """The words of a page."""
    html = client.get(f"/admin/postroom_reporting/{path}/change/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html.split('id="content', 1)[-1]).split())


def test_page_of_an_execution_says_its_status_and_whom_it_did_not_reach(
    admin_client: Client,
) -> None:
    make_school()
    subscribe(make_schedule(), "ann", "ben")
    run_reports()
    ann = EmailQueue.objects.get(recipients__address="ann@example.org")
    ben = EmailQueue.objects.get(recipients__address="ben@example.org")
    EmailQueue.objects.filter(pk=ann.pk).update(status="failed")
    EmailQueue.objects.filter(pk=ben.pk).update(status="completed", sent_at=NOON)
    path = f"reportscheduleexecution/{executions()[0].pk}"
    text = page(admin_client, path)
    assert "Status: Partial" in text
    assert "ann (failed)" in text
    assert "ben" not in text
    link = reverse("admin:postroom_emailqueue_change", args=(ann.pk,))
    assert link in admin_client.get(f"/admin/postroom_reporting/{path}/change/").content.decode()


def test_no_page_shows_a_lists_label_as_it_is_in_python(admin_client: Client) -> None:
    """django-unfold draws `@display(label=...)` in lists only; a page would show a tuple."""
    reverse("admin:index")  # collects the pages
    labelled = [
        f"{type(one).__name__}.{name}"
        for one in admin.site._registry.values()
        for name in one.readonly_fields
        if getattr(getattr(one, str(name), None), "label", None)
    ]
    assert labelled == []


def test_next_time_is_told_in_the_schedules_own_zone(admin_client: Client) -> None:
    schedule = make_schedule(timezone="Europe/Berlin")
    assert "Mon 23 Nov 2026, 13:00 Europe/Berlin" in page(
        admin_client, f"reportschedule/{schedule.pk}"
    )


def test_schedule_with_a_zone_nobody_knows_can_be_opened(admin_client: Client) -> None:
    schedule = make_schedule(timezone="Mars/One")
    assert "Mon 23 Nov 2026, 12:00 UTC" in page(admin_client, f"reportschedule/{schedule.pk}")
