"""The admin's home: what it says, and the buttons that pause and resume."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from postroom.web.console.charts import HEIGHT, WIDTH, chart
from postroom.web.emails.models import EmailLog, Mailer, QueueControl
from postroom.web.emails.operating.queue_figures import EndedCounts
from tests.support.queued_emails import make_attempt, make_email
from tests.support.users import person, root

pytestmark = pytest.mark.django_db
HOME, FRAGMENT = "/admin/", "/admin/queue/flow/"
PAUSE, RESUME = "/admin/queue/pause/", "/admin/queue/resume/"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


def test_home_says_that_mail_flows(client: Client) -> None:
    Mailer.objects.create(name="host-a:1", version="0.1", state="running", in_flight=7)
    text = root(client).get(HOME).content.decode()
    assert "Mail is going out normally" in text
    assert "host-a:1" in text


def test_home_says_why_mail_does_not_flow(client: Client) -> None:
    make_email(next_attempt_at=timezone.now() - timedelta(minutes=20))
    text = root(client).get(HOME).content.decode()
    assert '<h2 id="flow-verdict">No mailer is running.</h2>' in text
    assert "1 e-mail waits, the oldest " in text
    assert "Start manage.py relay_emails." in text
    assert "The longest wait is 20 min, in lane normal" in text


def test_charts_count_attempts(client: Client) -> None:
    for outcome in ("accepted", "accepted", "failed", "retry"):
        log = make_attempt(make_email("completed"), outcome=outcome)
        # In the past for sure: within one transaction the database's clock stands still.
        EmailLog.objects.filter(pk=log.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    text = root(client).get(HOME).content.decode()
    for span in ("Last hour", "Last day", "Last week"):
        assert f"{span}: 2 sent, 1 failed or unknown, 1 to be retried" in text


def test_bars_stand_on_the_axis_and_within_the_picture() -> None:
    slots = [EndedCounts(), EndedCounts(sent=10, failed=1), EndedCounts(sent=1000, retried=3)]
    drawn = chart("Last hour", "then", slots)
    assert drawn.top == 1003
    assert drawn.total == EndedCounts(sent=1010, failed=1, retried=3)
    for bar in drawn.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH
        assert bar.height >= 2  # a single failure is seen beside a thousand
        assert bar.y + bar.height <= HEIGHT + 0.01


def test_fragment_is_the_figures_alone(client: Client) -> None:
    text = root(client).get(FRAGMENT).content.decode()
    assert "Mail is going out normally" in text or "No mailer is running" in text
    assert "<html" not in text


def test_who_may_not_see_emails_sees_no_figures(client: Client) -> None:
    assert client.get(FRAGMENT).status_code == 403
    person(client, "view_scheduledjob")
    assert client.get(FRAGMENT).status_code == 403
    assert "flow-tiles" not in client.get(HOME).content.decode()


def test_pause_is_said_loudly_and_logged_with_its_name_and_reason(client: Client) -> None:
    root(client)
    client.post(PAUSE, {"lane": "bulk", "reason": "typo <b>"})
    control = QueueControl.objects.get()
    assert (control.lane, control.paused_by, control.reason) == ("bulk", "root", "typo <b>")
    text = client.get(HOME).content.decode()
    assert "PAUSED: bulk mail." in text
    assert "typo &lt;b&gt;" in text
    client.post(RESUME, {"lane": "bulk"})
    assert not QueueControl.objects.exists()
    messages = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert messages == ["Paused. typo <b>", "Resumed."]


def test_pause_pressed_twice_keeps_the_first_and_says_so(client: Client) -> None:
    root(client)
    client.post(PAUSE, {"lane": "all", "reason": "first"})
    text = client.post(PAUSE, {"lane": "all", "reason": "second"}, follow=True).content.decode()
    assert "all was paused already" in text
    assert QueueControl.objects.get().reason == "first"
    client.post(RESUME, {"lane": "all"})
    text = client.post(RESUME, {"lane": "all"}, follow=True).content.decode()
    assert "all was not paused" in text
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("address", [PAUSE, RESUME])
def test_only_a_post_by_who_may_pause_acts(client: Client, address: str) -> None:
    assert client.post(address, {"lane": "all"}).status_code == 403
    person(client, "view_emailqueue", "requeue_emailqueue")
    assert client.post(address, {"lane": "all"}).status_code == 403
    assert "flow-pause" not in client.get(HOME).content.decode()
    person(client, "pause_queuecontrol", name="paula")
    assert client.get(address).status_code == 405
    assert client.post(address, {"lane": "nonsense"}).status_code == 400
    assert client.post(address, {"lane": "all"}).status_code == 302


def test_pause_needs_the_token_of_the_form() -> None:
    strict = root(Client(enforce_csrf_checks=True))
    assert strict.post(PAUSE, {"lane": "all"}).status_code == 403
    assert not QueueControl.objects.exists()
