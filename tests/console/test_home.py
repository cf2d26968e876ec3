"""The home page: what it says, and the buttons that pause and resume."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from postroom.web.emails.models import EmailLog, Mailer, QueueControl
from tests.support.queued_emails import make_attempt, make_email
from tests.support.users import person, root

pytestmark = pytest.mark.django_db
HOME, FRAGMENT = "/postroom/", "/postroom/flow/"
PAUSE, RESUME = "/postroom/pause/", "/postroom/resume/"


def text_of(client: Client, path: str = HOME) -> str:
    return client.get(path).content.decode()


def test_home_says_that_mail_flows(client: Client) -> None:
    Mailer.objects.create(name="host-a:1", version="0.1", state="running", in_flight=7)
    text = text_of(root(client))
    assert "Mail is going out normally" in text
    assert "host-a:1" in text
    assert "<title>Home - " in text


def test_home_and_title_say_why_mail_does_not_flow(client: Client) -> None:
    make_email(next_attempt_at=timezone.now() - timedelta(minutes=20))
    text = text_of(root(client))
    assert '<h2 id="health-title">No mailer is running.</h2>' in text
    assert "1 e-mail waits, the oldest " in text
    assert "Start manage.py relay_emails." in text
    assert "The longest wait is 20 min, in lane normal" in text
    assert "<title>(!) Home - " in text
    assert "<title>(!) E-mails - " in text_of(client, "/postroom/emails/")


def test_figures_chart_and_list_count_the_same_attempts(client: Client) -> None:
    ids = {}
    for outcome in ("accepted", "accepted", "failed", "retry", "unknown"):
        log = make_attempt(make_email("completed"), outcome=outcome)
        # In the past for sure: within one transaction the database's clock stands still.
        EmailLog.objects.filter(pk=log.pk).update(created_at=timezone.now() - timedelta(minutes=1))
        ids[outcome] = log.email_id
    root(client)
    for span in ("hour", "day", "week"):
        text = text_of(client, f"{HOME}?range={span}")
        for words in ("Sent: 2", "Failed: 1", "Delayed or unknown: 2"):
            assert words in text, span
        assert "33.3 %" in text
    start = text.index("emails/?outcome=failed")
    link = text[start : text.index('"', start)].replace("&amp;", "&")
    listed = text_of(client, f"{HOME}{link}")
    assert f"/postroom/emails/{ids['failed']}/" in listed
    assert f"/postroom/emails/{ids['retry']}/" not in listed


def test_silent_processes_are_silent_and_running_ones_are_not(client: Client) -> None:
    Mailer.objects.create(name="host-a:1", version="0.1", state="running")
    Mailer.objects.create(
        name="host-b:1", version="0.1", state="running",
        last_seen_at=timezone.now() - timedelta(minutes=2),
    )  # fmt: skip
    rows = text_of(root(client)).split("<tr>")
    assert any("host-a:1" in row and "silent" not in row for row in rows)
    assert any("host-b:1" in row and ">silent<" in row and "running" not in row for row in rows)


def test_fragment_is_the_figures_alone(client: Client) -> None:
    text = text_of(root(client), FRAGMENT)
    assert "Mail is going out normally" in text or "No mailer is running" in text
    assert "<html" not in text


def test_admins_home_has_the_sentence_and_the_way_to_the_console(client: Client) -> None:
    text = text_of(root(client), "/admin/")
    assert "<strong>No mailer is running.</strong>" in text
    assert 'href="/postroom/"' in text


def test_pause_is_asked_with_nothing_chosen_and_says_what_waits(client: Client) -> None:
    make_email(priority="high", next_attempt_at=timezone.now() - timedelta(minutes=1))
    text = text_of(root(client), PAUSE)
    assert "High mail: 1 e-mail waits now" in text
    assert "checked" not in text
    assert "checked" in text_of(client, f"{PAUSE}?lane=bulk")
    assert not QueueControl.objects.exists()


def test_pause_is_said_loudly_and_logged_with_its_name_and_reason(client: Client) -> None:
    root(client)
    client.post(PAUSE, {"lane": "bulk", "reason": "typo <b>\0"})
    control = QueueControl.objects.get()
    assert (control.lane, control.paused_by, control.reason) == ("bulk", "root", "typo <b>")
    text = text_of(client)
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
    assert "All mail was paused already" in text
    assert QueueControl.objects.get().reason == "first"
    client.post(RESUME, {"lane": "all"})
    text = client.post(RESUME, {"lane": "all"}, follow=True).content.decode()
    assert "All mail was not paused" in text
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("address", [PAUSE, RESUME])
def test_only_a_post_by_users_who_may_pause_acts(client: Client, address: str) -> None:
    assert client.post(address, {"lane": "all"}).status_code == 403
    person(client, "view_emailqueue", "requeue_emailqueue")
    assert client.post(address, {"lane": "all"}).status_code == 403
    assert "Pause sending" not in text_of(client)
    person(client, "pause_queuecontrol", name="paula")
    client.get(f"{address}?lane=all")
    assert not QueueControl.objects.exists()
    assert client.post(address, {"lane": "nonsense"}).status_code == 400
    assert client.post(address, {"lane": "all"}).status_code == 302


def test_pause_needs_the_token_of_the_form() -> None:
    strict = root(Client(enforce_csrf_checks=True))
    assert strict.post(PAUSE, {"lane": "all"}).status_code == 403
    assert not QueueControl.objects.exists()
