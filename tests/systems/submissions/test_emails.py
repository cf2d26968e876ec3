"""What the mails say, and that a confirmation never carries what a stranger wants advertised."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from postroom.web.emails.models import EmailQueue
from postroom.web.systems.submissions import events, mails
from postroom.web.systems.submissions.models import EventRegistration, Inquiry
from postroom.web.systems.submissions.names import safe_name
from tests.support.shipped_templates import shipped_renderer
from tests.support.zone_folders import folder_zone

__all__ = ["folder_zone"]

KINDS = ("inquiry", "event_registration", "nomination", "speaker_submission")
TEMPLATES = [f"{kind}/{part}" for kind in KINDS for part in ("received", "notice")]
renderer = shipped_renderer()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Ann Lee", "Ann Lee"),
        ("  Ann   Lee ", "Ann Lee"),
        ("Dr. J. R. O\u2019Hara-Smith, PhD", "Dr. J. R. O\u2019Hara-Smith, PhD"),
        ("Martin Luther King Jr.", "Martin Luther King Jr."),
        ("María José Núñez", "María José Núñez"),
        ("李小龍", "李小龍"),
        ("नरेन्द्र", "नरेन्द्र"),
        ("J.R. Smith", ""),
        ("evil.example", ""),
        ("Win at evil.com now", ""),
        ("www.evil.com", ""),
        ("http://evil.com", ""),
        ("evil.com/x", ""),
        ("evil\u3002com", ""),
        ("evil\uff0ecom", ""),
        ("evil\u2024com", ""),
        ("ann@example.org", ""),
        ("<a href=x>", ""),
        ("Call 0800 123456", ""),
        ("Ann\u202eeeL", ""),
        ("evil\u200b.com", ""),
        ("x" * 20, "x" * 20),
        ("x" * 21, ""),
        ("you have won a prize so answer me today", ""),
        ("", ""),
        (" . ", ""),
    ],
)
def test_only_plain_names_are_repeated(typed: str, said: str) -> None:
    assert safe_name(typed) == said


URLS = st.builds(
    "{}{}.{}{}".format,
    st.sampled_from(["", "http://", "https://", "HTTPS://", "www.", "//", "mailto:x@"]),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-äé", min_size=2, max_size=20),
    st.sampled_from(["com", "example", "co.uk", "xn--p1ai", "рф", "zip"]),
    st.sampled_from(["", "/", "/win?x=1", "#a"]),
)


@given(
    before=st.text(" abcABC.,'-\u00e9", max_size=20),
    url=URLS,
    after=st.sampled_from(["", " ", ".", ", now", ")"]),
    kind=st.sampled_from(KINDS),
)
def test_no_address_typed_as_a_name_reaches_a_confirmation(
    before: str, url: str, after: str, kind: str
) -> None:
    sample = renderer.sample(f"{kind}/received")
    name = {"name": safe_name(before + url + after)}
    content = renderer.render(f"{kind}/received", sample | name)
    for text in (content.subject, content.text, content.html):
        assert url not in text
    assert "Hello," in content.text


@pytest.mark.django_db
def test_confirmation_repeats_nothing_that_was_typed_freely(settings: Any) -> None:
    settings.STAFF_EMAILS = ["office@example.org"]
    person = {"name": "Visit evil.example", "email": "victim@example.org"}
    marked = "MARKED http://evil.example/x <b>bold</b>"
    bodies: dict[str, dict[str, Any]] = {
        "inquiries": {"topic": "general", "message": marked},
        "event-registrations": {
            "event": "Open day", "seats": 1, "dietary_notes": marked, "organisation": marked,
        },
        "nominations": {
            "nominee_name": marked, "nominee_organisation": marked, "category": "teaching",
            "reason": marked,
        },
    }  # fmt: skip
    for endpoint, fields in bodies.items():
        body = json.dumps(person | fields)
        answer = Client().post(f"/api/{endpoint}/", body, content_type="application/json")
        assert answer.status_code == 201
    for email in EmailQueue.objects.all():
        content = renderer.render(email.template_path, email.context)
        everything = email.subject + content.subject + content.text + content.html
        if email.email_type.endswith("_received"):
            assert "evil" not in everything + json.dumps(email.context)
            assert "MARKED" not in everything
            assert "href" not in content.html
        else:
            assert "MARKED http://evil.example/x" in content.text
            # Quoted for the staff, but neither as markup nor as a link of ours.
            assert "<b>bold" not in content.html
            assert "href" not in content.html


@pytest.mark.parametrize("template", TEMPLATES)
def test_mails_read_well_with_their_sample(template: str) -> None:
    content = renderer.render(template, renderer.sample(template))
    assert content.subject
    assert "\n\n\n" not in content.text
    assert max(map(len, content.text.splitlines())) <= 100
    for value in renderer.sample(template).values():
        if isinstance(value, str) and "\n" not in value and value != "Postroom":
            assert value in content.subject + content.text


@pytest.mark.parametrize("template", [t for t in TEMPLATES if t.endswith("notice")])
def test_markup_typed_by_a_stranger_stays_text(template: str) -> None:
    sample = {
        k: v if k in ("seats", "site_name") else "<script>x</script>{{ 7*7 }}"
        for k, v in renderer.sample(template).items()
    }
    content = renderer.render(template, sample)
    assert "<script" not in content.html
    assert "{{ 7*7 }}" in content.text


@pytest.mark.django_db
def test_sender_gets_the_language_of_the_browser_and_staff_that_of_the_site(settings: Any) -> None:
    settings.STAFF_EMAILS = ["office@example.org"]
    settings.SITE_URL = "https://club.example.org"
    body = json.dumps(
        {"name": "Ann Lee", "email": "ann@example.org", "topic": "membership", "message": "Hallo"}
    )
    for number, accepted in enumerate(("de-AT,en;q=0.5", "fr", "")):
        Client(headers={"accept-language": accepted}).post(
            "/api/inquiries/", body.replace("Hallo", str(number)), content_type="application/json"
        )
    queued = list(EmailQueue.objects.order_by("pk"))
    assert [mail.language for mail in queued] == ["de", "en", "en", "en", "en", "en"]
    assert queued[0].context["topic"] == "Mitgliedschaft"
    assert queued[1].context["topic"] == "Membership"
    assert [mail.context["sender_language"] for mail in queued[1::2]] == ["German", "French", ""]
    assert queued[1].context["url"].startswith("https://club.example.org/postroom/submissions/inq")


def _registered(**fields: Any) -> dict[str, Any]:
    record = EventRegistration(
        pk=7, name="Ann Lee", email="ann@example.org", event="Open day", seats=2, **fields
    )
    return mails.confirmation(record)


def test_registration_says_when_and_where_and_whether_the_seats_are_granted(settings: Any) -> None:
    plain = _registered()
    assert (plain["context"]["when"], plain["context"]["granted"]) == ("", False)
    said = renderer.render(plain["template_path"], plain["context"]).text
    assert "noted 2 seats" in said
    assert "does\nnot confirm them yet" in said
    settings.SUBMISSION_EVENT_DETAILS = {
        "Open day": {
            "starts": "2026-12-05T10:00", "zone": "Europe/Berlin", "place": "Town hall",
            "seats": "granted",
        }
    }  # fmt: skip
    for language, words in (
        ("", ("5 December 2026 at 10:00 (CET)", "Town hall", "2 seats are reserved")),
        ("de", ("5. Dezember 2026 um 10:00 Uhr (MEZ)", "Town hall")),
    ):
        mail = _registered(language=language)
        shown = renderer.render(mail["template_path"], mail["context"]).text
        assert all(word in shown for word in words)


@pytest.mark.parametrize(
    ("details", "problem"),
    [
        ({"Other": {}}, "not among SUBMISSION_EVENTS"),
        ({"Open day": "soon"}, "must have texts"),
        ({"Open day": {"start": "x"}}, "has start; it may have"),
        ({"Open day": {"starts": "soon"}}, "not like 2026-12-05T10:00"),
        ({"Open day": {"zone": "Mars"}}, "not a time zone"),
        ({"Open day": {"seats": "perhaps"}}, "neither 'granted' nor 'pending'"),
        ({"Open day": {"place": "a\nb"}}, "one line"),
    ],
)
def test_details_of_events_that_cannot_be_used_are_named(
    settings: Any, details: Any, problem: str
) -> None:
    settings.SUBMISSION_EVENT_DETAILS = details
    assert any(problem in found for found in events.problems())


def test_folder_of_time_zones_is_not_the_zone_of_an_event(settings: Any, folder_zone: str) -> None:
    settings.SUBMISSION_EVENT_DETAILS = {"Open day": {"zone": folder_zone}}
    assert any("not a time zone" in found for found in events.problems())


def test_confirmation_asks_for_no_answer_that_nobody_reads(settings: Any) -> None:
    settings.STAFF_EMAILS = []
    record = Inquiry(pk=1, name="Ann Lee", email="ann@example.org", topic="events")
    mail = mails.confirmation(record)
    assert "reply_to" not in mail
    assert "Reply" not in renderer.render(mail["template_path"], mail["context"]).text
    settings.CONTACT_EMAIL = "Office <office@example.org>"
    assert mails.confirmation(record)["reply_to"] == ["Office <office@example.org>"]
