"""E-mails of a list: their header fields, the page on which people leave, and the way back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from postroom.shared.header_rules import check_headers
from postroom.signals import list_joined, list_left
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.lists import headers, subscriptions, tokens
from postroom.web.emails.lists.tokens import Subscription
from postroom.web.emails.models import EmailQueue, Suppression
from postroom.web.emails.operating.send_again import send_again
from tests.support.queued_emails import make_email, send
from tests.support.users import person

pytestmark = pytest.mark.django_db
SITE = "https://postroom.example.org"
ANN = Subscription("ann@example.org", "news")


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = SITE


@pytest.fixture
def client() -> Client:
    """As strict as a mail program's request: no cookie, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def page(subscription: Subscription = ANN) -> str:
    return reverse("postroom_lists:unsubscribe", args=[tokens.token_of(subscription)])


def left() -> set[tuple[str, str]]:
    return set(Suppression.objects.values_list("address", "list_id"))


def test_e_mail_of_a_list_says_which_and_how_to_leave_it(client: Client) -> None:
    row = send(
        recipients=["Ann <Ann@Example.ORG>"], list_id="news", from_email="a@mail.example.org"
    )
    link = row.headers["List-Unsubscribe"].strip("<>")
    assert row.headers == {
        "List-Id": "<news.mail.example.org>",
        "List-Unsubscribe": f"<{SITE}{page()}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    answer = client.post(link.removeprefix(SITE), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert left() == {("ann@example.org", "news")}
    assert send(recipients=["ann@example.org"]).headers == {}  # of no list


def test_what_the_caller_gives_is_left_as_it_is() -> None:
    given = {"list-unsubscribe": "<https://x.example/u>", "LIST-ID": "<n.example.com>"}
    assert send(list_id="news", headers=given).headers == given


@pytest.mark.parametrize(
    ("list_id", "name"),
    [
        ("news", "news.mail.example.org"),
        ("reports.schedule.4", "reports.schedule.4.mail.example.org"),
        ("news.example.org", "news.example.org"),
        ("News.lists.Example.org", "news.lists.example.org"),
        ("Grüße aus Köln", "gr-e-aus-k-ln-a8a191a2ab22.mail.example.org"),
        ("ニュース", "71bdfa9821cb.mail.example.org"),
        (".", "cdb4ee2aea69.mail.example.org"),
    ],
)
def test_list_has_a_name_below_the_senders_domain(list_id: str, name: str) -> None:
    assert headers.list_name(list_id, "mail.example.org") == name
    check_headers({"List-Id": f"<{name}>"})
    assert len(headers.list_name("x" * 255, "d" * 190 + ".org")) <= 255


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        ({"recipients": ["a@example.org", "b@example.org"]}, SITE),
        ({}, ""),
        ({"list_id": "ü" * 255}, SITE),
    ],
)
def test_without_a_link_of_ones_own_there_is_only_the_lists_name(
    arguments: dict[str, Any], setting: str, settings: Any
) -> None:
    settings.SITE_URL = setting
    row = send(**{"list_id": "news", **arguments})
    assert [*row.headers] == ["List-Id"]


def test_site_that_has_not_mounted_the_page_queues_all_the_same(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROOT_URLCONF = "tests.emails.lists.no_urls"
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(headers.log, "warning", lambda _event, **facts: said.append(facts))
    monkeypatch.setattr(headers, "_warned", set())
    assert [*send(list_id="news").headers] == ["List-Id"]
    assert [*send(list_id="news").headers] == ["List-Id"]
    assert [one["reason"] for one in said] == [
        "the site's urlpatterns do not include postroom.web.emails.lists.urls"
    ]


def test_a_new_secret_key_does_not_make_the_same_call_another(settings: Any) -> None:
    first = send(list_id="news", idempotency_key="k")
    settings.SECRET_KEY = "another"
    assert send(list_id="news", idempotency_key="k").pk == first.pk
    assert EmailQueue.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_page_changes_nothing(client: Client, method: str) -> None:
    answer = getattr(client, method)(page())
    assert answer.status_code == 200
    assert not left()
    assert not answer.cookies
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]


