"""The list of e-mails: tabs, chips, reasons, search that says what it looked at, paging."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from postroom.web.console import listing, zones
from postroom.web.console.emails import finding, list_page
from postroom.web.emails.models import EmailLog, EmailQueue
from postroom.web.emails.operating import console_lists, list_window
from tests.support.queued_emails import make_attempt, make_email
from tests.support.users import root

pytestmark = pytest.mark.django_db
LIST, MORE = "/postroom/emails/", "/postroom/emails/more/"


def shown(client: Client, query: str = "", path: str = LIST) -> str:
    answer = client.get(f"{path}{query}")
    assert answer.status_code == 200, query
    return answer.content.decode()


def ids(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'emails/(\d+)/" data-row', text)]


def test_states_are_tabs_with_counts_and_other_filters_hide_the_counts(client: Client) -> None:
    for status, number in {"failed": 2, "unknown": 1, "completed": 3, "pending": 2}.items():
        for _ in range(number):
            make_email(status)
    text = shown(root(client))
    tabs = dict(re.findall(r'>([A-Z][a-z ]+) <span class="count">([^<]*)<', text))
    assert tabs == {
        "Failed": "2", "Unknown": "1", "Partial": "0", "Waiting": "2", "Being sent": "0",
        "Sent": "3", "Suppressed": "0", "Expired": "0", "Cancelled": "0",
    }  # fmt: skip
    assert 'class="count"' not in shown(client, "?type=inquiry_received")


def test_counts_are_capped(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_lists, "CAP", 2)
    monkeypatch.setattr(list_window, "SPAN", 2)
    for status in ("failed", "pending", "completed"):
        for _ in range(3):
            make_email(status)
    make_email("expired")
    found = console_lists.counts_by_status()
    assert found["failed"] == (2, True)
    assert found["pending"] == (2, True)
    assert found["expired"] == (1, False)
    assert found["completed"] == (1, True)  # of the two newest ids


def test_list_says_why(client: Client) -> None:
    refused = make_email("failed")
    make_attempt(refused, smtp_code=451, smtp_reply="4.2.0 later", outcome="retry")
    make_attempt(refused, attempt=2, smtp_code=550, smtp_reply="5.1.1 No such\nuser <b>")
    away = make_email(attempts=1, next_attempt_at=timezone.now() + timedelta(minutes=3, seconds=5))
    make_attempt(away, outcome="retry", phase="connect", error="connection refused")
    sent = make_email("completed")
    make_attempt(sent, outcome="accepted", smtp_code=250, smtp_reply="fine")
    text = shown(root(client))
    assert ids(text) == [sent.pk, away.pk, refused.pk]
    assert f'emails/{refused.pk}/#story" tabindex="-1">550 5.1.1 No such user &lt;b&gt;<' in text
    assert "could not connect: connection refused" in text
    assert ">in 3 min<" in text
    assert "fine" not in text


def test_reasons_have_numbers_and_are_filters(client: Client) -> None:
    for _ in range(3):
        make_attempt(make_email("failed"), phase="rcpt", smtp_code=550)
    full = make_email("failed")
    make_attempt(full, phase="rcpt", smtp_code=552, smtp_reply="5.2.2 full")
    text = shown(root(client), "?status=failed")
    assert re.findall(r">([A-Z][a-z ]+) <b>(\d+)</b>", text) == [
        ("Address refused", "3"), ("Mailbox full", "1"),
    ]  # fmt: skip
    text = shown(client, "?status=failed&error=mailbox_full")
    assert ids(text) == [full.pk]
    assert "reason: <b>Mailbox full</b>" in text


FILTERS = {
    "?status=failed": "failed", "?type=mine": "mine", "?source=shop": "shop",
    "?priority=high": "high", "?age=older": "old", "?domain=example.com": "domain",
    "?q=Lovely": "subject", "?q=bob%40example.com": "domain", "?q=%40EXAMPLE.com": "domain",
}  # fmt: skip


def make_one_of_each() -> dict[str, EmailQueue]:
    found = {
        "failed": make_email("failed"),
        "mine": make_email(email_type="mine"),
        "shop": make_email(source_app="shop"),
        "high": make_email(priority="high"),
        "old": make_email(),
        "domain": make_email(recipients=["bob@example.com"]),
        "subject": make_email(subject="A lovely day"),
    }
    old = timezone.now() - timedelta(days=9)
    EmailQueue.objects.filter(pk=found["old"].pk).update(created_at=old)
    return found


def test_each_filter_finds_its_email_and_is_a_chip_that_goes_away(client: Client) -> None:
    made = make_one_of_each()
    root(client)
    for query, name in FILTERS.items():
        text = shown(client, query)
        assert ids(text) == [made[name].pk], query
        is_state = query.startswith("?status")  # shown by its tab
        assert ('aria-label="Remove the filter' in text) != is_state, query
    text = shown(client, "?status=pending&type=mine&q=%22ann%22")
    assert ids(text) == [made["mine"].pk]
    removed = re.findall(r'href="([^"]*)" aria-label="Remove the filter type', text)
    assert removed == ["?q=%22ann%22&amp;status=pending"]


@pytest.mark.parametrize(
    "query",
    ["status=%00", "status=nonsense", "q=%00", "past=x", "past=99999999999999999999", "age=0",
     "error=x", "outcome=sent", "outcome=sent&from=x&to=y", f"q={'x' * 500}",
     "outcome=sent&from=0001-01-01T00:00:00%2B23:59&to=2026-01-01T00:00:00Z",
     "outcome=sent&from=0001-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
     "outcome=sent&from=2026-01-01T00:00:00Z&to=9999-12-31T23:59:59Z"],
)  # fmt: skip
def test_nonsense_is_a_400_that_says_what_is_wrong(client: Client, query: str) -> None:
    root(client)
    client.cookies[zones.REPORTED] = "America/Los_Angeles"
    for path in (LIST, MORE):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert "This address is not valid" in answer.content.decode()


def test_pages_follow_each_other_in_both_orders(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "ROWS", 2)
    monkeypatch.setattr(finding.find, "__kwdefaults__", {"most": 2})
    made = [make_email("failed").pk for _ in range(5)]
    root(client)
    for query, expected in (("?", made[::-1]), ("?sort=oldest", made)):
        found, link = [], query
        while link:
            text = shown(client, link)
            found.append(ids(text))
            following = re.findall(r'href="([^"]*)">Next page', text)
            link = following[0].replace("&amp;", "&") if following else ""
        assert found == [expected[:2], expected[2:4], expected[4:]], query


def test_search_says_what_it_looked_at_and_goes_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_window, "SPAN", 2)
    monkeypatch.setattr(list_page, "_AT_ONCE", 0)
    first = make_email(subject="needle")
    for _ in range(5):
        make_email()
    text = shown(root(client), "?q=needle")
    assert ids(text) == []
    assert "Looked at about 2 e-mails, back to " in text
    assert "Nothing found so far" in text
    assert "No e-mail matches" not in text
    (further,) = re.findall(r'hx-get="([^"]*)" hx-trigger="load"', text)
    text = shown(client, further.partition("?")[2].replace("&amp;", "&").join(("?", "")), MORE)
    assert ids(text) == [first.pk]
    assert "Look further" not in text
    assert "this was the end of 6 e-mails" in shown(client, "?q=nowhere", MORE)


def test_search_stops_after_its_time_and_can_be_continued(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_window, "SPAN", 1)
    monkeypatch.setattr(list_page, "_GOES_ON", 0)
    for _ in range(3):
        make_email()
    text = shown(root(client), "?q=nowhere", MORE)
    assert 'hx-trigger="load"' not in text
    assert "Look further" in text


def test_an_attempt_of_a_period_is_found_by_it(client: Client) -> None:
    log = make_attempt(make_email("failed"))
    EmailLog.objects.filter(pk=log.pk).update(created_at="2026-11-20T10:00:30Z")
    period = "from=2026-11-20T10:00:00Z&to=2026-11-20T10:01:00Z"
    assert ids(shown(root(client), f"?outcome=failed&{period}")) == [log.email_id]
    assert ids(shown(client, f"?outcome=sent&{period}")) == []
    assert ids(shown(client, f"?outcome=failed&status=pending&{period}")) == []


def test_more_than_a_list_names_of_a_period_is_said_and_taken_by_bulk_actions(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_lists, "MOST_ATTEMPTED", 2)
    emails = [make_attempt(make_email("failed")).email_id for _ in range(3)]
    EmailLog.objects.update(created_at="2026-11-20T10:00:30Z")
    period = "from=2026-11-20T10:00:00Z&to=2026-11-20T10:01:00Z"
    question = f"?outcome=failed&status=failed&{period}"
    text = shown(root(client), question)
    assert ids(text) == emails[:0:-1]
    assert "it names the newest 2 e-mails of this period, and there are more" in text
    asked = client.post(f"{LIST}bulk/", {"kind": "requeue", "question": question}, follow=True)
    assert "3 e-mails will be sent" in asked.content.decode()
    monkeypatch.setattr(console_lists, "MOST_ATTEMPTED", 3)
    assert "there are more" not in shown(client, question)


def test_sensitive_subject_is_neither_shown_nor_found(client: Client) -> None:
    make_email("failed", subject="Code 123456", sensitive=True)
    root(client)
    assert "123456" not in shown(client)
    assert ids(shown(client, "?q=code")) == []


def test_links_keep_filters_and_begin_at_the_first_page() -> None:
    values = {"status": "failed", "past": "7"}
    assert listing.link(values, type="a b") == "?status=failed&type=a+b"
    assert listing.link(values, status="", past="9") == "?past=9"
