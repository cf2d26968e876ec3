"""The console's pages of report executions."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

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
from tests.support.users import person, root

pytestmark = pytest.mark.django_db
LIST = "/postroom/reports/"


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE
    cache.clear()


def test_execution_says_whom_it_did_not_reach(client: Client) -> None:
    make_school()
    subscribe(make_schedule(), "ann", "ben")
    run_reports()
    ann = EmailQueue.objects.get(recipients__address="ann@example.org")
    ben = EmailQueue.objects.get(recipients__address="ben@example.org")
    EmailQueue.objects.filter(pk=ann.pk).update(status="failed")
    EmailQueue.objects.filter(pk=ben.pk).update(status="completed", sent_at=NOON)
    row = executions()[0]
    root(client)
    text = client.get(LIST).content.decode()
    assert f"reports/{row.pk}/" in text
    assert "1 of 2" in text
    text = client.get(f"{LIST}{row.pk}/").content.decode()
    assert "1 sent (50%), 0 waiting, 1 not sent" in text
    assert f'emails/{ann.pk}/" data-row>ann #{ann.pk}</a>: failed' in text
    assert f"emails/{ben.pk}/" not in text


def test_nonsense_is_refused_and_so_are_users_without_permission(client: Client) -> None:
    root(client)
    assert client.get(f"{LIST}?past=x").status_code == 400
    assert client.get(f"{LIST}999/").status_code == 404
    assert "No report has run yet." in client.get(LIST).content.decode()
    person(client, "view_emailqueue")
    assert client.get(LIST).status_code == 403
    assert "Reports</a>" not in client.get("/postroom/").content.decode()