def test_person_leaves_one_list_and_comes_back(client: Client) -> None:
    Suppression.objects.create(address="ann@example.org", list_id="other")
    heard: list[str] = []

    def hear(signal: Any, list_id: str, **_: Any) -> None:
        heard.append(("left " if signal is list_left else "joined ") + list_id)

    for signal in (list_left, list_joined):
        signal.connect(hear)
    try:
        assert "Unsubscribe from this list?" in client.get(page()).content.decode()
        for _ in range(2):  # mail programs and people repeat
            answer = client.post(page(), {"action": "unsubscribe"})
            assert "You are unsubscribed" in answer.content.decode()
        assert left() == {("ann@example.org", "other"), ("ann@example.org", "news")}
        assert "Subscribe again" in client.get(page()).content.decode()
        answer = client.post(page(), {"action": "subscribe"})
        assert "You are subscribed again" in answer.content.decode()
        assert left() == {("ann@example.org", "other")}
        assert heard == ["left news", "joined news"]
    finally:
        for signal in (list_left, list_joined):
            signal.disconnect(hear)


def test_page_says_what_coming_back_does_not_change(client: Client) -> None:
    Suppression.objects.create(address="ann@example.org", list_id="")
    assert "sends no e-mail to this address at all" in client.get(page()).content.decode()
    client.post(page(), {"action": "subscribe"})
    assert left() == {("ann@example.org", "")}


def test_list_has_the_name_that_its_app_gives_it(client: Client) -> None:
    subscriptions.register_name("test.names.*", "All <our> news")
    text = client.get(page(Subscription("ann@example.org", "test.names.7"))).content.decode()
    assert "All &lt;our&gt; news" in text
    assert ">news<" in client.get(page()).content.decode()


@pytest.mark.parametrize(
    ("list_id", "english", "german"),
    [
        ("agreements.monthly", "Monthly reminders of", "Monatliche Übersichten"),
        ("agreements.weekly", "Your agreements this", "Ihre Vereinbarungen"),
        ("club.maintenance", "Maintenance this week", "Wartung diese Woche"),
        ("club.duty_report", "Members who fly", "Mitglieder, die fliegen"),
        ("notices.tracker.status_changed", "Epics, user stories", "Epics, User "),
    ],
)
def test_shipped_lists_have_names_in_the_readers_language(
    list_id: str, english: str, german: str
) -> None:
    assert subscriptions.name_of(list_id).startswith(english)
    with translation.override("de"):
        assert subscriptions.name_of(list_id).startswith(german)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        ("https://bücher.example/l/", "https://xn--bcher-kva.example/l/"),
        ("https://Straße.example:8443/ü", "https://xn--strae-oqa.example:8443/%C3%BC"),
        ("http://[::1]:8000/ü", "http://[::1]:8000/%C3%BC"),
        ("https://ü..example/", ""),
        ("https://a.example/" + "x" * 880, "https://a.example/" + "x" * 880),
        ("https://a.example/" + "x" * 881, ""),
    ],
    ids=range(7),
)
def test_link_of_a_header_is_ascii_and_fits_on_a_line(url: str, link: str) -> None:
    assert headers.header_link(url) == link
    if link:
        check_headers({"List-Unsubscribe": f"<{link}>"})


@pytest.mark.parametrize("wrong", ["x", "WyJhIiwiYiJd.x", "a.b.c", "y" * 3000, "%00"])
def test_a_forged_link_is_not_found_and_costs_no_statement(
    client: Client, wrong: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        answer = client.post(f"/lists/unsubscribe/{wrong}/", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 404
    assert "This link is not valid" in answer.content.decode()
    assert client.post(page(), {"action": "else"}).status_code == 400
    assert not left()


def test_copy_to_another_address_does_not_unsubscribe_the_first(client: Client) -> None:
    person(client, "send_again_emailqueue")
    from django.contrib.auth.models import User

    first = send(list_id="news", recipients=["ann@example.org"])
    again = send_again(first, "ben@example.org", User.objects.get(), press="1")
    ben = page(Subscription("ben@example.org", "news"))
    assert again.headers["List-Unsubscribe"] == f"<{SITE}{ben}>"


def test_e_mails_of_a_thread_name_the_same_message() -> None:
    first, second = (send(thread="agreement-4", from_email="a@example.com") for _ in range(2))
    root = "<thread.agreement-4@example.com>"
    assert first.headers == second.headers == {"In-Reply-To": root, "References": root}
    odd = send(thread="Agreement 4 <x>").headers["References"]
    assert odd.startswith("<thread.Agreement-4-x-")
    assert send(thread="a", headers={"References": "<x@y>"}).headers == {"References": "<x@y>"}
    with pytest.raises(EmailRequestError, match="thread"):
        send(thread="a\nb")
    assert make_email().headers == {}
