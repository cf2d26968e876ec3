"""The console's page of notices that could not be built."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from postroom.web.notifications.models import NoticeFailure
from tests.support.sample_records.models import Parcel
from tests.support.sample_records.notices import trouble
from tests.support.users import person, root

pytestmark = pytest.mark.django_db
LIST = "/postroom/notices/"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


def failure() -> NoticeFailure:
    parcel = Parcel.objects.create(name="Books")
    trouble.append(KeyError("no <such> thing"))
    parcel.state = "sent"
    parcel.save()
    return NoticeFailure.objects.get()


def text(client: Client, path: str = "") -> str:
    answer = client.get(f"{LIST}{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_notice_is_seen_and_sent_once_its_cause_is_fixed(client: Client) -> None:
    row = failure()
    root(client)
    try:
        assert "no &lt;such&gt; thing" in text(client)
        assert "New → Sent" in text(client, f"{row.pk}/")
        answer = client.post(f"{LIST}{row.pk}/send/", follow=True).content.decode()
        assert "Not sent: KeyError" in answer
    finally:
        trouble.clear()
    assert "Sent: " in client.post(f"{LIST}{row.pk}/send/", follow=True).content.decode()
    assert LogEntry.objects.get().get_change_message() == "Sent later."
    assert "No failed notices. Good." in text(client)
    assert f"notices/{row.pk}/" in text(client, "?state=sent")
    assert "Send now" not in text(client, f"{row.pk}/")


def test_nonsense_is_refused_and_only_users_who_may_send(client: Client) -> None:
    row = NoticeFailure.objects.create(
        model="sample_records.parcel", object_id="1", field="state", template="x", error="y",
        changed_at=timezone.now(),
    )  # fmt: skip
    assert root(client).get(f"{LIST}?state=x").status_code == 400
    assert client.get(f"{LIST}?past=x").status_code == 400
    assert client.get(f"{LIST}999/").status_code == 404
    person(client, "view_noticefailure")
    assert "Send now" not in text(client, f"{row.pk}/")
    assert client.post(f"{LIST}{row.pk}/send/").status_code == 403
