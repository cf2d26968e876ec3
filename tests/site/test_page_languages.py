"""The pages that links in e-mails lead to are in the reader's language."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from postroom.web.emails.lists import tokens
from postroom.web.notifications.recipients import Person
from postroom.web.notifications.wishes import links
from postroom.web.reporting import subscriptions
from tests.support.reporting.records import make_schedule, subscribe
from tests.support.systems.tracker_records import person

pytestmark = pytest.mark.django_db
WEB = Path(__file__).parents[2] / "web"
PAGES = {
    "emails": "postroom/lists/unsubscribe.html",
    "reporting": "postroom_reporting/unsubscribe.html",
    "notifications": "postroom_notifications/preferences.html",
}
# What each page says at first, and after its form was sent.
WORDS = {
    "emails": {
        "en": ["Unsubscribe from this list?", "You are unsubscribed"],
        "de": ["Von dieser Liste abmelden?", "Sie sind abgemeldet"],
    },
    "reporting": {
        "en": ["is sent daily by e-mail", "You are unsubscribed"],
        "de": ["kommt täglich per E-Mail", "Sie sind abgemeldet"],
    },
    "notifications": {
        "en": ["How do you want to be notified?", "Your choice is stored"],
        "de": ["Wie möchten Sie benachrichtigt werden?", "Ihre Wahl ist gespeichert"],
    },
}


def url_of(page: str) -> str:
    match page:
        case "emails":
            token = tokens.token_of(tokens.Subscription("ann@example.org", "news"))
            return reverse("postroom_lists:unsubscribe", args=[token])
        case "reporting":
            [recipient] = subscribe(make_schedule(), "ann")
            token = subscriptions.token_of(recipient)
            return reverse("postroom_reporting:unsubscribe", args=[token])
        case _:
            ann = person("ann")
            token = links.token_of("tracker.status_changed", Person(ann.email, ann))
            return reverse("postroom_notifications:preference", args=[token])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("browser", "site", "language"),
    [
        ("de-AT,en;q=0.5", "en-us", "de"),
        ("en", "de", "en"),
        ("fr", "en-us", "en"),  # no French catalogue: the site's language
        ("fr", "de", "de"),
        ("", "de", "de"),
        ("nonsense;q=x,,", "en-us", "en"),
    ],
)
def test_page_is_in_the_browsers_language(
    client: Client,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    browser: str,
    site: str,
    language: str,
) -> None:
    # Django keeps each language's catalogues with those of the site's language behind them.
    monkeypatch.setattr("django.utils.translation.trans_real._translations", {})
    settings.LANGUAGE_CODE = site
    headers = {"Accept-Language": browser}
    url = url_of(page)
    form = {"action": "unsubscribe", "how": "off"}
    answers = [client.get(url, headers=headers), client.post(url, form, headers=headers)]
    for answer, words in zip(answers, WORDS[page][language], strict=True):
        text = answer.content.decode()
        assert words in text
        assert f'<html lang="{language}" dir="ltr">' in text


def test_wrong_link_and_wrong_choice_are_told_in_german(client: Client) -> None:
    headers = {"Accept-Language": "de"}
    for path in ("/lists/unsubscribe/x/", reverse("postroom_reporting:unsubscribe", args=["x"])):
        assert "Dieser Link ist nicht gültig" in client.get(path, headers=headers).content.decode()
    nonsense = {"how": "daily", "timezone": "Berlin"}
    answer = client.post(url_of("notifications"), nonsense, headers=headers)
    assert "Das ist kein Name einer Zeitzone" in answer.content.decode()


@pytest.mark.parametrize("app", PAGES)
def test_every_phrase_of_the_page_has_a_german_one(app: str) -> None:
    text = (WEB / app / "templates" / PAGES[app]).read_text()
    phrases = re.findall(r'{% translate "([^"]+)" context "postroom"', text)
    for block in re.findall(r"{% blocktranslate trimmed .*?%}(.*?){% endblocktranslate %}", text):
        phrases.append(re.sub(r"{{ (\w+) }}", r"%(\1)s", block))
    assert len(phrases) > 9
    with translation.override("de"):
        english = [one for one in phrases if translation.pgettext("postroom", one) == one]
    assert not english


def test_catalogues_change_no_word_of_the_sites_own_pages() -> None:
    for catalogue in WEB.glob("**/locale/de/LC_MESSAGES/django.po"):
        phrases = re.findall(r"(\S.*\n)?msgid ", catalogue.read_text().partition("\n\n")[2])
        assert phrases
        assert all(before.startswith("msgctxt ") for before in phrases), catalogue
